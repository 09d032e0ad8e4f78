#include "signing/gost/fast_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace qyzmet::gost {
namespace {

static_assert(std::endian::native == std::endian::little);
__extension__ typedef unsigned __int128 Wide;

/// Numbers modulo 2^(64 N) - C, least significant word first. Any value of N words stands for its
/// remainder; only zero() and equal() look at which one it is.
template <std::size_t N, std::uint64_t C>
struct Field {
  using Number = std::array<std::uint64_t, N>;

  /// Adds `high` times 2^(64 N), which is `high` times C. Both are small.
  static void fold(Number& number, std::uint64_t high) {
    while (high != 0) {
      std::uint64_t more = high * C;
      for (std::size_t i = 0; i < N && more != 0; ++i) {
        number[i] += more;
        more = number[i] < more ? 1 : 0;
      }
      high = more;
    }
  }

  static Number add(Number const& left, Number const& right) {
    Number out;
    unsigned long long carry = 0;
    for (std::size_t i = 0; i < N; ++i) out[i] = __builtin_addcll(left[i], right[i], carry, &carry);
    fold(out, carry);
    return out;
  }

  static Number subtract(Number const& left, Number const& right) {
    Number out;
    unsigned long long borrow = 0;
    for (std::size_t i = 0; i < N; ++i)
      out[i] = __builtin_subcll(left[i], right[i], borrow, &borrow);
    // What was borrowed is 2^(64 N), which is C too much.
    while (borrow != 0) {
      std::uint64_t take = C;
      for (std::size_t i = 0; i < N && take != 0; ++i) {
        auto const before = out[i];
        out[i] = before - take;
        take = before < take ? 1 : 0;
      }
      borrow = take;
    }
    return out;
  }

  static Number reduce(std::array<std::uint64_t, 2 * N> const& product) {
    Number out;
    Wide carry = 0;
    for (std::size_t i = 0; i < N; ++i) {
      carry += Wide{product[N + i]} * C + product[i];
      out[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    fold(out, static_cast<std::uint64_t>(carry));
    return out;
  }

  static Number multiply(Number const& left, Number const& right) {
    std::array<std::uint64_t, 2 * N> product{};
    for (std::size_t i = 0; i < N; ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < N; ++j) {
        Wide const sum = Wide{left[i]} * right[j] + product[i + j] + carry;
        product[i + j] = static_cast<std::uint64_t>(sum);
        carry = static_cast<std::uint64_t>(sum >> 64);
      }
      product[i + N] = carry;
    }
    return reduce(product);
  }

  /// Each product of two different words once, doubled, and the squares of the words.
  static Number square(Number const& number) {
    std::array<std::uint64_t, 2 * N> product{};
    for (std::size_t i = 0; i < N; ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = i + 1; j < N; ++j) {
        Wide const sum = Wide{number[i]} * number[j] + product[i + j] + carry;
        product[i + j] = static_cast<std::uint64_t>(sum);
        carry = static_cast<std::uint64_t>(sum >> 64);
      }
      product[i + N] = carry;
    }
    std::uint64_t top = 0;
    Wide carry = 0;
    for (std::size_t i = 0; i < N; ++i) {
      Wide const own = Wide{number[i]} * number[i];
      for (std::size_t half = 0; half < 2; ++half) {
        auto& word = product[2 * i + half];
        auto const doubled = word << 1 | top;
        top = word >> 63;
        carry += Wide{doubled} + static_cast<std::uint64_t>(half == 0 ? own : own >> 64);
        word = static_cast<std::uint64_t>(carry);
        carry >>= 64;
      }
    }
    return reduce(product);
  }

  /// By Fermat: the power p - 2.
  static Number invert(Number const& number) {
    auto exponent = prime();
    exponent[0] -= 2;
    Number out{1};
    for (std::size_t bit = 64 * N; bit-- > 0;) {
      out = square(out);
      if ((exponent[bit / 64] >> (bit % 64) & 1) != 0) out = multiply(out, number);
    }
    return out;
  }

  static Number prime() {
    Number out;
    out.fill(~std::uint64_t{0});
    out[0] -= C - 1;
    return out;
  }
  static bool is_zero(Number const& number) { return number == Number{} || number == prime(); }
  static bool equal(Number const& left, Number const& right) {
    return is_zero(subtract(left, right));
  }
  static Number read(BIGNUM const* number) {
    Number out;
    std::array<unsigned char, 8 * N> bytes;
    BN_bn2lebinpad(number, bytes.data(), static_cast<int>(bytes.size()));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }
};

template <std::size_t N, std::uint64_t C>
class Sum final : public FastSum {
  using F = Field<N, C>;
  using Number = typename F::Number;

  /// (X / Z^2, Y / Z^3); Z of zero is the point at infinity.
  struct Jacobian {
    Number x{}, y{}, z{};
  };
  /// A term of the sum, with the powers of Z that every addition of it needs.
  struct Term {
    Jacobian point;
    Number z2, z3;
    bool plain;  // Z is one
  };

  static constexpr int k_base_width = 8, k_key_width = 5;
  // Of a known point (Lim and Lee 1994): the scalar is cut into so many teeth, and one entry stands
  // for one bit of each, so that there is one doubling for a bit of a tooth.
  static constexpr std::size_t k_teeth = 8, k_tooth_bits = 64 * N / k_teeth;
  struct Comb final : Known {
    std::vector<Term> sums;  // at i: of the teeth whose bits are set in i; nothing at 0
  };
  using Digits = std::vector<std::int8_t>;

 public:
  Sum(BIGNUM const* order, BIGNUM const* x, BIGNUM const* y)
      : order_(F::read(order)), base_(odd_multiples(point_of(x, y), k_base_width)) {
    // Once for ever, so that each addition of them costs three multiplications less.
    make_plain(base_);
    base_comb_.sums = comb_of(point_of(x, y));
  }

  std::unique_ptr<Known const> know(BIGNUM const* x, BIGNUM const* y) const override {
    auto comb = std::make_unique<Comb>();
    comb->sums = comb_of(point_of(x, y));
    return comb;
  }

  bool has_x(BIGNUM const* u, Known const& q, BIGNUM const* v, BIGNUM const* r) const override {
    auto const& of_key = static_cast<Comb const&>(q).sums;
    auto const left = F::read(u), right = F::read(v);
    Jacobian sum;
    for (auto bit = k_tooth_bits; bit-- > 0;) {
      sum = twice(sum);
      if (auto const i = bits_at(left, bit); i != 0) sum = plus(sum, base_comb_.sums[i], false);
      if (auto const i = bits_at(right, bit); i != 0) sum = plus(sum, of_key[i], false);
    }
    return is_x(sum, F::read(r));
  }

  bool has_x(BIGNUM const* u, BIGNUM const* x, BIGNUM const* y, BIGNUM const* v,
             BIGNUM const* r) const override {
    auto const key = odd_multiples(point_of(x, y), k_key_width);
    auto const of_base = recode(u, k_base_width), of_key = recode(v, k_key_width);
    Jacobian sum;
    for (auto i = std::max(of_base.size(), of_key.size()); i-- > 0;) {
      sum = twice(sum);
      if (i < of_base.size()) sum = plus(sum, base_, of_base[i]);
      if (i < of_key.size()) sum = plus(sum, key, of_key[i]);
    }
    return is_x(sum, F::read(r));
  }

 private:
  static Jacobian point_of(BIGNUM const* x, BIGNUM const* y) {
    return {.x = F::read(x), .y = F::read(y), .z = {1}};
  }

  /// x of the point is below the prime and may be above the order: r or r + order.
  bool is_x(Jacobian const& point, Number const& r) const {
    if (F::is_zero(point.z)) return false;
    auto const z2 = F::square(point.z);
    if (F::equal(point.x, F::multiply(r, z2))) return true;
    Number other;
    Wide carry = 0;
    for (std::size_t i = 0; i < N; ++i) {
      carry += Wide{r[i]} + order_[i];
      other[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    auto const prime = F::prime();
    bool const below = carry == 0 && std::lexicographical_compare(other.rbegin(), other.rend(),
                                                                  prime.rbegin(), prime.rend());
    return below && F::equal(point.x, F::multiply(other, z2));
  }

  static Jacobian twice(Jacobian const& p) {
    auto const delta = F::square(p.z), gamma = F::square(p.y);
    auto const beta = F::multiply(p.x, gamma);
    auto const product = F::multiply(F::subtract(p.x, delta), F::add(p.x, delta));
    auto const alpha = F::add(F::add(product, product), product);
    auto const beta2 = F::add(beta, beta), beta4 = F::add(beta2, beta2);
    auto const gamma2 = F::square(gamma);
    auto const gamma4 = F::add(F::add(gamma2, gamma2), F::add(gamma2, gamma2));
    Jacobian out;
    out.x = F::subtract(F::square(alpha), F::add(beta4, beta4));
    out.z = F::subtract(F::subtract(F::square(F::add(p.y, p.z)), gamma), delta);
    out.y = F::subtract(F::multiply(alpha, F::subtract(beta4, out.x)), F::add(gamma4, gamma4));
    return out;
  }

  static Jacobian plus(Jacobian const& p, Term const& term, bool negative) {
    auto q = term.point;
    if (negative) q.y = F::subtract({}, q.y);
    if (F::is_zero(p.z)) return q;
    auto const z2 = F::square(p.z);
    auto const u1 = term.plain ? p.x : F::multiply(p.x, term.z2), u2 = F::multiply(q.x, z2);
    auto const s1 = term.plain ? p.y : F::multiply(p.y, term.z3);
    auto const s2 = F::multiply(q.y, F::multiply(z2, p.z));
    auto const h = F::subtract(u2, u1), r = F::subtract(s2, s1);
    if (F::is_zero(h)) return F::is_zero(r) ? twice(p) : Jacobian{};
    auto const h2 = F::square(h), h3 = F::multiply(h2, h), v = F::multiply(u1, h2);
    Jacobian out;
    out.x = F::subtract(F::subtract(F::square(r), h3), F::add(v, v));
    out.y = F::subtract(F::multiply(r, F::subtract(v, out.x)), F::multiply(s1, h3));
    out.z = F::multiply(term.plain ? p.z : F::multiply(p.z, q.z), h);
    return out;
  }

  static Jacobian plus(Jacobian const& p, std::vector<Term> const& terms, int digit) {
    if (digit == 0) return p;
    return plus(p, terms[static_cast<std::size_t>(std::abs(digit)) / 2], digit < 0);
  }

  static Term term_of(Jacobian const& point) {
    auto const z2 = F::square(point.z);
    return {
        .point = point, .z2 = z2, .z3 = F::multiply(z2, point.z), .plain = point.z == Number{1}};
  }

  /// Z becomes one everywhere, with one inversion for all: that of the product, from which those of
  /// the factors are taken one after the other. No term is at infinity.
  static void make_plain(std::span<Term> terms) {
    std::vector<Number> products;
    Number product{1};
    for (auto const& term : terms) {
      products.push_back(product);
      product = F::multiply(product, term.point.z);
    }
    auto inverse = F::invert(product);
    for (auto i = terms.size(); i-- > 0;) {
      auto const own = F::multiply(inverse, products[i]), square = F::square(own);
      inverse = F::multiply(inverse, terms[i].point.z);
      terms[i] = term_of({.x = F::multiply(terms[i].point.x, square),
                          .y = F::multiply(terms[i].point.y, F::multiply(square, own)),
                          .z = {1}});
    }
  }

  /// None of the sums is at infinity, and no two that are added are equal: as multiples of the
  /// point they are different numbers between zero and the order.
  static std::vector<Term> comb_of(Jacobian point) {
    std::vector<Term> sums(std::size_t{1} << k_teeth);
    for (std::size_t tooth = 0; tooth < k_teeth; ++tooth) {
      auto const first = std::size_t{1} << tooth;
      sums[first] = term_of(point);
      for (std::size_t i = 1; i < first; ++i)
        sums[first + i] = term_of(plus(sums[i].point, sums[first], false));
      for (std::size_t bit = 0; bit < k_tooth_bits; ++bit) point = twice(point);
    }
    make_plain(std::span{sums}.subspan(1));
    return sums;
  }

  /// The bit `at` of each tooth.
  static std::size_t bits_at(Number const& scalar, std::size_t at) {
    std::size_t bits = 0;
    for (std::size_t tooth = 0; tooth < k_teeth; ++tooth) {
      auto const bit = tooth * k_tooth_bits + at;
      bits |= (scalar[bit / 64] >> (bit % 64) & 1) << tooth;
    }
    return bits;
  }

  /// P, 3P, 5P, ... as far as digits of this width go. None of them is infinity: the order is a
  /// large prime.
  static std::vector<Term> odd_multiples(Jacobian const& point, int width) {
    auto const two = term_of(twice(point));
    std::vector<Term> terms{term_of(point)};
    while (terms.size() < std::size_t{1} << (width - 2))
      terms.push_back(term_of(plus(terms.back().point, two, false)));
    return terms;
  }

  /// Odd digits below 2^(width - 1) in magnitude, with width - 1 zeros behind each.
  static Digits recode(BIGNUM const* scalar, int width) {
    std::array<std::uint64_t, N + 1> rest{};
    auto const words = F::read(scalar);
    std::ranges::copy(words, rest.begin());
    Digits digits;
    while (rest != std::array<std::uint64_t, N + 1>{}) {
      int digit = 0;
      if ((rest[0] & 1) != 0) {
        digit = static_cast<int>(rest[0] & ((1U << width) - 1));
        if (digit >= 1 << (width - 1)) digit -= 1 << width;
        take(rest, digit);
      }
      digits.push_back(static_cast<std::int8_t>(digit));
      for (std::size_t i = 0; i < N; ++i) rest[i] = rest[i] >> 1 | rest[i + 1] << 63;
      rest[N] >>= 1;
    }
    return digits;
  }

  static void take(std::array<std::uint64_t, N + 1>& rest, int digit) {
    if (digit > 0) {
      rest[0] -= static_cast<std::uint64_t>(digit);  // these bits are in it: nothing is borrowed
      return;
    }
    auto carry = static_cast<std::uint64_t>(-digit);
    for (std::size_t i = 0; i <= N && carry != 0; ++i) {
      rest[i] += carry;
      carry = rest[i] < carry ? 1 : 0;
    }
  }

  Number order_;
  std::vector<Term> base_;
  Comb base_comb_;
};

/// p is 2^bits - c, and a is p - 3.
bool is_kind(BIGNUM const* p, BIGNUM const* a, int bits, BN_ULONG c) {
  std::unique_ptr<BIGNUM, decltype(&BN_free)> const expected{BN_new(), BN_free};
  return expected && BN_set_bit(expected.get(), bits) == 1 && BN_sub_word(expected.get(), c) == 1 &&
         BN_cmp(expected.get(), p) == 0 && BN_sub_word(expected.get(), 3) == 1 &&
         BN_cmp(expected.get(), a) == 0;
}

}  // namespace

std::unique_ptr<FastSum const> make_fast_sum(BIGNUM const* p, BIGNUM const* a, BIGNUM const* order,
                                             BIGNUM const* x, BIGNUM const* y) {
  if (is_kind(p, a, 512, 569)) return std::make_unique<Sum<8, 569>>(order, x, y);
  if (is_kind(p, a, 256, 617)) return std::make_unique<Sum<4, 617>>(order, x, y);
  return nullptr;
}

}  // namespace qyzmet::gost
