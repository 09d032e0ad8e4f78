// `qyzmet law` and the index behind it. The ids here speak of the index; they hold no rule.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>
#include <set>
#include <string>

#include "services/law/law.hpp"
#include "tests/services/command.hpp"

namespace qyzmet::law {
namespace {

using tests::run;

std::set<std::string> covered() {
  std::ifstream file{QYZMET_SOURCE_DIR "/tests/law_covered.txt"};
  std::set<std::string> out;
  for (std::string line; std::getline(file, line);) out.insert(line);
  return out;
}

TEST(Law, EveryRuleHasASourceAndOneSentence) {
  std::set<std::string_view> seen;
  for (auto const& rule : rules()) {
    EXPECT_TRUE(seen.insert(rule.id).second) << rule.id << " stands there twice";
    EXPECT_FALSE(rule.source.empty()) << rule.id;
    EXPECT_TRUE(rule.wording.ends_with('.')) << rule.id;
  }
  EXPECT_GT(seen.size(), 240u);
}

TEST(Law, EveryRuleThatTestsHoldIsInTheIndex) {
  auto const all = covered();
  ASSERT_FALSE(all.empty());
  for (auto const& id : all) {
    EXPECT_NE(find(id), nullptr) << id;
    EXPECT_FALSE(places_of(id).empty()) << id << " is named nowhere";
  }
}

TEST(Law, TheRuleOfThreeDaysIsFoundInThePackageAndInItsTests) {
  auto const places = places_of("R77-36");
  auto const in = [&](std::string_view path) {
    return std::ranges::count_if(places, [&](auto& each) { return each.where.starts_with(path); });
  };
  EXPECT_GT(in("services/military_id/observers.xml:"), 0);
  EXPECT_GT(in("tests/engine/"), 0);
  EXPECT_TRUE(std::ranges::is_partitioned(places, [](auto& each) { return !each.is_test(); }));
  EXPECT_TRUE(std::ranges::any_of(places, [](auto& each) { return each.test.contains('.'); }));
}

TEST(Law, TheCommandPrintsWordingSourcePlaceAndTests) {
  auto const answer = run(cli::run_law, {"R77-36"});
  EXPECT_EQ(answer.code, 0) << answer.error;
  EXPECT_TRUE(answer.out.starts_with("R77-36  APPC 73(1)\n")) << answer.out;
  EXPECT_TRUE(answer.out.contains("\nlives in\n  ")) << answer.out;
  EXPECT_TRUE(answer.out.contains("\n  services/military_id/service.xml:")) << answer.out;
  EXPECT_TRUE(answer.out.contains("\nheld by\n  tests/")) << answer.out;
}

TEST(Law, TheCommandAnswersMachinesToo) {
  auto const one = boost::json::parse(run(cli::run_law, {"INV-09", "--json"}).out).as_object();
  EXPECT_EQ(one.at("id"), "INV-09");
  EXPECT_FALSE(one.at("held").as_array().empty());
  auto const all = boost::json::parse(run(cli::run_law, {"--json"}).out).as_array();
  EXPECT_EQ(all.size(), rules().size());
}

TEST(Law, TheListMarksWhatNoTestHolds) {
  auto const answer = run(cli::run_law, {});
  EXPECT_EQ(answer.code, 0);
  EXPECT_TRUE(answer.out.contains("\nR77-36     No refusal")) << answer.out;
  for (auto const& rule : rules())
    EXPECT_TRUE(answer.out.contains(std::string{rule.wording})) << rule.id;
}

TEST(Law, WhatIsLeftOutSaysWhyAndIsHeldByNoTest) {
  auto const held = covered();
  std::size_t left_out = 0;
  for (auto const& rule : rules()) {
    if (rule.left_out.empty()) continue;
    ++left_out;
    EXPECT_FALSE(held.contains(std::string{rule.id})) << rule.id;
    EXPECT_TRUE(rule.left_out.ends_with('.')) << rule.id;
    auto const answer = run(cli::run_law, {std::string{rule.id}});
    EXPECT_TRUE(answer.out.contains("left out\n  " + std::string{rule.left_out})) << answer.out;
  }
  EXPECT_LT(left_out, 10U);
}

TEST(Law, AnUnknownRuleIsRefused) {
  auto const answer = run(cli::run_law, {"R77-99"});
  EXPECT_EQ(answer.code, 1);
  EXPECT_TRUE(answer.error.contains("there is no rule R77-99")) << answer.error;
  EXPECT_EQ(run(cli::run_law, {"R77-36", "R77-37"}).code, 2);
}

}  // namespace
}  // namespace qyzmet::law
