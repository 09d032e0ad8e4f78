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
  /// Multiples of a point that comes again and again: with them a sum takes a third of the time.
  /// To make them takes as long as two sums; 100 kB for the longer curve.
  class Known {
   public:
    virtual ~Known() = default;
  };

  virtual ~FastSum() = default;
  /// (x, y) is a point of the curve. The result is for this object alone.
  virtual std::unique_ptr<Known const> know(BIGNUM const* x, BIGNUM const* y) const = 0;
  /// As below, with Q known.
  virtual bool has_x(BIGNUM const* u, Known const& q, BIGNUM const* v, BIGNUM const* r) const = 0;
  /// u P + v Q is a point whose x, modulo the order, is `r`. `u`, `v` and `r` are below the order;
  /// (x, y) is Q, a point of the curve. Never true for the point at infinity.
  virtual bool has_x(BIGNUM const* u, BIGNUM const* x, BIGNUM const* y, BIGNUM const* v,
                     BIGNUM const* r) const = 0;
};

/// Null for curves of another kind. (x, y) is the base point P.
std::unique_ptr<FastSum const> make_fast_sum(BIGNUM const* p, BIGNUM const* a, BIGNUM const* order,
                                             BIGNUM const* x, BIGNUM const* y);

}  // namespace qyzmet::gost
