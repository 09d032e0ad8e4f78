// The explorer on small processes whose states can be counted by hand, on service 77, and on faults
// that were put into them.
#include <gtest/gtest.h>

#include "engine/explore.hpp"
#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

ExploreReport explored(std::string const& body) {
  return explore(*package(body), seed());
}

Finding const* found(ExploreReport const& report, std::string_view property,
                     std::string_view element = {}) {
  for (auto const& finding : report.findings)
    if (finding.property == property && (element.empty() || finding.element == element))
      return &finding;
  return nullptr;
}

std::string listed(ExploreReport const& report) {
  std::string out;
  for (auto const& finding : report.findings)
    out += finding.property + " " + finding.element + ": " + finding.text + "\n";
  return out;
}

void expect_counts(ExploreReport const& report, std::size_t states, std::size_t transitions) {
  EXPECT_EQ(report.states, states);
  EXPECT_EQ(report.transitions, transitions);
}

/// Every entry but the last one leads on; what the last one shows is up to the caller.
std::vector<Replayed> replayed(Package const& rules, Finding const& finding) {
  auto out = replay(rules, seed(), finding.script);
  EXPECT_EQ(out.size(), finding.script.size());
  for (auto const& entry : out) EXPECT_FALSE(entry.refused) << entry.refused->text;
  return out;
}

TEST(Explore, one_task_has_two_states) {
  auto const report = explored(start() + task("a") + end() + flows({"s>a>e"}));
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 2, 1);
}

TEST(Explore, two_tasks_beside_each_other_have_four) {
  auto const report =
      explored(start() + node("parallelGateway", "f") + task("a") + task("b") +
               node("parallelGateway", "j") + end() + flows({"s>f", "f>a>j", "f>b>j", "j>e"}));
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 4, 4);
}

std::string const k_choice = start() + task("t") +
                             node("exclusiveGateway", "g", "", "default=\"g_b\"") + task("a") +
                             task("b") + end() + flows({"s>t>g", "g>a?n = 1", "g>b"});

TEST(Explore, answers_are_tried_once_for_each_way_that_they_open) {
  auto const report =
      explored(k_choice + node("exclusiveGateway", "m") + flows({"a>m", "b>m", "m>e"}));
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 4, 4);
}

TEST(Explore, a_join_of_what_was_a_choice_is_stuck) {
  auto const rules =
      package(k_choice + node("parallelGateway", "j") + flows({"a>j", "b>j", "j>e"}));
  auto const report = explore(*rules, seed());
  expect_counts(report, 5, 4);
  auto const* const stuck = found(report, "option_to_complete");
  ASSERT_NE(stuck, nullptr) << listed(report);
  EXPECT_EQ(stuck->script.size(), 1U) << "it is lost from the beginning";
  EXPECT_NE(found(report, "dead_node", "e"), nullptr);
  replayed(*rules, *stuck);
}

TEST(Explore, a_withdrawal_does_not_hide_what_is_stuck) {
  auto const report = explored(
      k_choice + node("parallelGateway", "j") + flows({"a>j", "b>j", "j>e"}) +
      event_sub("w", node("startEvent", "ws", message("m2")) + end("we") + flows({"ws>we"})));
  EXPECT_EQ(found(report, "option_to_complete"), nullptr) << listed(report);
  EXPECT_NE(found(report, "option_to_complete_unaided"), nullptr) << listed(report);
}

std::string rework(std::string_view handler) {
  return start() + node("exclusiveGateway", "m") + task("a") +
         node("exclusiveGateway", "g", "", "default=\"g_e\"") + end() +
         boundary("late", "a", timer("T.end"), false) + service("o", handler) + end("eo") +
         flows({"s>m>a>g", "g>m?n = 1", "g>e", "late>o>eo"});
}

TEST(Explore, a_late_notice_in_every_round_is_not_bounded) {
  auto const rules = package(rework("notify"));
  auto const report = explore(*rules, seed());
  auto const* const unsafe = found(report, "safe", "o");
  ASSERT_NE(unsafe, nullptr) << listed(report);
  auto const last = replayed(*rules, *unsafe).back().instance;
  EXPECT_EQ(std::ranges::count(last.tokens, rules->process.find("o"), &Token::node), 2);
}

TEST(Explore, a_record_in_every_round_is) {
  auto const report = explored(rework("record"));
  EXPECT_TRUE(report.proven()) << listed(report);
}

TEST(Explore, conditions_that_leave_a_gap_are_an_incident) {
  auto const rules = package(start() + task("t") + node("exclusiveGateway", "g") + task("a") +
                             task("b") + node("exclusiveGateway", "m") + end() +
                             flows({"s>t>g", "g>a?n = 1", "g>b?n > 1", "a>m", "b>m", "m>e"}));
  auto const report = explore(*rules, seed());
  auto const* const gap = found(report, "incident", "g");
  ASSERT_NE(gap, nullptr) << listed(report);
  EXPECT_EQ(gap->script.size(), 2U);
  EXPECT_EQ(replayed(*rules, *gap).back().instance.incidents.front().reason, "error.no_branch");
}

TEST(Explore, an_error_that_nobody_catches_is_an_incident) {
  auto const report =
      explored(start() + task("t") +
               node("endEvent", "e", "<errorEventDefinition errorRef=\"x\"/>") + flows({"s>t>e"}));
  EXPECT_NE(found(report, "incident", "e"), nullptr) << listed(report);
}

TEST(Explore, the_present_state_of_a_case_is_a_beginning_too) {
  auto const rules =
      package(k_choice + node("exclusiveGateway", "m") + flows({"a>m", "b>m", "m>e"}));
  Game game{rules};
  DONE(game.done("t", "2026-11-23T11:00", {{"n", 1}}));
  ExploreOptions options;
  options.from = game.now;
  auto const report = explore(*rules, seed(), options);
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 2, 1);
}

TEST(Explore, it_stops_when_told_to) {
  ExploreOptions options;
  options.progress = [](ExploreProgress const&) { return false; };
  auto const report = explore(*service_77(), seed(), options);
  EXPECT_TRUE(report.stopped);
  EXPECT_FALSE(report.proven());
  options = {};
  options.states_max = 100;
  EXPECT_NE(found(explore(*service_77(), seed(), options), "unfinished"), nullptr);
}

TEST(Explore, service_77_keeps_the_law_in_every_state) {
  auto const report = explore(*service_77(), seed());
  EXPECT_TRUE(report.proven()) << listed(report);
  LAW("INV-09");
  LAW("INV-12");
  LAW("INV-28");
  LAW("INV-30");
  LAW("INV-46");
  EXPECT_GT(report.states, 1'000U);
  EXPECT_LT(report.states, 50'000U);
}

}  // namespace
}  // namespace qyzmet::engine
