#pragma once
// As much of CBOR (RFC 8949) as QR codes need, in its deterministic form (4.2.1): unsigned and
// negative integers, byte and text strings, arrays, maps, tags. A reader takes what it expects or
// fails for good; anything but the shortest form of a head fails. Internal to this folder.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::ledger {

namespace cbor {

enum class Kind : std::uint8_t {
  number = 0,
  negative = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  tag = 6
};

std::string head(Kind kind, std::uint64_t value);
inline std::string number(std::uint64_t value) {
  return head(Kind::number, value);
}
inline std::string bytes(std::string_view value) {
  return head(Kind::bytes, value.size()) + std::string{value};
}
inline std::string text(std::string_view value) {
  return head(Kind::text, value.size()) + std::string{value};
}

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_{rest} {}

  /// The argument of the next head, which must be of that kind; 0 after a failure.
  std::uint64_t head(Kind kind);
  std::string bytes() { return string(Kind::bytes); }
  /// Well-formed UTF-8.
  std::string text();
  /// The next item must be exactly these bytes.
  void literal(std::string_view expected);
  bool failed() const { return failed_; }
  /// All is read, and nothing failed.
  bool done() const { return !failed_ && rest_.empty(); }
  void fail() { failed_ = true; }

 private:
  std::string string(Kind kind);

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace cbor

}  // namespace qyzmet::ledger
