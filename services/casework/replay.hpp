#pragma once
// The past of a stored case: its events folded anew through the engine, held byte for byte against
// the facts of each step and against the state that is stored. Blocking; no state of its own.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "db/cases.hpp"
#include "engine/migration.hpp"
#include "services/casework/library.hpp"

namespace qyzmet::casework {

/// Where a replay parts from what is stored. `what`: sealed (the key does not open an event),
/// unreadable (an event is malformed), unknown (its package or calendar is not there, or the event
/// is refused), facts, state, events (their number is not the version).
struct Difference {
  std::int64_t seq = 0;  // of the step
  std::string what;
  bool operator==(Difference const&) const = default;
};

/// `row` must not be older than what is stored of the case: read it again on a difference.
std::expected<std::vector<engine::PastStep>, Difference> past_of(db::Connection& connection,
                                                                 Library const& library,
                                                                 db::LoadedCase const& row);

/// The state that the stored events lead to. Nothing unless their hash chain ends in the head of
/// the case, their facts are those of the replay, and there is no doubt under which calendar it
/// began.
std::optional<std::string> state_of_events(db::Connection& connection, Library const& library,
                                           db::LoadedCase const& row);

}  // namespace qyzmet::casework
