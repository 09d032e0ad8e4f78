#include "signing/der.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>

namespace qyzmet::signing::der {
namespace {

constexpr std::uint8_t k_constructed = 0x20;
constexpr std::size_t k_object_id_bytes_max = 64;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

struct Header {
  std::uint8_t tag = 0;
  std::size_t size = 0;  // of tag and length
  std::optional<std::size_t> length;
  bool minimal = true;
};

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  Header header{.tag = byte_at(bytes, 0), .size = 2, .length = std::nullopt};
  if ((header.tag & 0x1f) == 0x1f) return std::nullopt;
  auto const lead = byte_at(bytes, 1);
  if (lead < 0x80) {
    header.length = lead;
    return header;
  }
  if (lead == 0x80) return (header.tag & k_constructed) != 0 ? std::optional{header} : std::nullopt;
  std::size_t const count = lead & 0x7f;
  if (count > 4 || bytes.size() < 2 + count) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8 | byte_at(bytes, 2 + i);
  header.size += count;
  header.length = length;
  header.minimal = length >= 0x80 && byte_at(bytes, 2) != 0;
  return header;
}

std::optional<Element> read(std::string_view bytes, int depth);

/// Content up to the end-of-contents octets that close an indefinite length.
std::optional<Element> read_indefinite(std::string_view bytes, Header const& header, int depth) {
  if (depth >= k_depth_max) return std::nullopt;
  std::size_t at = header.size;
  while (true) {
    auto const rest = bytes.substr(at);
    if (rest.size() >= 2 && rest[0] == 0 && rest[1] == 0) break;
    auto const inner = read(rest, depth + 1);
    if (!inner) return std::nullopt;
    at += inner->whole.size();
  }
  return Element{.tag = header.tag,
                 .content = bytes.substr(header.size, at - header.size),
                 .whole = bytes.substr(0, at + 2)};
}

std::optional<Element> read(std::string_view bytes, int depth) {
  auto const header = read_header(bytes);
  if (!header || header->tag == 0) return std::nullopt;
  if (!header->length) return read_indefinite(bytes, *header, depth);
  if (bytes.size() - header->size < *header->length) return std::nullopt;
  return Element{.tag = header->tag,
                 .content = bytes.substr(header->size, *header->length),
                 .whole = bytes.substr(0, header->size + *header->length)};
}

bool is_minimal_integer(std::string_view content) {
  if (content.empty()) return false;
  if (content.size() == 1) return true;
  bool const high = (byte_at(content, 1) & 0x80) != 0;
  return !(byte_at(content, 0) == 0 && !high) && !(byte_at(content, 0) == 0xff && high);
}

/// Every arc in its shortest form, and none beyond 57 bits.
bool is_object_id(std::string_view content) {
  if (content.empty() || content.size() > k_object_id_bytes_max) return false;
  std::uint64_t arc = 0;
  bool begins = true;
  for (char const c : content) {
    auto const octet = static_cast<std::uint8_t>(c);
    if ((begins && octet == 0x80) || arc >> 50 != 0) return false;
    begins = (octet & 0x80) == 0;
    arc = begins ? 0 : arc << 7 | (octet & 0x7fU);
  }
  return begins;
}

bool is_canonical_primitive(std::uint8_t tag, std::string_view content) {
  if (tag == boolean)
    return content.size() == 1 && (byte_at(content, 0) == 0 || byte_at(content, 0) == 0xff);
  if (tag == integer || tag == enumerated) return is_minimal_integer(content);
  if (tag == object_id) return is_object_id(content);
  if (tag == null) return content.empty();
  return true;
}

bool is_der_at(std::string_view bytes, int depth) {
  while (!bytes.empty()) {
    auto const header = read_header(bytes);
    if (!header || !header->length || !header->minimal || header->tag == 0) return false;
    if (bytes.size() - header->size < *header->length) return false;
    auto const content = bytes.substr(header->size, *header->length);
    if ((header->tag & k_constructed) != 0) {
      if (header->tag == (octet_string | k_constructed)) return false;
      if (depth >= k_depth_max || !is_der_at(content, depth + 1)) return false;
    } else if (!is_canonical_primitive(header->tag, content)) {
      return false;
    }
    bytes.remove_prefix(header->size + *header->length);
  }
  return true;
}

}  // namespace

std::optional<Element> first(std::string_view bytes) {
  return read(bytes, 0);
}

std::optional<std::vector<Element>> children(std::string_view content) {
  std::vector<Element> all;
  while (!content.empty()) {
    auto const element = read(content, 0);
    if (!element) return std::nullopt;
    all.push_back(*element);
    content.remove_prefix(element->whole.size());
  }
  return all;
}

std::optional<Element> Reader::take(std::uint8_t tag) {
  if (rest_.empty() || byte_at(rest_, 0) != tag) return std::nullopt;
  return take_any();
}

std::optional<Element> Reader::take_any() {
  auto const element = first(rest_);
  if (element) rest_.remove_prefix(element->whole.size());
  return element;
}

bool is_der(std::string_view bytes) {
  auto const element = first(bytes);
  return element && element->whole.size() == bytes.size() && is_der_at(bytes, 0);
}

std::optional<std::string> octets(Element const& element) {
  if ((element.tag & k_constructed) == 0) return std::string{element.content};
  auto const pieces = children(element.content);
  if (!pieces) return std::nullopt;
  std::string all;
  for (auto const& piece : *pieces) {
    if (piece.tag != octet_string) return std::nullopt;
    all += piece.content;
  }
  return all;
}

std::optional<std::string> oid_text(std::string_view content) {
  if (!is_object_id(content)) return std::nullopt;
  // One octet gives three digits and a point at most, the first one two points.
  std::array<char, 4 * k_object_id_bytes_max + 4> text;
  auto* at = text.data();
  auto const put = [&](std::uint64_t arc) {
    if (at != text.data()) *at++ = '.';
    at = std::to_chars(at, text.data() + text.size(), arc).ptr;
  };
  std::uint64_t arc = 0;
  for (char const c : content) {
    auto const octet = static_cast<std::uint8_t>(c);
    arc = arc << 7 | (octet & 0x7fU);
    if ((octet & 0x80) != 0) continue;
    if (at == text.data()) {
      auto const root = std::min<std::uint64_t>(arc / 40, 2);
      put(root);
      arc -= root * 40;
    }
    put(arc);
    arc = 0;
  }
  return std::string{text.data(), at};
}

std::optional<int> small_integer(std::string_view content) {
  if (!is_minimal_integer(content) || content.size() > 4) return std::nullopt;
  if ((byte_at(content, 0) & 0x80) != 0) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < content.size(); ++i) value = value << 8 | byte_at(content, i);
  return value;
}

std::string encode(std::uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  auto const size = content.size();
  if (size < 0x80) {
    out += static_cast<char>(size);
  } else {
    std::string length;
    for (auto rest = size; rest != 0; rest >>= 8)
      length.insert(length.begin(), static_cast<char>(rest & 0xff));
    out += static_cast<char>(0x80 | length.size());
    out += length;
  }
  out += content;
  return out;
}

std::string encode(std::uint8_t tag, std::initializer_list<std::string> parts) {
  std::string content;
  for (auto const& part : parts) content += part;
  return encode(tag, content);
}

std::string oid(std::string_view dotted) {
  std::vector<std::uint64_t> arcs;
  for (auto const* at = dotted.data(); at < dotted.data() + dotted.size(); ++at) {
    std::uint64_t arc = 0;
    at = std::from_chars(at, dotted.data() + dotted.size(), arc).ptr;
    arcs.push_back(arc);
  }
  std::string content;
  for (std::size_t i = 1; i < arcs.size(); ++i) {
    auto arc = i == 1 ? arcs[0] * 40 + arcs[1] : arcs[i];
    std::string digits(1, static_cast<char>(arc & 0x7f));
    while ((arc >>= 7) != 0) digits.insert(digits.begin(), static_cast<char>(0x80 | (arc & 0x7f)));
    content += digits;
  }
  return encode(object_id, content);
}

std::string number(int value) {
  std::string content;
  auto rest = static_cast<unsigned>(value);
  do {
    content.insert(content.begin(), static_cast<char>(rest & 0xff));
    rest >>= 8;
  } while (rest != 0);
  if ((byte_at(content, 0) & 0x80) != 0) content.insert(content.begin(), '\0');
  return encode(integer, content);
}

std::string set_of(std::vector<std::string> elements) {
  std::ranges::sort(elements);
  std::string content;
  for (auto const& element : elements) content += element;
  return encode(set, content);
}

}  // namespace qyzmet::signing::der
