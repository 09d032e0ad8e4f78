#pragma once
// Random lives of cases against the pure core, under a virtual clock: people apply, officials act,
// some of them wrongly, late, twice or in other people's cases; handlers fail; the calendar
// changes. After every step the invariants (invariants.hpp) and the observers of the package are
// checked; at the end of every case its events, written and read again, must lead to the same
// bytes. A `Follower` may keep the cases elsewhere beside.
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

/// Who and where the people of one case are.
struct Cast {
  std::string applicant = "100";
  std::string office = "o1";
  std::string branch = "b1";
  std::vector<std::string> officials{"official 0", "official 1", "official 2"};  // executors
  std::string head = "by head";
};

/// What happened to a case: an event, and the step or why it was refused.
struct Followed {
  engine::Package const& package;
  engine::Calendar const& calendar;
  engine::Instance const& before;  // version 0 before the start
  engine::Event const& event;
  Result<engine::Step> const& made;
};

/// Somebody who keeps the cases of one seed elsewhere, and whom the core is held against. Called on
/// the thread of run(), for one case after another.
class Follower {
 public:
  Follower() = default;
  Follower(Follower const&) = delete;
  Follower& operator=(Follower const&) = delete;
  virtual ~Follower() = default;

  /// Before each case.
  virtual Cast cast() = 0;
  /// The changed calendar with the version that it has there.
  virtual engine::Calendar publish(engine::Calendar changed) = 0;
  virtual void follow(Followed const& event) = 0;
  /// At the end of each case that began: what is otherwise there, "" when nothing is.
  virtual std::string difference(engine::Instance const& last) = 0;
};

struct Options {
  int events = k_events;
  int days = k_days;
  StepFunction step = {};        // absent: engine::step
  Follower* follower = nullptr;  // outlives the run
};

/// What does not hold. The script leads there from nothing: `property` is "invariant", "observer",
/// "replay", "state" (cannot be read again) or "store" (told by the follower); `element` names it.
struct Violation {
  engine::Finding finding;
  std::size_t package = 0;  // index of the subject
  std::uint64_t seed = 0;
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
