#pragma once
// Random lives of cases against the pure core, under a virtual clock: people apply, officials act,
// some of them wrongly, late, twice or in other people's cases; handlers fail; the calendar
// changes. After every step the invariants (invariants.hpp) and the observers of the package are
// checked; at the end of every case its events, written and read again, must lead to the same
// bytes.
//
// A seed determines everything: the same seed, packages, calendar and limits give the same report.
// Pure; two runs share nothing, so seeds may run on several threads at once.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/explore.hpp"
#include "engine/observers.hpp"

namespace qyzmet::simulation {

inline constexpr int k_events = 200;  // of a seed, refused ones among them
inline constexpr int k_days = 400;    // that a case is followed

/// A package and its observers, read once.
struct Subject {
  std::shared_ptr<engine::Package const> package;
  std::vector<engine::Observer> observers;
};
engine::Checked<Subject> subject_of(std::shared_ptr<engine::Package const> package);

/// As engine::step. Tests put wrong ones here.
using StepFunction =
    std::function<Result<engine::Step>(engine::Package const&, engine::Calendar const&,
                                       engine::Instance const&, engine::Event const&)>;

struct Options {
  int events = k_events;
  int days = k_days;
  StepFunction step = {};  // absent: engine::step
};

/// What does not hold. The script leads there from nothing: `property` is "invariant", "observer",
/// "replay", "state" (cannot be read again) or "refused" (an honest application is refused for
/// ever); `element` names it.
struct Violation {
  engine::Finding finding;
  std::size_t package = 0;  // index of the subject
  std::uint64_t seed = 0;
  bool changed_calendar = false;  // then the script alone, under one calendar, is not enough
};

struct Report {
  std::uint64_t seeds = 0;
  std::uint64_t cases = 0;
  std::uint64_t events = 0;                                        // tried
  std::uint64_t applied = 0;                                       // of them accepted
  std::map<std::string, std::uint64_t, std::less<>> refused = {};  // by rule, else by text
  std::map<std::string, std::uint64_t, std::less<>> ends = {};     // by service and end event
  std::optional<Violation> violation = {};                         // of the lowest seed
  void add(Report const& other);
};

/// One seed: case after case, each of a random subject, until the events are used up; stops at
/// the first violation.
Report run(std::vector<Subject> const& subjects, engine::Calendar const& calendar,
           std::uint64_t seed, Options const& options = {});

}  // namespace qyzmet::simulation
