#include "engine/decimal.hpp"

#include <gtest/gtest.h>

#include <random>

namespace qyzmet::engine {
namespace {

Decimal number(std::string_view text) {
  auto const parsed = Decimal::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Decimal{});
}

std::string text_of(std::optional<Decimal> value) {
  return value ? value->text() : "none";
}

TEST(Decimal, ReadsAndWritesTheShortestForm) {
  for (auto const& [given, written] : std::vector<std::pair<char const*, char const*>>{
           {"0", "0"},
           {"-0", "0"},
           {"-0.00", "0"},
           {"007", "7"},
           {"1.50", "1.5"},
           {".872", "0.872"},
           {"-.872", "-0.872"},
           {"125.4321987654", "125.4321987654"},
           {"0.000000000000000001", "0.000000000000000001"},
           {"1.000000000000000000000000000000", "1"},
           {"999999999999999999999999999999999999", "999999999999999999999999999999999999"},
           {"123456789012345678.123456789012345678", "123456789012345678.123456789012345678"}})
    EXPECT_EQ(text_of(Decimal::parse(given)), written) << given;
}

TEST(Decimal, RefusesWhatIsNoNumberOrDoesNotFit) {
  for (auto const* text :
       {"", "-", ".", "1.", "-.", "1..2", "1.2.3", "+1", "1e3", " 1", "1 ", "--1", "0x1", "1,5",
        "0.0000000000000000001", "1000000000000000000000000000000000000",
        "1234567890123456789.123456789012345678"})
    EXPECT_EQ(Decimal::parse(text), std::nullopt) << text;
}

TEST(Decimal, CalculatesExactlyOrNotAtAll) {
  EXPECT_EQ(text_of(Decimal::add(number("0.1"), number("0.2"))), "0.3");
  EXPECT_EQ(text_of(Decimal::subtract(number("1"), number("0.000000000000000001"))),
            "0.999999999999999999");
  EXPECT_EQ(text_of(Decimal::multiply(number("1.25"), number("-8"))), "-10");
  auto const greatest = number("999999999999999999999999999999999999");
  EXPECT_EQ(Decimal::add(greatest, 1), std::nullopt);
  EXPECT_EQ(Decimal::add(greatest, number("0.1")), std::nullopt);
  EXPECT_EQ(text_of(Decimal::subtract(greatest, greatest)), "0");
  EXPECT_EQ(Decimal::multiply(number("0.0000000001"), number("0.000000001")), std::nullopt);
  EXPECT_EQ(text_of(Decimal::multiply(number("0.000000002"), number("0.0000000005"))),
            "0.000000000000000001");
  // The product of the digits is too long, the result is not.
  EXPECT_EQ(
      text_of(Decimal::multiply(number("0.125"), number("888888888888888888888888888888888888"))),
      "111111111111111111111111111111111111");
  EXPECT_EQ(text_of(Decimal::multiply(number("0.5"), number("0.2"))), "0.1");
}

TEST(Decimal, OrdersNumbersOfAnySize) {
  std::vector<Decimal> const ascending{number("-999999999999999999999999999999999999"),
                                       number("-1.000000000000000001"),
                                       number("-1"),
                                       number("0"),
                                       number("0.000000000000000001"),
                                       number("0.5"),
                                       number("0.50000000000000001"),
                                       number("1"),
                                       number("999999999999999999999999999999999999")};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t j = 0; j < ascending.size(); ++j)
      EXPECT_EQ(ascending[i] <=> ascending[j], i <=> j) << i << ' ' << j;
}

TEST(Decimal, KnowsWhetherItIsAWholeNumber) {
  EXPECT_EQ(number("12").integer(), 12);
  EXPECT_EQ(number("-9223372036854775808").integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(number("9223372036854775808").integer(), std::nullopt);
  EXPECT_EQ(number("1.5").integer(), std::nullopt);
  EXPECT_EQ(number("1.0").integer(), 1);
}

TEST(Decimal, AgreesWithWholeNumbersOnRandomCalculations) {
  std::mt19937_64 random{20261121};
  auto const hundredths = [&] {
    return static_cast<std::int64_t>(random() % 2'000'001) - 1'000'000;
  };
  auto const of = [](std::int64_t value) {
    return *Decimal::multiply(value, *Decimal::parse("0.01"));
  };
  for (int i = 0; i < 20'000; ++i) {
    auto const a = hundredths();
    auto const b = hundredths();
    ASSERT_EQ(Decimal::add(of(a), of(b)), of(a + b));
    ASSERT_EQ(Decimal::subtract(of(a), of(b)), of(a - b));
    ASSERT_EQ(Decimal::multiply(of(a), of(b)), Decimal::multiply(of(a * b), number("0.01")));
    ASSERT_EQ(of(a) <=> of(b), a <=> b);
    ASSERT_EQ(Decimal::parse(of(a).text()), of(a));
  }
}

}  // namespace
}  // namespace qyzmet::engine
