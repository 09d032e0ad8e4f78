#pragma once
// The families of the Kazakh profile: which identifiers, curve and digest belong together, and how
// their keys are written (signing.md 2 and 3). Internal to signing/gost/. Pure, thread-safe.
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "signing/gost/curve.hpp"
#include "signing/gost/digest.hpp"

namespace qyzmet::gost {

struct Family {
  enum class SecretForm { octets, integer };

  char const* name;    // of keys and signatures in OpenSSL
  char const* names;   // name and OID, as a provider offers them
  char const* digest;  // name of the digest
  char const *key_oid, *curve_oid, *digest_parameters_oid;  // of keys
  char const *digest_oid, *signature_oid;
  Curve const& (*curve)();
  std::size_t bytes;  // of a coordinate and of the digest
  SecretForm secret_form;
};

inline constexpr std::size_t k_families = 3;
std::array<Family, k_families> const& families();

/// The digest of a family while it is computed; a value.
class Digest {
 public:
  explicit Digest(Family const& family);
  void update(std::string_view bytes) {
    std::visit([bytes](auto& state) { state.update(bytes); }, state_);
  }
  std::string finish() {
    return std::visit([](auto& state) { return state.finish(); }, state_);
  }

 private:
  std::variant<Streebog, Gost34311> state_;
};

/// How often a key must have been asked before it is worth knowing its multiples.
inline constexpr int k_verifications_before_known = 4;

struct Key {
  Family const& family;
  Point point;
  Bignum secret = nullptr;  // null: a public key

  /// Keys of authorities stay, and verify again and again; those of people are read for one
  /// verification. Thread-safe.
  bool verify(std::string_view digest, std::string_view signature) const;

  mutable std::atomic<int> verifications = 0;
  mutable std::once_flag knowing = {};
  mutable std::unique_ptr<FastSum::Known const> known = nullptr;
};

/// Keys are null for anything but exactly this family: other parameters, other lengths, a point
/// beside the curve, a scalar out of range.
std::unique_ptr<Key> read_public_key(Family const& family, std::string_view spki);
std::unique_ptr<Key> read_private_key(Family const& family, std::string_view pkcs8);
std::unique_ptr<Key> make_key(Family const& family);
std::string write_public_key(Key const& key);
std::string write_private_key(Key const& key);
/// AlgorithmIdentifier of signatures.
std::string signature_algorithm(Family const& family);

}  // namespace qyzmet::gost
