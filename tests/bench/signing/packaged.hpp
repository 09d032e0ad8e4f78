#pragma once
// What ours is measured against: the programs and the engine that Debian packages.
#include <optional>
#include <string>
#include <string_view>

#include "signing/openssl.hpp"

namespace qyzmet::bench {

/// Verifications per second of `openssl speed` with RSA of 2048 bits, on the core of this process.
std::optional<double> openssl_speed(int seconds);

/// GOST 34.10-2012 with 512 bits by the packaged GOST engine, under the key of ours: its
/// identifiers are exchanged, and signatures are turned round (signing.md 9.2).
class GostEngine {
 public:
  explicit GostEngine(EVP_PKEY const* key);
  bool ready() const { return context_ != nullptr; }
  /// `signature` in the Kazakh byte order.
  bool verify(std::string_view digest, std::string signature) const;

 private:
  signing::KeyPtr key_;
  Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context_;
};

}  // namespace qyzmet::bench
