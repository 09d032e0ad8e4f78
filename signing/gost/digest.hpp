#pragma once
// The digests of the Kazakh signature algorithms: GOST 34.11-2015 (Streebog, RFC 6986) in 512 and
// 256 bits, and GOST 34.311-95 (the GOST R 34.11-94 of RFC 5831) with the test S-box of RFC 4357,
// which is the one that the national CA uses. Results are bytes in the order of those documents.
//
// Plain values: copying one copies the state. One object belongs to one thread; after finish() it
// is spent. No limits of their own: update() takes any number of bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qyzmet::gost {

class Streebog {
 public:
  using Block = std::array<std::uint64_t, 8>;

  /// `bytes` of the result: 64 or 32.
  explicit Streebog(std::size_t bytes);
  void update(std::string_view bytes);
  std::string finish();

 private:
  void take(Block const& message, std::size_t bits);

  std::size_t bytes_;
  Block hash_{}, count_{}, sum_{};
  std::array<std::uint8_t, 64> buffer_{};
  std::size_t filled_ = 0;
};

class Gost34311 {
 public:
  using Block = std::array<std::uint8_t, 32>;

  void update(std::string_view bytes);
  std::string finish();

 private:
  void take();

  Block hash_{}, sum_{}, buffer_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;  // bytes
};

}  // namespace qyzmet::gost
