// The individual identification number: YYMMDD, a digit of century and sex, serial, check digit.
#include <array>
#include <cstddef>

#include "engine/terms.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::size_t k_digits = 12;
constexpr int k_no_digit = 10;

/// Weights 1..11, then once more from the third on; 10 in both rounds: the number is not issued.
int check_digit(std::array<int, k_digits> const& digits) {
  int remainder = k_no_digit;
  for (int const shift : {0, 2}) {
    int sum = 0;
    for (int i = 0; i < 11; ++i) sum += digits[std::size_t(i)] * ((i + shift) % 11 + 1);
    remainder = sum % 11;
    if (remainder != k_no_digit) break;
  }
  return remainder;
}

std::chrono::year_month_day birth(int century, std::array<int, k_digits> const& digits) {
  auto const two = [&](std::size_t at) { return digits[at] * 10 + digits[at + 1]; };
  return {std::chrono::year{century + two(0)}, std::chrono::month{unsigned(two(2))},
          std::chrono::day{unsigned(two(4))}};
}

bool born(int century, std::array<int, k_digits> const& digits) {
  return birth(century, digits).ok();
}

int century_of(int sex_and_century) {
  return 1800 + (sex_and_century - 1) / 2 * 100;
}

std::optional<std::array<int, k_digits>> digits_of(std::string_view iin) {
  if (iin.size() != k_digits) return std::nullopt;
  std::array<int, k_digits> digits{};
  for (std::size_t i = 0; i < k_digits; ++i) {
    if (iin[i] < '0' || iin[i] > '9') return std::nullopt;
    digits[i] = iin[i] - '0';
  }
  return digits;
}

bool plausible_birth(std::array<int, k_digits> const& digits) {
  int const sex_and_century = digits[6];
  // 0 stands on some numbers of foreigners and says nothing of the century.
  if (sex_and_century == 0) return born(1900, digits) || born(2000, digits);
  return sex_and_century <= 6 && born(century_of(sex_and_century), digits);
}

}  // namespace

bool valid_iin(std::string_view iin) {
  auto const digits = digits_of(iin);
  return digits && plausible_birth(*digits) && check_digit(*digits) == digits->back();
}

std::optional<IinFacts> iin_facts(std::string_view iin) {
  if (!valid_iin(iin)) return std::nullopt;
  auto const digits = *digits_of(iin);
  int const sex_and_century = digits[6];
  if (sex_and_century == 0) return std::nullopt;
  return IinFacts{.born = Date{birth(century_of(sex_and_century), digits)},
                  .male = sex_and_century % 2 == 1};
}

Date birthday(Date born, int age) {
  std::chrono::year_month_day day{born};
  day += std::chrono::years{age};
  if (!day.ok()) day = day.year() / std::chrono::March / 1;
  return Date{day};
}

int full_years(Date born, Date day) {
  auto const year = [](Date of) { return int(std::chrono::year_month_day{of}.year()); };
  int const years = year(day) - year(born);
  return birthday(born, years) <= day ? years : years - 1;
}

}  // namespace qyzmet::engine
