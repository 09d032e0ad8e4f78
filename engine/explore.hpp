#pragma once
// Proves a definition package: visits every state that a case can come into, through the very
// step() that runs it, over tokens x working days x classes of answers.
//
// Exact, not a sample, under these conventions: people act at noon of working days; a timer fires
// before anybody acts on its day; days matter by their distance in working days, moments of one day
// by whether they are past; a handler tells of this day or the working day before; no message comes
// before its wait.
//
// Of states that nothing can tell apart one is gone through. Why a reduction merges no others:
// - Variables that nothing reads any more are dropped. An expression counts as read while any
//   token, boundary event or event sub-process that waits may still come to it, or an observer is
//   open that asks for it; until all its variables are set anew on that way. What a token beside
//   may set or make true in the meantime is kept in its parts (explore_plan.hpp,
//   explore_concurrency.hpp).
// - Answers to a form: one of each kind that an expression read after it, by its own token, one
//   beside or an observer, can tell apart, and that its guards do; found by trying them. Of what is
//   read later under conditions and not set here, only whether they hold can depend on the answer.
//   Of two constants that no part of an expression tells apart, alone in reading the field, one is
//   tried: every expression is made of such parts.
// - Days long past are alike beyond what comparisons still reach. Whether a day has come by that of
//   the act stays true, because no act lies before today: there today and all days before are
//   alike, but not for a timer that an extension asks again as of when it was armed. Days to come
//   keep their order and their distances up to twice the furthest that any act which can still
//   follow puts something ahead, or asks back (explore_horizon.cpp): what is put between two days
//   that are further apart lies beyond neither, wherever in between. Time goes on to the next day
//   on which a timer fires or a kept expression or distance differs.
// - Turns of an activity, and called processes, are sorted with all that they hold; grounds that
//   are only compared with each other are numbered by their first place.
// - What an observer remembers is dropped when no way leads to what it asks about, or when its
//   demand is met for ever.
// - A state is not gone through when another one differs from it only in what observers remember,
//   and for the worse: no step depends on that, formulas are monotone in it (observers.hpp:
//   Leaning), so whatever breaks from here breaks from there, and as soon.
// - What the application brought along is a set of variants that parts where a step depends on it.
//   States whose variants alone differ are gone on from together.
// - An act that interrupts or ends a scope takes with it what is inside. What it leads to depends
// on
//   no more than what stays, the act, and what is read from it on; where these are the same it is
//   not done again (explore_outcome.cpp).
// - A thread that nobody takes notice of is gone through by itself (explore_threads.hpp); scripts
//   are written as they run with its tokens among the others.
//
// Pure: progress is told through a callback; the same package and calendar give the same report.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/step.hpp"

namespace qyzmet::engine {

inline constexpr std::size_t k_explored_states_max = 5'000'000;

/// One entry of a script: an event for step(), or nothing but time that passes until a day.
struct Moved {
  Date day;
  std::optional<Event> event;
};

/// A property that does not hold, and the shortest way to see it.
struct Finding {
  /// option_to_complete | option_to_complete_unaided (without withdrawal) | proper_completion |
  /// dead_node | safe | incident | observer | observers (the file is refused) | unfinished
  std::string property;
  std::string element;  // node or observer
  std::string rule;     // of an observer
  std::string cite;
  std::string text;  // for people
  std::vector<Moved> script;
  std::vector<Calendar> calendars = {};  // other ones, that come into force on the way
};

struct ExploreProgress {
  std::size_t states = 0;   // found
  std::size_t waiting = 0;  // of them not yet gone through
};

struct ExploreOptions {
  /// Explore what can follow this state of a case instead of an application.
  std::optional<Instance> from;
  /// What its observers remember of the past of `from` (migration.hpp); default: they saw nothing.
  std::optional<std::uint64_t> registers;
  std::optional<Instant> filed;  // default: noon of a Monday on which the package is in force
  std::size_t states_max = k_explored_states_max;
  std::size_t findings_max = SIZE_MAX;  // exploring ends when that many were found
  /// False: every day, variable and order of turns by itself (but days more than 20 working days
  /// back are alike). Slow, and for nothing but to check that the reductions change no verdict.
  bool reduced = true;
  bool failures = true;  // also technical failures of handlers, and what an administrator does
  /// Now and then; exploring stops when it answers false.
  std::function<bool(ExploreProgress const&)> progress;
};

struct ExploreReport {
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t steps = 0;     // calls of step()
  std::size_t refused = 0;   // of them refused
  std::size_t variants = 0;  // classes of applications
  std::size_t depth = 0;     // of the longest shortest way
  /// Where tokens can rest together: their nodes, sorted; but for threads that go their own way.
  std::set<std::vector<NodeIndex>> markings;
  bool stopped = false;  // by the callback
  std::vector<Finding> findings;
  bool proven() const { return findings.empty() && !stopped; }
};

ExploreReport explore(Package const& package, Calendar const& calendar,
                      ExploreOptions const& options = {});

/// Numbers for cases that stand in a package: two that have the same number are one state to the
/// explorer, so what is proven of the one is proven of the other. Days must be the same, too.
/// Refers to package and calendar, which outlive it; not thread-safe.
class StateNumbers {
 public:
  StateNumbers(Package const& package, Calendar const& calendar);
  ~StateNumbers();
  StateNumbers(StateNumbers const&) = delete;
  StateNumbers& operator=(StateNumbers const&) = delete;

  /// `registers`: what the observers remember, as in ExploreOptions. Counts from 0.
  std::size_t number(Instance const& from, std::uint64_t registers);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What one entry of a script does to a case, and which observers it breaks.
struct Replayed {
  Instance instance;
  std::vector<Fact> facts;
  std::vector<std::string> broken;  // ids of observers
  std::optional<Error> refused;
};
/// Runs a script from `from`, or from nothing; stops at the first refused event. A CalendarChanged
/// takes that version of `others`; without it the calendar stays.
std::vector<Replayed> replay(Package const& package, Calendar const& calendar,
                             std::vector<Moved> const& script, Instance const& from = {},
                             std::vector<Calendar> const& others = {});

/// {"property", "element", "package", "calendar", "calendars": [{"version", "csv"}], "events":
/// [{"day", "event"}]}; `event` absent when time passes.
std::string script_json(Finding const& finding, Package const& package, Calendar const& calendar);
Result<Finding> script_from_json(std::string_view json);

}  // namespace qyzmet::engine
