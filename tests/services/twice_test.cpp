// The same application twice (E-23): what is the same one a package says. Two corrections of one
// person are two cases, unless both are about the same.
#include <gtest/gtest.h>

#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class Twice : public testing::Test {
 protected:
  static Filing about(std::string const& what) {
    return {.who = "aigul",
            .subtype = "service_data",
            .details = {{"wish.kind", "wrong"},
                        {"wish.about", what},
                        {"wish.recorded", "Басқа"},
                        {"wish.correct", "Сержант"}},
            .files = {{"proof", "%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n"}},
            .local = "2026-11-23T10:00"};
  }

  ServiceRig site_{"correction"};
};

TEST_F(Twice, another_correction_is_another_case_and_the_same_one_leads_to_the_first) {
  auto const rank = site_.file(about("rank"));
  auto const awards = site_.file(about("awards"));
  EXPECT_NE(awards, rank);
  EXPECT_EQ(site_.open(rank).state_code(), "submitted");
  EXPECT_EQ(site_.open(awards).state_code(), "submitted");
  auto const again = site_.try_pages(about("rank"), "check");
  EXPECT_EQ(again.status, 303);
  EXPECT_EQ(again.location, "/kk/cabinet/cases/" + rank) << "before anything is signed";
  LAW("E-23");
}

TEST_F(Twice, who_certified_the_same_one_elsewhere_meanwhile_is_led_to_the_first) {
  auto const first = site_.file(about("rank"));
  auto const second = site_.certified_twice(first);
  EXPECT_TRUE(second.existing);
  EXPECT_EQ(second.number, first);
  LAW("E-23");
}

}  // namespace
}  // namespace qyzmet::tests
