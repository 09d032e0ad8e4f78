// Some hundred seeds of random cases hold all invariants; and each invariant notices the one wrong
// step that breaks it.
#include "engine/simulation/simulation.hpp"

#include "engine/simulation/invariants.hpp"
#include "tests/engine/story.hpp"
#include "tests/support/repeated.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::simulation {
namespace {

using engine::Context;
using engine::Event;
using engine::Instance;
using engine::set_path;
using engine::Step;

constexpr std::uint64_t k_seeds = repeated(200);
constexpr std::uint64_t k_mutant_seeds = 200;

std::vector<Subject> const& subjects() {
  static auto const all = [] {
    std::vector<Subject> out;
    for (auto const* const service : {"military_id", "registration", "correction"})
      out.push_back(subject_of(tests::seed_package(service)).value());
    return out;
  }();
  return all;
}

std::string described(Report const& report) {
  if (!report.violation) return "";
  auto const& [finding, package, seed, changed] = *report.violation;
  return "seed " + std::to_string(seed) + " " + finding.property + " " + finding.element + ": " +
         finding.text + "\n" + script_json(finding, *subjects()[package].package, engine::seed());
}

TEST(Simulation, hundreds_of_seeds_hold_every_invariant) {
  Report all;
  for (std::uint64_t seed = 1; seed <= k_seeds; ++seed) {
    auto const one = run(subjects(), engine::seed(), seed);
    ASSERT_EQ(described(one), "");
    all.add(one);
  }
  EXPECT_EQ(all.events, k_seeds * std::uint64_t(k_events));
  std::string ends;
  for (auto const& [end, count] : all.ends) ends += end + " " + std::to_string(count) + "\n";
  for (auto const* const end :
       {"military_id End_Issued", "military_id End_Refused", "military_id End_Withdrawn"})
    EXPECT_TRUE(all.ends.contains(end)) << end << "\n" << ends;
}

TEST(Simulation, a_seed_gives_the_same_again) {
  auto const once = run(subjects(), engine::seed(), 7);
  auto const again = run(subjects(), engine::seed(), 7);
  EXPECT_EQ(once.applied, again.applied);
  EXPECT_EQ(once.refused, again.refused);
  EXPECT_EQ(once.ends, again.ends);
}

/// A step that is wrong in one way; what the engine answers is bent before it is looked at.
struct Mutant {
  std::string id;
  std::function<void(Step&, Event const&)> bend;
};

bool does(Event const& event, std::string_view task) {
  auto const* const done = std::get_if<engine::CompleteTask>(&event.body);
  return done != nullptr && done->task == task;
}
bool begins(Event const& event) {
  return std::holds_alternative<engine::Start>(event.body);
}
bool orders(Step const& step, std::string_view kind) {
  return std::ranges::find(step.effects, kind, &engine::Effect::kind) != step.effects.end();
}

std::function<void(Step&, Event const&)> sets(std::string path, engine::Value value) {
  return [=](Step& step, Event const&) { set_path(step.next.variables, path, value); };
}
std::function<void(Step&, Event const&)> sets_on(std::string task, std::string path,
                                                 engine::Value value) {
  return [=](Step& step, Event const& event) {
    if (does(event, task)) set_path(step.next.variables, path, value);
  };
}
std::function<void(Step&, Event const&)> sets_with(std::string kind, std::string path,
                                                   engine::Value value) {
  return [=](Step& step, Event const&) {
    if (orders(step, kind)) set_path(step.next.variables, path, value);
  };
}

std::vector<Mutant> mutants() {
  using std::chrono::days;
  auto const far = engine::day("2035-01-01");
  return {
      {"INV-01", [](Step& s, Event const&) { s.next.deadlines.accepted -= days{7}; }},
      {"INV-02", [](Step& s, Event const&) { s.next.deadlines.days = 91; }},
      {"INV-03", sets_on("Task_Register", "registered_on", far)},
      {"INV-04", sets("certified.document", {})},
      {"INV-05",
       [](Step& s, Event const&) {
         auto const draft = std::string(64, 'f');
         for (auto& effect : s.effects)
           if (!effect.sha256.empty()) set_path(s.next.variables, "draft.document", draft);
         for (auto& effect : s.effects)
           if (!effect.sha256.empty()) effect.sha256 = draft;
       }},
      {"INV-07", sets_with("refusal", "review.reasons", {})},
      {"INV-08", sets_with("refusal", "review.ground", "G3")},
      {"INV-09", sets_with("refusal", "hearing.delivered_on", far)},
      {"INV-10", sets_with("hearing_notice", "hearing.slot", far)},
      {"INV-11",
       [](Step& s, Event const&) {
         set_path(s.next.variables, "hearing.result", "no_show");
         set_path(s.next.variables, "hearing.delivered_on", {});
       }},
      {"INV-13", sets_on("Task_Issue", "identity.matched", false)},
      {"INV-14", sets_on("Task_Issue", "old_id.received", false)},
      {"INV-16",
       [](Step& s, Event const& e) {
         if (!does(e, "Task_Issue")) return;
         set_path(s.next.variables, "mode", "peacetime");
         set_path(s.next.variables, "checklist.served", false);
       }},
      {"INV-17", sets("documents", engine::List{})},
      {"INV-24",
       [](Step& s, Event const&) {
         if (s.next.deadlines.extended) set_path(s.next.variables, "requests", {});
       }},
      {"INV-25",
       [](Step& s, Event const&) {
         s.next.deadlines.extended = {.code = "extension", .on = s.next.deadlines.accepted};
         set_path(s.next.variables, "requests", engine::List{1});
       }},
      {"INV-28",
       [](Step& s, Event const& e) {
         if (!begins(e)) return;
         for (auto& milestone : s.next.deadlines.milestones.change())
           if (milestone.code == "draft") milestone.latest += days{60};
       }},
      {"INV-29",
       [](Step& s, Event const&) {
         if (s.next.ended) s.next.tokens.push_back({.id = 1});
       }},
      {"INV-30", [](Step&, Event const&) {}},
      {"INV-31", [](Step& s, Event const&) { ++s.next.version; }},
      {"INV-33",
       [](Step& s, Event const& e) {
         if (begins(e)) s.next.deadlines.due += days{7};
       }},
      {"INV-44",
       [](Step& s, Event const& e) {
         if (e.actor.role == "head") set_path(s.next.variables, "executor", e.actor.user);
       }},
      {"INV-45", sets("applicant", "somebody else")},
      {"INV-46",
       [](Step& s, Event const&) {
         for (auto& timer : s.next.timers) timer.due = s.next.at;
       }},
  };
}

/// A head's signature that the engine forgets about: whoever withdraws then is too late.
Result<Step> late_withdrawal(engine::Package const& package, engine::Calendar const& calendar,
                             Instance const& now, Event const& event) {
  auto made = engine::step(package, calendar, now, event);
  auto const* const message = std::get_if<engine::ReceiveMessage>(&event.body);
  auto const* const done = std::get_if<engine::CompleteTask>(&event.body);
  bool const withdraws = message != nullptr && message->message == "application.withdrawn";
  if (made && !withdraws && done != nullptr && done->signature) {
    made->next = now;  // the decision is lost, so the case stays open to a withdrawal
    ++made->next.version;
    made->next.at = std::max(now.at, event.at);
    made->effects.clear();
  }
  return made;
}

/// Only the invariants judge here, so that no observer speaks first.
std::vector<Subject> without_observers() {
  auto out = subjects();
  for (auto& subject : out) subject.observers.clear();
  return out;
}

TEST(Simulation, every_invariant_notices_its_mutant) {
  auto const bare = without_observers();
  std::vector<std::string> covered;
  for (auto const& mutant : mutants()) {
    covered.push_back(mutant.id);
    Options options;
    options.step = [&](engine::Package const& package, engine::Calendar const& calendar,
                       Instance const& now, Event const& event) {
      if (mutant.id == "INV-30") return late_withdrawal(package, calendar, now, event);
      auto made = engine::step(package, calendar, now, event);
      if (made) mutant.bend(*made, event);
      return made;
    };
    std::string found;
    for (std::uint64_t seed = 1; seed <= k_mutant_seeds && found.empty(); ++seed)
      if (auto const one = run(bare, engine::seed(), seed, options); one.violation)
        found = one.violation->finding.element;
    EXPECT_EQ(found, mutant.id);
  }
  for (auto const& invariant : invariants())
    EXPECT_EQ(std::ranges::count(covered, invariant.id), 1) << invariant.id;
}

TEST(Simulation, a_replay_that_ends_otherwise_is_noticed) {
  int calls = 0;
  Options options;
  options.step = [&](engine::Package const& package, engine::Calendar const& calendar,
                     Instance const& now, Event const& event) {
    auto made = engine::step(package, calendar, now, event);
    if (made) set_path(made->next.variables, "registrar", std::to_string(++calls));
    return made;
  };
  auto const one = run(without_observers(), engine::seed(), 1, options);
  ASSERT_TRUE(one.violation.has_value());
  EXPECT_EQ(one.violation->finding.property, "replay");
}

}  // namespace
}  // namespace qyzmet::simulation
