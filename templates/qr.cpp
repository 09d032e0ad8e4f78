#include "templates/qr.hpp"

#include "templates/qr_code.hpp"

namespace qyzmet::templates {

namespace {

constexpr std::string_view k_alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

QrCode encode(std::string_view text, QRencodeMode mode, QRecLevel level) {
  using Input = std::unique_ptr<QRinput, decltype(&QRinput_free)>;
  QrCode code{nullptr, &QRcode_free};
  Input const input{QRinput_new2(0, level), &QRinput_free};
  if (input && QRinput_append(input.get(), mode, static_cast<int>(text.size()),
                              reinterpret_cast<unsigned char const*>(text.data())) == 0)
    code.reset(QRcode_encodeInput(input.get()));
  return code;
}

}  // namespace

QrCode encode_qr(std::string_view text) {
  bool const alphanumeric = text.find_first_not_of(k_alphanumeric) == text.npos;
  if (text.empty() || text.size() > (alphanumeric ? k_qr_alphanumeric_max : k_qr_bytes_max))
    return {nullptr, &QRcode_free};
  auto const mode = alphanumeric ? QR_MODE_AN : QR_MODE_8;
  auto code = encode(text, mode, QR_ECLEVEL_M);
  return code ? std::move(code) : encode(text, mode, QR_ECLEVEL_L);
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
