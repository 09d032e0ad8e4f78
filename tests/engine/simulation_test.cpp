// Some hundred seeds of random cases hold all invariants; each invariant notices the one wrong step
// that breaks it; and each invariant of the law is checked here or stands in the list of those that
// the core cannot see.
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
  auto const& [finding, package, seed] = *report.violation;
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

/// A step that is wrong in one way; what the engine answers is bent before it is looked at, or
/// another step stands in its place.
struct Mutant {
  std::string id;
  std::function<void(Step&, Event const&)> bend = {};
  StepFunction step = {};
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

bool is_service(Step const& step, std::string_view number) {
  return engine::text_at(step.next.variables, "number").starts_with(number);
}
bool is_subtype(Step const& step, std::string_view code) {
  return engine::text_at(step.next.variables, "subtype") == code;
}
std::function<void(Step&, Event const&)> forgets_breach(std::string code) {
  return [=](Step& step, Event const&) { std::erase(step.next.breaches, code); };
}
std::function<void(Step&, Event const&)> brings_no_documents(std::string subtype) {
  return [=](Step& step, Event const&) {
    if (is_subtype(step, subtype)) set_path(step.next.variables, "documents", engine::List{});
  };
}

/// Each ground is found when the days of the notice are over, and no breach of it is recorded.
void too_late_for_a_notice(Step& step, Event const& event) {
  if (begins(event))
    for (auto& milestone : step.next.deadlines.milestones.change())
      if (milestone.code == "hearing_notice") milestone.latest -= std::chrono::days{60};
  std::erase(step.next.breaches, "hearing_notice");
}

/// The notice of an extension goes out weeks after the decision, and no breach of it is recorded.
void sends_the_extension_late(Step& step, Event const&) {
  std::erase(step.next.breaches, "extension_notice");
  auto const* const sent = engine::at_path(step.next.variables, "extension.sent_on").as<Date>();
  if (sent != nullptr && step.next.deadlines.extended)
    set_path(step.next.variables, "extension.sent_on",
             step.next.deadlines.extended->on + std::chrono::days{21});
}

/// A head's signature that the engine forgets about: whoever withdraws then is too late.
Result<Step> late_withdrawal(engine::Package const& package, engine::Calendar const& calendar,
                             Instance const& now, Event const& event) {
  auto made = engine::step(package, calendar, now, event);
  auto const* const message = std::get_if<engine::ReceiveMessage>(&event.body);
  bool const withdraws = message != nullptr && message->message == "application.withdrawn";
  auto const* const done = std::get_if<engine::CompleteTask>(&event.body);
  bool const timely = !made || legal_date(event.at) <= made->next.deadlines.due;
  if (made && !withdraws && timely && does(event, "Task_Sign") && done->signature) {
    made->next = now;  // the decision is lost, so the case stays open to a withdrawal
    ++made->next.version;
    made->next.at = std::max(now.at, event.at);
    made->effects.clear();
  }
  return made;
}

/// An application without a copy that nobody need have is refused.
Result<Step> wants_every_copy(engine::Package const& package, engine::Calendar const& calendar,
                              Instance const& now, Event const& event) {
  auto made = engine::step(package, calendar, now, event);
  if (!made || !begins(event) || package.number != "78") return made;
  auto const& documents = *engine::at_path(made->next.variables, "documents").as<engine::List>();
  bool const has_copy = std::ranges::any_of(documents, [](engine::Value const& one) {
    return engine::text_at(*one.as<Context>(), "code") == "education";
  });
  if (!has_copy) return fail(ErrorCode::invalid, "guard.education", "documents");
  return made;
}

/// The register does not answer, and the case goes on all the same.
Result<Step> trusts_the_register(engine::Package const& package, engine::Calendar const& calendar,
                                 Instance const& now, Event const& event) {
  auto told = event;
  if (auto* const answer = std::get_if<engine::HandlerResult>(&told.body))
    for (auto const& waiting : now.pending)
      if (waiting.token == answer->token &&
          package.process.nodes[std::size_t(waiting.node)].handler_kind == "registration.enter")
        answer->ok = true;
  return engine::step(package, calendar, now, told);
}

std::vector<Mutant> mutants_of_the_term() {
  using std::chrono::days;
  auto const far = engine::day("2035-01-01");
  return {
      {"INV-01", [](Step& s, Event const&) { s.next.deadlines.accepted -= days{7}; }},
      {"INV-02", [](Step& s, Event const&) { s.next.deadlines.days = 91; }},
      {"INV-03", sets_on("Task_Register", "registered_on", far)},
      {"INV-24",
       [](Step& s, Event const&) {
         if (s.next.deadlines.extended) set_path(s.next.variables, "requests", {});
       }},
      {"INV-24", sends_the_extension_late},
      {"INV-25",
       [](Step& s, Event const&) {
         if (!is_service(s, "77")) return;
         s.next.deadlines.extended = {.code = "extension", .on = s.next.deadlines.accepted};
       }},
      {"INV-28",
       [](Step& s, Event const& e) {
         if (!begins(e)) return;
         for (auto& milestone : s.next.deadlines.milestones.change())
           if (milestone.code == "draft") milestone.latest += days{60};
       }},
      {"INV-31", [](Step& s, Event const&) { ++s.next.version; }},
      {"INV-33",
       [](Step& s, Event const& e) {
         if (begins(e)) s.next.deadlines.due += days{7};
       }},
      {"INV-46",
       [](Step& s, Event const&) {
         for (auto& timer : s.next.timers) timer.due = s.next.at;
       }},
      {"INV-46", forgets_breach("result")},
  };
}

std::vector<Mutant> mutants_of_the_decision() {
  auto const far = engine::day("2035-01-01");
  return {
      {"INV-05",
       [](Step& s, Event const&) {
         auto const draft = std::string(64, 'f');
         for (auto& effect : s.effects)
           if (!effect.sha256.empty()) set_path(s.next.variables, "draft.document", draft);
         for (auto& effect : s.effects)
           if (!effect.sha256.empty()) effect.sha256 = draft;
       }},
      {"INV-05",
       [](Step& s, Event const&) {
         for (auto& effect : s.effects)
           if (effect.kind == "support_certificate") effect.sha256 = std::string(64, 'f');
       }},
      {"INV-07", sets_with("refusal", "review.reasons", {})},
      {"INV-08",
       [](Step& s, Event const& e) {
         if (is_service(s, "78")) sets_with("refusal", "review.ground", "G3")(s, e);
       }},
      {"INV-09", sets_with("refusal", "hearing.delivered_on", far)},
      {"INV-09", too_late_for_a_notice},
      {"INV-10", sets_with("hearing_notice", "hearing.slot", far)},
      {"INV-11",
       [](Step& s, Event const&) {
         set_path(s.next.variables, "hearing.result", "no_show");
         set_path(s.next.variables, "hearing.delivered_on", {});
       }},
      {"INV-12",
       [](Step& s, Event const& e) {
         if (does(e, "Task_Review") && is_service(s, "77"))
           set_path(s.next.variables, "review.outcome", "approve");
       }},
      {"INV-21", {}, trusts_the_register},
      {"INV-26", sets_with("update_notice", "correction.source", {})},
      {"INV-27", sets_with("support_certificate", "wants_social_support", false)},
      {"INV-35",
       [](Step& s, Event const&) {
         if (!orders(s, "registration.enter")) return;
         set_path(s.next.variables, "person.sex", "female");
         set_path(s.next.variables, "declared.speciality", false);
       }},
      {"INV-30", {}, late_withdrawal},
      {"INV-44",
       [](Step& s, Event const& e) {
         if (e.actor.role == "head") set_path(s.next.variables, "executor", e.actor.user);
       }},
      {"INV-44",
       [](Step& s, Event const& e) {
         if (e.actor.role == "registrar")
           set_path(s.next.variables, "recusal.left", "," + e.actor.user + ",");
       }},
  };
}

std::vector<Mutant> mutants_of_the_papers() {
  return {
      {"INV-04", sets("certified.document", {})},
      {"INV-13", sets_on("Task_Issue", "identity.matched", false)},
      {"INV-13", sets_on("Task_Issue", "delivery.received_on", {})},
      {"INV-14", sets_on("Task_Issue", "old_id.received", false)},
      {"INV-16",
       [](Step& s, Event const& e) {
         if (!does(e, "Task_Issue")) return;
         set_path(s.next.variables, "mode", "peacetime");
         set_path(s.next.variables, "checklist.served", false);
       }},
      {"INV-17", brings_no_documents("lost_damaged")},
      {"INV-19", brings_no_documents("dismissed")},
      {"INV-20", {}, wants_every_copy},
      {"INV-29",
       [](Step& s, Event const&) {
         if (s.next.ended) s.next.tokens.push_back({.id = 1});
       }},
      {"INV-45", sets("applicant", "somebody else")},
  };
}

std::vector<Mutant> mutants() {
  auto all = mutants_of_the_term();
  std::ranges::move(mutants_of_the_decision(), std::back_inserter(all));
  std::ranges::move(mutants_of_the_papers(), std::back_inserter(all));
  return all;
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
    Options options{.step = mutant.step};
    if (!options.step)
      options.step = [&](engine::Package const& package, engine::Calendar const& calendar,
                         Instance const& now, Event const& event) {
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
  EXPECT_EQ(std::ranges::count(covered, "INV-20"), 1);
  for (auto const& invariant : invariants())
    EXPECT_GE(std::ranges::count(covered, invariant.id), 1) << invariant.id;
}

TEST(Simulation, a_calendar_that_contradicts_itself_is_noticed) {
  auto csv = engine::seed().to_csv();
  auto const substitute = csv.find(",substitute,");
  ASSERT_NE(substitute, csv.npos);
  auto const line = csv.rfind('\n', substitute);
  csv.erase(line, csv.find('\n', substitute) - line);
  auto const lame = engine::Calendar::from_csv(1, csv).value();
  auto const one = run(without_observers(), lame, 1);
  ASSERT_TRUE(one.violation.has_value());
  EXPECT_EQ(one.violation->finding.element, "INV-34");
}

TEST(Simulation, a_wrong_count_of_days_is_noticed) {
  auto const friday = engine::day("2026-11-20");
  auto const days = [](engine::Calendar const& calendar, Date from, int n) {
    return n == 3 ? from + std::chrono::days{3} : calendar.wd_add(from, n);
  };
  EXPECT_EQ(broken(engine::seed(), friday, days), "INV-32");
  auto const one_more = [](engine::Calendar const& calendar, Date from, int n) {
    return calendar.wd_add(from, n > 0 ? n + 1 : n < 0 ? n - 1 : 0);
  };
  EXPECT_EQ(broken(engine::seed(), friday, one_more), "INV-32");
  EXPECT_EQ(broken(engine::seed(), friday), "");
}

/// Checked beside those of invariants(): on refused applications and on calendars.
constexpr std::string_view k_beside[] = {"INV-20", "INV-32", "INV-34"};

/// What the core cannot see, and who holds it.
struct Elsewhere {
  std::string_view id, where;
};
constexpr Elsewhere k_elsewhere[] = {
    {"INV-06", "the core knows no money: the passports of the services say that nothing is paid"},
    {"INV-15", "numbers of issued IDs: register of db/people.hpp, db/verify.hpp"},
    {"INV-18", "what no form asks: military_id_test, registration_test"},
    {"INV-22", "the military register: db/registers.hpp, tests/db/registers_test.cpp"},
    {"INV-23", "the military register: db/registers.hpp, tests/db/registers_test.cpp"},
    {"INV-36", "the decision table alone, over all its inputs: decisions_test"},
    {"INV-37", "cards of the automatic registration are no service"},
    {"INV-38", "card-indexes are no service"},
    {"INV-39", "accounting of blanks: db/blanks.hpp, tests/db/blanks_test.cpp"},
    {"INV-40", "the journal of the register is no service"},
    {"INV-41", "summonses are no service"},
    {"INV-42", "summonses are no service"},
    {"INV-43", "summonses are no service"},
};

TEST(Simulation, every_invariant_of_the_law_is_checked_here_or_named) {
  constexpr int k_invariants_of_the_law = 46;
  std::map<std::string, int> times;
  for (auto const& invariant : invariants()) ++times[std::string{invariant.id}];
  for (auto const id : k_beside) ++times[std::string{id}];
  for (auto const& one : k_elsewhere) ++times[std::string{one.id}];
  for (int i = 1; i <= k_invariants_of_the_law; ++i) {
    auto const id = (i < 10 ? "INV-0" : "INV-") + std::to_string(i);
    EXPECT_EQ(times[id], 1) << id;
  }
  EXPECT_EQ(times.size(), std::size_t(k_invariants_of_the_law));
}

TEST(Simulation, the_script_of_a_violation_brings_its_calendars_along) {
  Options options;
  options.step = [](engine::Package const& package, engine::Calendar const& calendar,
                    Instance const& now, Event const& event) {
    auto made = engine::step(package, calendar, now, event);
    if (made && calendar.version() > 1) ++made->next.version;
    return made;
  };
  std::optional<Violation> found;
  for (std::uint64_t seed = 1; seed <= k_mutant_seeds && !found; ++seed)
    found = run(without_observers(), engine::seed(), seed, options).violation;
  ASSERT_TRUE(found.has_value());
  auto const& package = *subjects()[found->package].package;
  auto const script =
      engine::script_from_json(script_json(found->finding, package, engine::seed())).value();
  ASSERT_EQ(script.calendars.size(), 1U);
  EXPECT_EQ(script.calendars.front().days().size(), found->finding.calendars.front().days().size());
  auto const replayed =
      engine::replay(package, engine::seed(), script.script, {}, script.calendars);
  ASSERT_EQ(replayed.size(), script.script.size());
  EXPECT_FALSE(replayed.back().refused) << replayed.back().refused->text;
  EXPECT_EQ(replayed.back().instance.deadlines.calendar_version, 2);
  EXPECT_TRUE(engine::replay(package, engine::seed(), script.script).back().refused)
      << "it is not there";
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
