#pragma once
// One running case: scopes, tokens, open waits and variables. A value; no behaviour of its own.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/definition.hpp"
#include "engine/terms.hpp"
#include "engine/value.hpp"

namespace qyzmet::engine {

struct ScopeInstance {
  std::int32_t id = 0;
  ScopeIndex scope = 0;
  std::int32_t parent = k_none;  // id of the enclosing scope instance
  std::int32_t token = k_none;   // token of the sub-process node in the parent
  std::int32_t loop = k_none;    // multi-instance turn
  bool operator==(ScopeInstance const&) const = default;
};

struct Token {
  std::int32_t id = 0;  // always fresh, never used again
  NodeIndex node = k_none;
  std::int32_t scope = 0;      // id of the scope instance
  FlowIndex arrived = k_none;  // flow by which it came: joins count distinct flows
  bool operator==(Token const&) const = default;
};

/// A user task that waits for a person.
struct Task {
  std::int32_t token = 0;
  NodeIndex node = k_none;
  Instant opened;
  bool operator==(Task const&) const = default;
};

struct Timer {
  std::int32_t id = 0;
  std::int32_t token = k_none;  // the waiting token, or the host activity's token
  std::int32_t scope = k_none;  // for the start of an event sub-process
  NodeIndex node = k_none;
  Instant due;
  bool operator==(Timer const&) const = default;
};

struct Subscription {
  std::int32_t id = 0;
  std::int32_t token = k_none;
  std::int32_t scope = k_none;
  NodeIndex node = k_none;
  std::string message;
  bool operator==(Subscription const&) const = default;
};

/// An effect that was ordered and has not come back yet; its key is (case, token).
struct Pending {
  std::int32_t token = 0;
  NodeIndex node = k_none;
  bool operator==(Pending const&) const = default;
};

struct Incident {
  std::int32_t token = 0;
  NodeIndex node = k_none;
  std::string reason;  // key
  std::string detail;
  bool operator==(Incident const&) const = default;
};

struct Instance {
  std::int64_t version = 0;  // number of events applied
  Instant at;                // time of the last event
  bool ended = false;
  std::vector<NodeIndex> ends;  // end events of the process that were reached
  std::int32_t next_id = 1;     // for scopes, tokens, timers and subscriptions
  Deadlines deadlines;          // derived: (filed, place, calendar version, package)
  Context variables;
  std::vector<ScopeInstance> scopes;
  std::vector<Token> tokens;
  std::vector<Task> tasks;
  std::vector<Timer> timers;
  std::vector<Subscription> subscriptions;
  std::vector<Pending> pending;
  std::vector<Incident> incidents;
  std::vector<std::string> breaches;  // milestone codes recorded as missed
  std::vector<std::string> messages;  // ids of messages already received
  /// Milestones whose day a calendar change did not move (nothing passed becomes late).
  std::map<std::string, Date, std::less<>> kept;
};

/// Lays the days that a calendar change did not move over freshly computed ones.
void apply_kept(Deadlines& deadlines, std::map<std::string, Date, std::less<>> const& kept);
/// Canonical JSON of the whole state; the nightly self-check compares these bytes with a replay.
std::string state_json(Instance const& instance);
/// Rebuilds an instance from state_json; `deadlines` are recomputed, not stored.
Result<Instance> instance_from_json(std::string_view json, TermRule const& term,
                                    Calendar const& calendar);

}  // namespace qyzmet::engine
