#include "signing/ledger/cbor.hpp"

#include "engine/base/utf8.hpp"

namespace qyzmet::ledger::cbor {

namespace {

constexpr unsigned k_one_byte = 24;  // the argument follows in one byte; then in 2, 4, 8

}  // namespace

std::string head(Kind kind, std::uint64_t value) {
  auto const major = static_cast<unsigned>(kind) << 5;
  if (value < k_one_byte) return {static_cast<char>(major | value)};
  unsigned more = k_one_byte;
  int bits = 8;
  for (; bits < 64 && value >> bits != 0; bits *= 2) ++more;
  std::string out{static_cast<char>(major | more)};
  for (int shift = bits - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xFF);
  return out;
}

std::uint64_t Reader::head(Kind kind) {
  if (failed_ || rest_.empty()) return failed_ = true, 0;
  auto const first = static_cast<unsigned char>(rest_.front());
  std::uint64_t value = first & 31U;
  std::size_t const more = value < k_one_byte ? 0 : std::size_t{1} << (value - k_one_byte & 7U);
  if (first >> 5 != static_cast<unsigned>(kind) || more > 8 || rest_.size() < 1 + more)
    return failed_ = true, 0;
  if (more > 0) value = 0;
  for (std::size_t i = 1; i <= more; ++i) value = value << 8 | static_cast<unsigned char>(rest_[i]);
  if (cbor::head(kind, value) != rest_.substr(0, 1 + more)) return failed_ = true, 0;
  rest_.remove_prefix(1 + more);
  return value;
}

std::string Reader::string(Kind kind) {
  auto const size = head(kind);
  if (failed_ || size > rest_.size()) return failed_ = true, std::string{};
  std::string out{rest_.substr(0, size)};
  rest_.remove_prefix(size);
  return out;
}

std::string Reader::text() {
  auto out = string(Kind::text);
  if (!valid_utf8(out)) failed_ = true;
  return out;
}

void Reader::literal(std::string_view expected) {
  if (failed_ || !rest_.starts_with(expected)) {
    failed_ = true;
    return;
  }
  rest_.remove_prefix(expected.size());
}

}  // namespace qyzmet::ledger::cbor
