#include "signing/ledger/text.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <cstdint>

namespace qyzmet::ledger {

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int const size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<unsigned char const*>(bytes.data()), int(bytes.size()));
  text.resize(std::size_t(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return std::string{};
  std::string bytes(text.size() / 4 * 3, '\0');
  int const size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<unsigned char const*>(text.data()), int(text.size()));
  if (size != int(bytes.size())) return std::nullopt;
  for (auto end = text; end.ends_with('=') && bytes.size() + 2 > std::size_t(size);
       end.remove_suffix(1))
    bytes.pop_back();
  // OpenSSL forgives blanks, stray bits and padding in the middle.
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

std::string to_base45(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    bool const pair = i + 1 < bytes.size();
    unsigned value = static_cast<std::uint8_t>(bytes[i]);
    if (pair) value = value * 256 + static_cast<std::uint8_t>(bytes[i + 1]);
    for (int digit = 0; digit < (pair ? 3 : 2); ++digit, value /= 45) text += k_base45[value % 45];
  }
  return text;
}

std::optional<std::string> from_base45(std::string_view text) {
  if (text.size() % 3 == 1) return std::nullopt;
  std::string bytes;
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(3, text.size()))) {
    auto const part = text.substr(0, 3);
    std::size_t value = 0;
    for (auto digit = part.size(); digit-- > 0;) {
      auto const at = k_base45.find(part[digit]);
      if (at == k_base45.npos) return std::nullopt;
      value = value * 45 + at;
    }
    if (value > (part.size() == 3 ? 0xFFFFU : 0xFFU)) return std::nullopt;
    if (part.size() == 3) bytes += static_cast<char>(value >> 8);
    bytes += static_cast<char>(value & 0xFF);
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  for (char const c : bytes) {
    text += k_digits[static_cast<std::uint8_t>(c) >> 4];
    text += k_digits[static_cast<std::uint8_t>(c) & 15];
  }
  return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  auto const* end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  bool const plain = text == "0" || !text.starts_with('0');
  return error == std::errc{} && stop == end && plain ? std::optional{value} : std::nullopt;
}

}  // namespace qyzmet::ledger
