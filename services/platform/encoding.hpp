#pragma once
// Hex, Base64 (RFC 4648, section 4) and Base64url without padding (section 5), a comparison whose
// time does not tell where the difference is, and the UTF-8 check of RFC 3629. Pure, thread-safe.
// Decoders are strict: any foreign character, wrong padding or stray bit gives nullopt.
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::platform {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// SHA-256 (FIPS 180-4) as 64 hex digits.
std::string sha256_hex(std::string_view bytes);

/// For tokens, codes and MACs. The lengths are not secret.
bool equal_in_constant_time(std::string_view left, std::string_view right);

/// Well-formed UTF-8: no overlong forms, surrogates or code points above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace qyzmet::platform
