#pragma once
// A running case moves to another version of its definition package: an explicit act of an
// administrator, recorded as an event of the case (`Migrated`), pure like every step. Nothing is
// ever moved by itself.
//
// Tokens go to the node of the target that the plan names, or that has their own id; it must be of
// equal kind and stand in the equal scope. Waits follow: timers are computed anew where their
// expression or the term changed, boundary events that only the target has are armed, those that
// it has no more are dropped. Dates of the term are counted by the target's rows, but nothing that
// has passed, or is due today, becomes late. Values; safe for concurrent use.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/observers.hpp"
#include "engine/step.hpp"

namespace qyzmet::engine {

inline constexpr std::size_t k_moved_nodes_max = 1'000;  // named by one plan

/// Why a plan, or one case, cannot be moved. `reason`: service, too_many_nodes, unknown_node,
/// no_such_node, unequal_kind, unequal_effect, elsewhere (another scope), join (a token that waits
/// for others came by a flow that the target has not), message (one that came early is unknown),
/// variable (of another type in the target).
struct Obstacle {
  std::string element;  // id of a node or scope, message, path of a variable
  std::string reason;
  bool operator==(Obstacle const&) const = default;
};

/// What is wrong with a plan whatever the state of a case.
std::vector<Obstacle> check_plan(Package const& from, Package const& to, NodeMap const& nodes);
/// What keeps this case from being moved; empty when migrate() would find no obstacle.
std::vector<Obstacle> obstacles(Package const& from, Package const& to, NodeMap const& nodes,
                                Instance const& instance);

/// Applies a `Migrated` event that is no undo. Errors: forbidden (no administrator), gone (ended),
/// conflict ("error.timers_due": due timers fire first, by a Tick; "error.calendar_version";
/// "error.migration", with `element` and `reason` of the first obstacle).
Result<Step> migrate(Package const& from, Package const& to, Calendar const& calendar,
                     Instance const& instance, Event const& event);

/// Applies a `Migrated` event that undoes the one before it: the case stands again as in `before`,
/// and what became due in between fires. `to` is the package of `before`. Conflict
/// "error.migration_moved_on" when anything has happened since.
Result<Step> undo_migration(Package const& to, Calendar const& calendar, Instance const& instance,
                            Instance const& before, Event const& event);

using PackageOf = std::function<std::shared_ptr<Package const>(std::string const& sha256)>;
using CalendarOf = std::function<std::shared_ptr<Calendar const>(std::int64_t version)>;

/// One event of a case and what it did; `package` is the one under which the case stands after it.
struct PastStep {
  Event event;
  std::shared_ptr<Package const> package;
  std::shared_ptr<Calendar const> calendar;
  Step step;
};
/// Folds the events of a case from nothing, through its migrations; `calendar` is the version of
/// its start. Fails with "error.replay" (argument `seq`) when a package or calendar is missing or
/// an event is refused.
Result<std::vector<PastStep>> replay_case(std::vector<Event> const& events,
                                          std::string const& package, std::int64_t calendar,
                                          PackageOf const& packages, CalendarOf const& calendars);

/// What the observers of `to` remember of a past that began under other packages, for
/// ExploreOptions: nodes of the past are seen under the ids that they have in `to` by `nodes` (of
/// the move that is planned) and by the moves that were made before. What an observer would have
/// said of the past itself does not count.
std::uint64_t remember(Package const& to, NodeMap const& nodes, std::vector<PastStep> const& past);

}  // namespace qyzmet::engine
