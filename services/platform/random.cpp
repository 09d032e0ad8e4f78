#include "services/platform/random.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "services/platform/encoding.hpp"

namespace qyzmet::platform {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  auto* const data = reinterpret_cast<unsigned char*>(bytes.data());
  if (RAND_bytes(data, static_cast<int>(count)) != 1)
    throw std::runtime_error("the random generator failed");
  return bytes;
}

std::string random_hex(std::size_t count) {
  return to_hex(random_bytes(count));
}

std::string random_token() {
  return to_base64url(random_bytes(32));
}

std::string random_code() {
  constexpr std::uint32_t k_codes = 1'000'000;
  // Numbers of the last, incomplete million would make low codes likelier.
  constexpr std::uint32_t k_fair = UINT32_MAX / k_codes * k_codes;
  std::uint32_t number = k_fair;
  while (number >= k_fair) {
    number = 0;
    for (char const c : random_bytes(4)) number = number << 8 | static_cast<unsigned char>(c);
  }
  auto const digits = std::to_string(number % k_codes);
  return std::string(6 - digits.size(), '0') + digits;
}

}  // namespace qyzmet::platform
