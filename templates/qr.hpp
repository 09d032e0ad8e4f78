#pragma once
// QR codes (ISO/IEC 18004) as a path for SVG. Pure, thread-safe.
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::templates {

inline constexpr std::size_t k_qr_bytes_max = 1500;
/// When all characters are of the alphanumeric mode (capitals, digits, space, $%*+-./:), as those
/// of Base45 are: what the largest code holds, with the lowest correction of errors.
inline constexpr std::size_t k_qr_alphanumeric_max = 4296;
inline constexpr int k_quiet_modules = 4;  // on each side

struct QrPath {
  int size = 0;      // modules, with the quiet zone
  std::string path;  // "d" of a filled <path>, in modules
};
/// Nothing for an empty or too long text.
std::optional<QrPath> qr_path(std::string_view text);

}  // namespace qyzmet::templates
