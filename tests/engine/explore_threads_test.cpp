// Threads that go their own way: gone through by themselves they hide nothing. What is found day by
// day, with the thread among the tokens, is found without, and its script runs with it.
#include <gtest/gtest.h>

#include <set>

#include "engine/explore.hpp"
#include "engine/explore_plan.hpp"
#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

std::string const k_terminated = node("endEvent", "done", "<terminateEventDefinition/>");

/// A task, then another one; beside the first a reminder on the third and the fifth day.
std::string reminded(std::string const& finish) {
  return sub_process(start("s1") + task("a") +
                     boundary("remind", "a", timer("wd_add(T.start, 3)"), false) +
                     node("exclusiveGateway", "again") + service("letter", "notify") +
                     node("exclusiveGateway", "more", "", "default=\"more_told\"") + end("told") +
                     node("intermediateCatchEvent", "later", timer("wd_add(T.start, 5)")) +
                     service("report", "notify") + task("b") + finish +
                     flows({"s1>a>report>b>done", "remind>again>letter>more>told",
                            "more>later?event.date &lt; wd_add(T.start, 5)", "later>again"}));
}

std::shared_ptr<Package> package_of(std::string const& body, std::string const& formula) {
  auto out = std::make_shared<Package>(*package(body));
  out->citations["c"] = {.id = "c", .text = {}, .source = "act"};
  out->variables["stamp"] = FieldType::date;
  auto& form = out->forms["note"];
  form.fields.clear();
  form.assignments = {
      {.path = "stamp", .value = Expression::compile("event.date").value(), .when = std::nullopt}};
  out->files["observers.xml"] =
      "<observers xmlns=\"urn:kz:qyzmet:observers:1\"><observer id=\"o\" rule=\"R\" cite=\"c\">"
      "<![CDATA[" +
      formula + "]]></observer></observers>";
  return out;
}

ExploreReport explored(Package const& rules, bool reduced) {
  ExploreOptions options;
  options.reduced = reduced;
  options.failures = false;
  return explore(rules, seed(), options);
}

std::set<std::string> verdicts(ExploreReport const& report) {
  std::set<std::string> out;
  for (auto const& finding : report.findings) out.insert(finding.property + " " + finding.element);
  return out;
}

std::size_t threads_of(Package const& rules) {
  auto const observers = load_observers(rules).value();
  return ExplorePlan{rules, observers}.threads.size();
}

/// The verdict day by day, with the thread among the tokens.
void expect_verdict(Package const& rules, std::set<std::string> const& wanted) {
  EXPECT_EQ(verdicts(explored(rules, false)), wanted);
  auto const reduced = explored(rules, true);
  EXPECT_EQ(verdicts(reduced), wanted);
  for (auto const& finding : reduced.findings) {
    if (finding.property != "observer") continue;
    auto const entries = replay(rules, seed(), finding.script);
    ASSERT_EQ(entries.size(), finding.script.size());
    for (auto const& entry : entries) EXPECT_FALSE(entry.refused) << entry.refused->text;
    EXPECT_EQ(entries.back().broken, std::vector<std::string>{finding.element});
  }
}

TEST(ExploreThreads, a_reminder_is_gone_through_by_itself) {
  auto const rules =
      package_of(start() + reminded(k_terminated) + end() + flows({"s>sub>e"}), "true");
  EXPECT_EQ(threads_of(*rules), 1U);
  expect_verdict(*rules, {});
  EXPECT_LT(explored(*rules, true).states, 12U) << "its days tell states apart";
}

TEST(ExploreThreads, a_script_runs_with_the_thread_among_the_tokens) {
  auto const late =
      boundary("late", "a", timer("wd_add(T.start, 4)"), false) + end("e2") + flows({"late>e2"});
  auto inside = reminded(k_terminated);
  inside.insert(inside.rfind("</subProcess>"), late);
  auto const rules = package_of(start() + inside + end() + flows({"s>sub>e"}),
                                "completes(b) and O completes(late) -> {stamp = null}");
  EXPECT_EQ(threads_of(*rules), 1U);
  expect_verdict(*rules, {"observer o"});
}

/// The reminder that is being sent holds the sub-process open until the next day.
TEST(ExploreThreads, one_that_keeps_its_scope_from_completing_is_no_thread) {
  auto const rules = package_of(start() + reminded(end("done")) + end() + flows({"s>sub>e"}),
                                "ended -> {event.date <= stamp}");
  expect_verdict(*rules, {"observer o"});
}

TEST(ExploreThreads, one_that_an_observer_speaks_of_is_no_thread) {
  for (auto const* formula :
       {"completes(letter) -> at(a) or at(report)", "enters(later) -> {event.date < T.start}"}) {
    auto const rules =
        package_of(start() + reminded(k_terminated) + end() + flows({"s>sub>e"}), formula);
    EXPECT_EQ(threads_of(*rules), 0U);
    expect_verdict(*rules, {"observer o"});
  }
}

/// The step before is another one when the thread steps between.
TEST(ExploreThreads, one_that_comes_between_two_steps_is_no_thread) {
  auto const rules = package_of(start() + reminded(k_terminated) + end() + flows({"s>sub>e"}),
                                "completes(report) -> not Y completes(b)");
  EXPECT_EQ(threads_of(*rules), 0U);
}

TEST(ExploreThreads, an_error_in_it_is_found) {
  auto rules = package_of(start() + reminded(k_terminated) + end() + flows({"s>sub>e"}), "true");
  auto& process = rules->process;
  auto const more = process.find("more");
  process.nodes[std::size_t(more)].default_flow = k_none;
  for (auto& flow : process.flows)
    if (flow.source == more && flow.target == process.find("told"))
      flow.condition = Expression::compile("event.date > wd_add(T.start, 9)").value();
  EXPECT_EQ(threads_of(*rules), 1U);
  EXPECT_TRUE(verdicts(explored(*rules, true)).contains("incident more"));
}

}  // namespace
}  // namespace qyzmet::engine
