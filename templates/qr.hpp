#pragma once
// QR codes (ISO/IEC 18004) as a path for SVG. Pure, thread-safe.
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::templates {

inline constexpr std::size_t k_qr_bytes_max = 1500;
inline constexpr int k_quiet_modules = 4;  // on each side

struct QrPath {
  int size = 0;      // modules, with the quiet zone
  std::string path;  // "d" of a filled <path>, in modules
};
/// Nothing for an empty or too long text.
std::optional<QrPath> qr_path(std::string_view text);

}  // namespace qyzmet::templates
