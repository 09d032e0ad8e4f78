#pragma once
// Exact decimal numbers of FEEL-mini: 128-bit coefficient, scale 0..18, never rounded silently.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet::engine {

/// coefficient / 10^scale, always in lowest scale (1.50 is stored as 15/10). Operations return
/// nothing when the exact result does not fit (36 digits, of them 18 after the point).
class Decimal {
 public:
  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t value) : coefficient_{value} {}
  static std::optional<Decimal> parse(std::string_view text);
  static std::optional<Decimal> add(Decimal a, Decimal b);
  static std::optional<Decimal> subtract(Decimal a, Decimal b);
  static std::optional<Decimal> multiply(Decimal a, Decimal b);
  Decimal negated() const;
  /// The value when it is a whole number that fits.
  std::optional<std::int64_t> integer() const;
  std::string text() const;
  bool operator==(Decimal const&) const = default;
  std::strong_ordering operator<=>(Decimal const& other) const;

 private:
  __extension__ using Wide = __int128;
  static std::optional<Decimal> make(Wide coefficient, int scale);
  Wide coefficient_ = 0;
  int scale_ = 0;
};

}  // namespace qyzmet::engine
