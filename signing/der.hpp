#pragma once
// Reading and writing ASN.1 in BER and DER (X.690), as far as CMS needs it: low tag numbers,
// lengths up to 32 bits. The reader hands out views of the original bytes, because signatures are
// checked over what arrived and never over a re-encoding. Pure, thread-safe; views live as long as
// the input.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::signing::der {

inline constexpr int k_depth_max = 32;

enum Tag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  null = 0x05,
  object_id = 0x06,
  enumerated = 0x0a,
  utf8_string = 0x0c,
  printable_string = 0x13,
  utc_time = 0x17,
  generalized_time = 0x18,
  sequence = 0x30,
  set = 0x31,
};
/// Context tags: [n] primitive and constructed.
constexpr std::uint8_t context(int number) {
  return static_cast<std::uint8_t>(0x80 | number);
}
constexpr std::uint8_t context_constructed(int number) {
  return static_cast<std::uint8_t>(0xa0 | number);
}

struct Element {
  std::uint8_t tag = 0;
  std::string_view content;
  std::string_view whole;  // with tag and length (and end-of-contents)
};

/// The first element of `bytes`; nothing if it is cut, nested too deeply or of an unknown form.
/// Indefinite lengths are understood.
std::optional<Element> first(std::string_view bytes);
/// All elements of a constructed content.
std::optional<std::vector<Element>> children(std::string_view content);
/// Elements one after the other, with optional ones.
class Reader {
 public:
  explicit Reader(std::string_view content) : rest_(content) {}
  bool done() const { return rest_.empty(); }
  /// The next element if it has this tag, otherwise nothing and the reader does not move.
  std::optional<Element> take(std::uint8_t tag);
  std::optional<Element> take_any();

 private:
  std::string_view rest_;
};

/// Definite, minimal lengths and canonical primitive values throughout, nothing behind the element.
bool is_der(std::string_view bytes);
/// The octets of an OCTET STRING, primitive or constructed of primitives.
std::optional<std::string> octets(Element const& element);
std::optional<std::string> oid_text(std::string_view content);
/// A non-negative INTEGER below 2^31.
std::optional<int> small_integer(std::string_view content);

std::string encode(std::uint8_t tag, std::string_view content);
std::string encode(std::uint8_t tag, std::initializer_list<std::string> parts);
std::string oid(std::string_view dotted);
std::string number(int value);
/// SET OF: the elements in the order of their encodings.
std::string set_of(std::vector<std::string> elements);

}  // namespace qyzmet::signing::der
