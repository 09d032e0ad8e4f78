#pragma once
// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
#include <cstddef>
#include <string_view>

namespace qyzmet {

/// Bytes of the well-formed sequence that begins at `at`, or 0 when there is none.
inline std::size_t utf8_sequence(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  unsigned const lead = byte(0);
  if (at >= text.size()) return 0;
  if (lead < 0x80) return 1;
  std::size_t const size = lead < 0xC2   ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  if (size == 0) return 0;
  // The second byte closes out overlong forms, surrogates and the end of the range.
  unsigned const low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned const high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  return size;
}

inline bool valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const size = utf8_sequence(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

/// Characters (code points) of well-formed UTF-8.
inline std::size_t utf8_length(std::string_view text) {
  std::size_t length = 0;
  for (char const c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++length;
  return length;
}

}  // namespace qyzmet
