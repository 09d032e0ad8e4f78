#pragma once
// Unpredictable values from OpenSSL's generator. Thread-safe. Throws std::runtime_error when the
// generator fails: without randomness nothing may go on.
#include <cstddef>
#include <string>

namespace qyzmet::platform {

std::string random_bytes(std::size_t count);
/// Two hex digits for each of `count` bytes.
std::string random_hex(std::size_t count);
/// 256 bits as 43 characters of Base64url: sessions, nonces, CSRF.
std::string random_token();
/// Six decimal digits, each code equally likely: one-time passwords.
std::string random_code();

}  // namespace qyzmet::platform
