// GOST 34.311-95 over the block cipher GOST 28147-89. Bytes stand with the least significant one
// first, as the messages do.
#include <algorithm>
#include <bit>
#include <cstring>

#include "signing/gost/digest.hpp"

namespace qyzmet::gost {
namespace {

using Block = Gost34311::Block;
using Nibbles = std::array<std::uint8_t, 16>;

/// id-GostR3411-94-TestParamSet; the first row is for the lowest four bits.
constexpr std::array<Nibbles, 8> k_boxes{
    Nibbles{4, 10, 9, 2, 13, 8, 0, 14, 6, 11, 1, 12, 7, 15, 5, 3},
    Nibbles{14, 11, 4, 12, 6, 13, 15, 10, 2, 3, 8, 1, 0, 7, 5, 9},
    Nibbles{5, 8, 1, 13, 10, 3, 4, 2, 14, 15, 12, 7, 6, 0, 9, 11},
    Nibbles{7, 13, 10, 1, 0, 8, 9, 15, 14, 4, 6, 12, 11, 2, 5, 3},
    Nibbles{6, 12, 7, 1, 5, 15, 13, 8, 4, 10, 9, 14, 0, 3, 11, 2},
    Nibbles{4, 11, 10, 0, 7, 2, 1, 13, 3, 6, 8, 5, 9, 12, 15, 14},
    Nibbles{13, 11, 4, 1, 3, 15, 5, 9, 0, 10, 14, 7, 6, 8, 2, 12},
    Nibbles{1, 15, 13, 0, 5, 7, 10, 4, 9, 2, 3, 14, 6, 11, 8, 12}};

/// Substitution and rotation by 11 of one byte at each place of a word.
using Tables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr Tables make_tables() {
  Tables tables{};
  for (std::size_t place = 0; place < 4; ++place)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      auto const low = k_boxes[2 * place][byte & 15];
      auto const high = k_boxes[2 * place + 1][byte >> 4];
      auto const word = static_cast<std::uint32_t>(high << 4 | low) << (8 * place);
      tables[place][byte] = std::rotl(word, 11);
    }
  return tables;
}
constexpr Tables k_tables = make_tables();

constexpr Block k_third_key_constant{
    0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00,
    0x00, 0xff, 0xff, 0x00, 0xff, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0xff};

std::uint32_t mix(std::uint32_t word) {
  return k_tables[0][word & 0xff] ^ k_tables[1][word >> 8 & 0xff] ^ k_tables[2][word >> 16 & 0xff] ^
         k_tables[3][word >> 24];
}

/// GOST 28147-89 in the simple mode, 8 bytes.
void encrypt(Block const& key_bytes, std::uint8_t const* in, std::uint8_t* out) {
  static_assert(std::endian::native == std::endian::little);
  std::array<std::uint32_t, 8> key;
  std::uint32_t low = 0, high = 0;
  std::memcpy(key.data(), key_bytes.data(), sizeof key);
  std::memcpy(&low, in, 4);
  std::memcpy(&high, in + 4, 4);
  for (std::size_t round = 0; round < 32; round += 2) {
    bool const forwards = round < 24;
    high ^= mix(low + key[forwards ? round % 8 : 31 - round]);
    low ^= mix(high + key[forwards ? round % 8 + 1 : 30 - round]);
  }
  std::memcpy(out, &high, 4);
  std::memcpy(out + 4, &low, 4);
}

Block operator^(Block const& left, Block const& right) {
  Block out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = left[i] ^ right[i];
  return out;
}

/// The transformation A: down by eight bytes, the sum of the lowest two eights on top.
Block shift_eights(Block const& in) {
  Block out;
  std::copy(in.begin() + 8, in.end(), out.begin());
  for (std::size_t i = 0; i < 8; ++i) out[24 + i] = in[i] ^ in[8 + i];
  return out;
}

/// The transformation P.
Block permute(Block const& in) {
  Block out;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 8; ++k) out[i + 4 * k] = in[8 * i + k];
  return out;
}

/// The transformation psi, `times` times.
Block shift_pairs(Block const& in, std::size_t times) {
  std::array<std::uint16_t, 16 + 61> line;
  std::memcpy(line.data(), in.data(), in.size());
  for (std::size_t i = 0; i < times; ++i)
    line[i + 16] = line[i] ^ line[i + 1] ^ line[i + 2] ^ line[i + 3] ^ line[i + 12] ^ line[i + 15];
  Block out;
  std::memcpy(out.data(), line.data() + times, out.size());
  return out;
}

Block step(Block const& hash, Block const& message) {
  Block u = hash, v = message, encrypted;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) {
      u = shift_eights(u);
      if (i == 2) u = u ^ k_third_key_constant;
      v = shift_eights(shift_eights(v));
    }
    encrypt(permute(u ^ v), hash.data() + 8 * i, encrypted.data() + 8 * i);
  }
  return shift_pairs(hash ^ shift_pairs(message ^ shift_pairs(encrypted, 12), 1), 61);
}

/// Addition modulo 2^256.
void add(Block& sum, Block const& term) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    carry += sum[i] + unsigned{term[i]};
    sum[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

}  // namespace

void Gost34311::take() {
  hash_ = step(hash_, buffer_);
  add(sum_, buffer_);
  length_ += filled_;
  filled_ = 0;
}

void Gost34311::update(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const size = std::min(bytes.size(), buffer_.size() - filled_);
    std::memcpy(buffer_.data() + filled_, bytes.data(), size);
    filled_ += size;
    bytes.remove_prefix(size);
    if (filled_ == buffer_.size()) take();
  }
}

std::string Gost34311::finish() {
  if (filled_ != 0) {
    std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.end(),
              std::uint8_t{0});
    take();
  }
  Block length{};
  auto const bits = length_ * 8;
  std::memcpy(length.data(), &bits, sizeof bits);
  hash_ = step(step(hash_, length), sum_);
  std::string out(hash_.size(), '\0');
  std::memcpy(out.data(), hash_.data(), hash_.size());
  return out;
}

}  // namespace qyzmet::gost
