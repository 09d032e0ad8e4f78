#pragma once
// Base64 (RFC 4648, section 4), Base45 (RFC 9285) and lower-case hexadecimal. Decoders are strict:
// each value has one text. Pure, thread-safe.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::ledger {

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);
/// The digits of Base45, from 0 on.
inline constexpr std::string_view k_base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
std::string to_base45(std::string_view bytes);
std::optional<std::string> from_base45(std::string_view text);
std::string to_hex(std::string_view bytes);

/// A decimal number without sign or leading zeros.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace qyzmet::ledger
