#include "templates/qr.hpp"

#include "templates/qr_code.hpp"

namespace qyzmet::templates {

QrCode encode_qr(std::string_view text) {
  QrCode code{nullptr, &QRcode_free};
  if (text.empty() || text.size() > k_qr_bytes_max) return code;
  code.reset(QRcode_encodeData(static_cast<int>(text.size()),
                               reinterpret_cast<unsigned char const*>(text.data()), 0,
                               QR_ECLEVEL_M));
  return code;
}

std::optional<QrPath> qr_path(std::string_view text) {
  auto const code = encode_qr(text);
  if (!code) return std::nullopt;
  QrPath out{.size = code->width + 2 * k_quiet_modules, .path = {}};
  for (int row = 0; row < code->width; ++row)
    for (int column = 0; column < code->width;) {
      int end = column;
      while (end < code->width && (code->data[row * code->width + end] & 1)) ++end;
      if (end > column)
        out.path += "M" + std::to_string(column + k_quiet_modules) + " " +
                    std::to_string(row + k_quiet_modules) + "h" + std::to_string(end - column) +
                    "v1h-" + std::to_string(end - column) + "z";
      column = end + 1;
    }
  return out;
}

}  // namespace qyzmet::templates
