#pragma once
// Moving running cases to another package (engine/migration.hpp): what would become of one, the
// move itself, and its undo while the case has not gone on. A case moves only when its stored
// events replay to its stored state byte for byte, and when the target package is proven over all
// states that can follow. Blocking functions over a Connection; errors of one case are values and
// hold no other case back.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/case_migrations.hpp"
#include "db/connection.hpp"
#include "engine/explore.hpp"
#include "engine/migration.hpp"
#include "services/casework/library.hpp"

namespace qyzmet::casework {

struct MovePlan {
  Library::PackagePointer from, to;
  engine::NodeMap nodes;
};
/// {"from": SHA-256, "to": SHA-256, "nodes": {old id: new id}}; the first digits of a hash are
/// enough when no other package begins so. The error is a sentence for people.
std::expected<MovePlan, std::string> read_plan(std::string_view json,
                                               std::vector<std::string> const& known,
                                               Library const& library);
std::string nodes_json(engine::NodeMap const& nodes);

struct CaseMove {
  CaseId id;
  std::string number;
  /// Why it cannot be moved; empty when it can. not_found | ended | package (it runs on another) |
  /// unreadable | calendar (the one in force first) | replay | obstacle | finding | stopped | a key
  /// of step's errors | somebody_was_first
  std::string refusal;
  std::vector<engine::Obstacle> obstacles;
  std::vector<engine::Finding> findings;
  std::vector<std::pair<std::string, std::string>> tokens;  // ids before and after
  std::vector<engine::Fact> facts;                          // timers moved, waits armed, dropped
  Date due_before, due;
  std::size_t states = 0;  // that were explored, for this case or one that stood alike
};
/// What was proven of the target already: each distinct state once, whatever the number of cases.
/// Of one plan; not thread-safe.
class Proofs {
 public:
  struct Proof {
    std::vector<engine::Finding> findings;
    std::size_t states = 0;
  };
  /// The proof of a case that stands so; absent: `state` is new, keep() what comes out.
  Proof const* find(engine::Package const& target, engine::Calendar const& calendar,
                    engine::Instance const& from, std::uint64_t registers, std::size_t& state);
  Proof const& keep(engine::Calendar const& calendar, std::size_t state, Proof proof);
  std::size_t size() const { return known_.size(); }

 private:
  std::map<std::int64_t, std::unique_ptr<engine::StateNumbers>> numbers_;  // by calendar version
  std::map<std::pair<std::int64_t, std::size_t>, Proof> known_;
};

struct MoveContext {
  db::Connection& connection;
  Library const& library;
  Instant now;
  UserId by;
  std::size_t states_max = engine::k_explored_states_max;
  std::function<bool()> go_on = [] { return true; };
  std::shared_ptr<Proofs> proofs = std::make_shared<Proofs>();
};

/// What a move would make of the case; writes nothing.
CaseMove look_at(MoveContext const& context, MovePlan const& plan, CaseId id);
/// Moves it, as part of a batch that is recorded already.
CaseMove move_case(MoveContext const& context, MovePlan const& plan, CaseId id, std::int64_t batch);
/// Takes a move back; refusal "error.migration_moved_on" when the case has gone on.
CaseMove undo_move(MoveContext const& context, db::MovedCase const& moved);

}  // namespace qyzmet::casework
