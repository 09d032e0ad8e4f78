#pragma once
// The modules of a QR code as libqrencode gives them. Internal to templates/.
#include <qrencode.h>

#include <memory>
#include <string_view>

#include "templates/qr.hpp"

namespace qyzmet::templates {

using QrCode = std::unique_ptr<QRcode, decltype(&QRcode_free)>;

/// Null for an empty or too long text.
QrCode encode_qr(std::string_view text);

}  // namespace qyzmet::templates
