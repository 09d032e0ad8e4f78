#include "engine/decimal.hpp"

#include <algorithm>
#include <limits>

namespace qyzmet::engine {
namespace {

__extension__ using Wide = __int128;
constexpr int k_scale_max = 18;
constexpr int k_digits_max = 36;

constexpr Wide power_of_ten(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}
constexpr Wide k_limit = power_of_ten(k_digits_max);

}  // namespace

std::optional<Decimal> Decimal::make(Wide coefficient, int scale) {
  while (scale > 0 && coefficient % 10 == 0) {
    coefficient /= 10;
    --scale;
  }
  if (scale > k_scale_max || coefficient <= -k_limit || coefficient >= k_limit) return std::nullopt;
  Decimal result;
  result.coefficient_ = coefficient;
  result.scale_ = scale;
  return result;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  bool const negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Wide coefficient = 0;
  int scale = 0;
  int digits = 0;
  bool point = false;
  std::size_t pending_zeros = 0;  // zeros of the fraction count only before another digit
  for (char const c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    ++digits;
    if (point && c == '0') {
      ++pending_zeros;
      continue;
    }
    for (; pending_zeros > 0 && scale <= k_scale_max; --pending_zeros, ++scale) {
      coefficient *= 10;
      if (coefficient >= k_limit) return std::nullopt;
    }
    coefficient = coefficient * 10 + (c - '0');
    scale += point ? 1 : 0;
    if (coefficient >= k_limit || scale > k_scale_max) return std::nullopt;
  }
  if (digits == 0 || text.ends_with('.')) return std::nullopt;
  return make(negative ? -coefficient : coefficient, scale);
}

std::optional<Decimal> Decimal::add(Decimal a, Decimal b) {
  int const scale = std::max(a.scale_, b.scale_);
  // Where aligning overflows 128 bits the sum has more than 36 digits as well.
  Wide left = 0;
  Wide right = 0;
  Wide sum = 0;
  if (__builtin_mul_overflow(a.coefficient_, power_of_ten(scale - a.scale_), &left) ||
      __builtin_mul_overflow(b.coefficient_, power_of_ten(scale - b.scale_), &right) ||
      __builtin_add_overflow(left, right, &sum))
    return std::nullopt;
  return make(sum, scale);
}

std::optional<Decimal> Decimal::subtract(Decimal a, Decimal b) {
  return add(a, b.negated());
}

std::optional<Decimal> Decimal::multiply(Decimal a, Decimal b) {
  Wide left = a.coefficient_;
  Wide right = b.coefficient_;
  int scale = a.scale_ + b.scale_;
  // Tens are taken out first, so that the product overflows only when the exact result does.
  auto const take = [&](int of_left, int of_right) {
    for (; scale > 0 && left % of_left == 0 && right % of_right == 0; --scale) {
      left /= of_left;
      right /= of_right;
    }
  };
  if (left == 0 || right == 0) return Decimal{};
  take(10, 1);
  take(1, 10);
  take(2, 5);
  take(5, 2);
  Wide product = 0;
  if (__builtin_mul_overflow(left, right, &product)) return std::nullopt;
  return make(product, scale);
}

Decimal Decimal::negated() const {
  Decimal result = *this;
  result.coefficient_ = -coefficient_;
  return result;
}

std::optional<std::int64_t> Decimal::integer() const {
  if (scale_ != 0 || coefficient_ < std::numeric_limits<std::int64_t>::min() ||
      coefficient_ > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return static_cast<std::int64_t>(coefficient_);
}

std::string Decimal::text() const {
  std::string digits;
  Wide rest = coefficient_ < 0 ? -coefficient_ : coefficient_;
  for (int position = 0; rest > 0 || position <= scale_; ++position) {
    if (position == scale_ && scale_ > 0) digits += '.';
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (coefficient_ < 0) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

std::strong_ordering Decimal::operator<=>(Decimal const& other) const {
  int const scale = std::max(scale_, other.scale_);
  Wide left = 0;
  Wide right = 0;
  // The side that overflows is the one of greater magnitude.
  if (__builtin_mul_overflow(coefficient_, power_of_ten(scale - scale_), &left))
    return coefficient_ <=> Wide{0};
  if (__builtin_mul_overflow(other.coefficient_, power_of_ten(scale - other.scale_), &right))
    return Wide{0} <=> other.coefficient_;
  return left <=> right;
}

}  // namespace qyzmet::engine
