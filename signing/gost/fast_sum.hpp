#pragma once
// The one costly step of verification, u P + v Q on a curve y^2 = x^3 - 3x + b over a prime
// 2^(64 n) - c with small c: both curves of the Kazakh PKI are of this kind, and knowing it more
// than halves the time of OpenSSL's arithmetic for any prime.
//
// For public numbers only: branches and addresses depend on them. Immutable after construction,
// shared between threads. Internal to signing/gost/.
#include <openssl/bn.h>

#include <memory>

namespace qyzmet::gost {

class FastSum {
 public:
  virtual ~FastSum() = default;
  /// u P + v Q is a point whose x, modulo the order, is `r`. `u`, `v` and `r` are below the order;
  /// (x, y) is Q, a point of the curve. Never true for the point at infinity.
  virtual bool has_x(BIGNUM const* u, BIGNUM const* x, BIGNUM const* y, BIGNUM const* v,
                     BIGNUM const* r) const = 0;
};

/// Null for curves of another kind. (x, y) is the base point P.
std::unique_ptr<FastSum const> make_fast_sum(BIGNUM const* p, BIGNUM const* a, BIGNUM const* order,
                                             BIGNUM const* x, BIGNUM const* y);

}  // namespace qyzmet::gost
