#pragma once
// GOST 34.10-2015 and GOST 34.310-2004: signatures over curves in the Weierstrass form (equations
// of RFC 7091, 6; byte orders of the Kazakh profile: all numbers little-endian, a signature is r
// then s, the digest is read little-endian).
//
// A curve is immutable after construction and shared between threads. Points and scalars are owned
// by the caller. Times: nothing secret decides a branch or an address while signing; verification
// is not constant-time. Hostile points, scalars and signatures are answered with nothing or false.
#include <openssl/bn.h>
#include <openssl/ec.h>

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/owned.hpp"
#include "signing/gost/fast_sum.hpp"

namespace qyzmet::gost {

using Bignum = Owned<BIGNUM, BN_clear_free>;
using Point = Owned<EC_POINT, EC_POINT_free>;

/// Hexadecimal, big-endian (RFC 4357, RFC 7836). The cofactor is 1.
struct CurveParameters {
  char const *p, *a, *b, *q, *x, *y;
};

class Curve {
 public:
  explicit Curve(CurveParameters const& parameters);

  EC_GROUP const* group() const { return group_.get(); }
  BIGNUM const* order() const { return order_.get(); }
  /// Of a coordinate, a scalar and half a signature.
  std::size_t bytes() const { return bytes_; }
  /// x then y; nothing if they are no point of the curve.
  Point read_point(std::string_view bytes) const;
  std::string write_point(EC_POINT const* point) const;
  bool equal(EC_POINT const* left, EC_POINT const* right) const;

  /// 0 < d < q, otherwise nothing. `bytes` is little-endian.
  Bignum read_scalar(std::string_view bytes) const;
  std::string write_scalar(BIGNUM const* scalar) const;
  Bignum make_scalar() const;
  Point public_point(BIGNUM const* secret) const;

  /// What makes verifying with a key faster that comes again and again; null if there is nothing.
  std::unique_ptr<FastSum::Known const> know(EC_POINT const* key) const;
  enum class Arithmetic { own, openssl };
  /// `known`: of this key, or null.
  bool verify(EC_POINT const* key, std::string_view digest, std::string_view signature,
              Arithmetic arithmetic = Arithmetic::own, FastSum::Known const* known = nullptr) const;
  /// With a nonce made of random bytes, the secret and the digest together, so that a weak random
  /// generator alone does not give the secret away. Empty only when the generator fails.
  std::string sign(BIGNUM const* secret, std::string_view digest) const;
  /// With the nonce given: for the examples of the standards. Empty if it cannot be used.
  std::string sign_with(BIGNUM const* secret, std::string_view digest, BIGNUM const* nonce) const;

 private:
  Bignum read_digest(std::string_view digest, BN_CTX* context) const;
  /// u P + v key has the x that `r` is the remainder of.
  bool sum_has_x(BIGNUM const* u, EC_POINT const* key, BIGNUM const* v, BIGNUM const* r,
                 Arithmetic arithmetic, FastSum::Known const* known, BN_CTX* context) const;

  std::size_t bytes_;
  Owned<EC_GROUP, EC_GROUP_free> group_;
  Bignum order_;
  Owned<BN_MONT_CTX, BN_MONT_CTX_free> montgomery_;  // modulo the order
  std::unique_ptr<FastSum const> fast_;              // null for curves of another kind
};

/// id-tc26-gost-3410-12-512-paramSetA
Curve const& curve_512();
/// id-GostR3410-2001-CryptoPro-A
Curve const& curve_256();

}  // namespace qyzmet::gost
