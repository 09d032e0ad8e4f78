#include <gtest/gtest.h>

#include "engine/terms.hpp"

namespace qyzmet::engine {
namespace {

TEST(Iin, IsAcceptedWithItsCheckDigitAndBirthDate) {
  for (auto const* iin :
       {"091121500109", "091121500016", "850315400015", "991231300013", "000229600014",
        "760101300705", "090101500018", "091122500015", "091122600011"})
    EXPECT_TRUE(valid_iin(iin)) << iin;
}

// The weight of the eleventh digit is eleven, so the number itself is blind to that one.
TEST(Iin, IsRefusedWithAnyOtherCheckDigit) {
  for (std::string const iin : {"091121500109", "850315400015", "760101300705"})
    for (char digit = '0'; digit <= '9'; ++digit)
      EXPECT_EQ(valid_iin(iin.substr(0, 11) + digit), digit == iin.back()) << iin << ' ' << digit;
}

TEST(Iin, IsRefusedInAWrongForm) {
  for (auto const* iin : {"", "123456789012", "09112150010", "0911215001090", "09112150010a",
                          " 91121500109", "-91121500109",
                          "\xD9\xA0"
                          "9112150010"})
    EXPECT_FALSE(valid_iin(iin)) << iin;
}

TEST(Iin, HasNoCheckDigitWhereBothRoundsGiveTen) {
  for (char digit = '0'; digit <= '9'; ++digit)
    EXPECT_FALSE(valid_iin(std::string{"09112150003"} + digit));
}

/// The number with its check digit put right, or "" when there is none.
std::string completed(std::string const& eleven) {
  for (char digit = '0'; digit <= '9'; ++digit) {
    int sum = 0;
    for (int i = 0; i < 11; ++i) sum += (eleven[std::size_t(i)] - '0') * (i + 1);
    if (sum % 11 == digit - '0') return eleven + digit;
  }
  return "";
}

TEST(Iin, NeedsABirthDateThatExistsInItsCentury) {
  auto const any_valid = [](std::string const& prefix) {
    for (int serial = 1000; serial < 1040; ++serial)
      if (auto const iin = completed(prefix + std::to_string(serial)); valid_iin(iin)) return true;
    return false;
  };
  EXPECT_TRUE(any_valid("8503153"));
  EXPECT_FALSE(any_valid("8513153"));  // month 13
  EXPECT_FALSE(any_valid("8500153"));
  EXPECT_FALSE(any_valid("8502303"));
  EXPECT_FALSE(any_valid("8503003"));
  EXPECT_TRUE(any_valid("0002295"));   // 29 February 2000
  EXPECT_FALSE(any_valid("0002293"));  // 1900 had none
  EXPECT_TRUE(any_valid("0002290"));   // a foreigner's: the century is not known
  EXPECT_FALSE(any_valid("0102290"));
  EXPECT_TRUE(any_valid("8503151"));
  EXPECT_FALSE(any_valid("8503157"));
  EXPECT_FALSE(any_valid("8503159"));
}

}  // namespace
}  // namespace qyzmet::engine
