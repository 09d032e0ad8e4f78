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

/// A running process, called process, (event) sub-process, or one turn of a multi-instance
/// activity.
///
/// A turn stands between the activity's token and what the turn does: `token` is that of the
/// activity, `loop` counts from 0, `scope` is where the activity stands (so it is not the running
/// instance of that scope), and in it the activity is done once, as if it had no loop. So every
/// turn of a task holds one token at the task, every turn of a sub-process one token and its body.
struct ScopeInstance {
  std::int32_t id = 0;
  ScopeIndex scope = 0;
  std::int32_t parent = k_none;  // id of the enclosing scope instance
  std::int32_t token = k_none;   // token of the sub-process, call or looping activity in the parent
  std::int32_t loop = k_none;    // number of a turn
  /// Of a turn: its element. Of a called process: all it has; it sees no others. Else empty: what
  /// a (sub-)process sets goes to the called process, or the case, that it belongs to.
  Context variables = {};
  bool operator==(ScopeInstance const&) const = default;
  bool is_turn() const { return loop != k_none; }
};

/// How far a multi-instance activity is. The number of turns is fixed when the activity begins.
struct Loop {
  std::int32_t token = 0;  // of the activity
  std::int32_t total = 0;
  std::int32_t completed = 0;
  bool operator==(Loop const&) const = default;
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
  std::int32_t scope = k_none;  // for the start of an event sub-process: the scope that has it
  NodeIndex node = k_none;
  Instant due;
  Instant armed = {};  // kept when the expression reads event.*: it is computed again as of then
  bool operator==(Timer const&) const = default;
};

struct Subscription {
  std::int32_t id = 0;
  std::int32_t token = k_none;
  std::int32_t scope = k_none;
  NodeIndex node = k_none;
  std::string message;
  std::string key = {};  // value of wf:key; "" = the case itself
  bool operator==(Subscription const&) const = default;
};

/// An effect that was ordered and has not come back yet; its key is (case, token).
struct Pending {
  std::int32_t token = 0;
  NodeIndex node = k_none;
  bool operator==(Pending const&) const = default;
};

/// An effect that a message beside the process ordered; no token waits for its answer.
struct Errand {
  std::int32_t token = 0;  // a number of its own, as tokens have
  std::string kind;
  bool operator==(Errand const&) const = default;
};

struct Incident {
  std::int32_t token = 0;
  NodeIndex node = k_none;
  std::string reason;  // key
  std::string detail;
  std::int32_t scope = k_none;  // without a token: the scope whose event sub-process cannot wait
  bool operator==(Incident const&) const = default;
};

/// A message that came before its wait; delivered as of `at` when the wait opens until `expires`.
struct EarlyMessage {
  std::string message;
  std::string key;
  std::string id;
  Instant at;
  Instant expires;
  std::string user, role, unit;  // who sent it
  Context form;
  bool operator==(EarlyMessage const&) const = default;
};

struct Instance {
  std::int64_t version = 0;  // number of events applied
  Instant at;                // time of the last event
  bool ended = false;
  std::vector<NodeIndex> ends;  // end events of the process that were reached
  std::int32_t next_id = 1;     // for scopes, tokens, timers and subscriptions
  Deadlines deadlines;          // derived: (filed, place, extension, calendar version, package)
  Context variables;            // of the case; called processes and turns have their own
  std::vector<ScopeInstance> scopes;
  std::vector<Token> tokens;
  std::vector<Task> tasks;
  std::vector<Timer> timers;
  std::vector<Subscription> subscriptions;
  std::vector<Pending> pending;
  std::vector<Errand> errands = {};
  std::vector<Incident> incidents;
  std::vector<Loop> loops;
  std::vector<EarlyMessage> early;
  std::vector<std::string> breaches;  // milestone codes recorded as missed
  std::vector<std::string> messages;  // ids of messages already received
  /// Milestones whose day a calendar change did not move (nothing passed becomes late).
  std::map<std::string, Date, std::less<>> kept;
};

/// Lays the days that a calendar change did not move over freshly computed ones.
void apply_kept(Deadlines& deadlines, std::map<std::string, Date, std::less<>> const& kept);
/// Takes freshly computed terms. Nothing that has passed, and nothing that is due today, becomes
/// late (E-08).
void renew_deadlines(Instance& instance, TermRule const& term, Deadlines fresh, Date today);
/// The variables that expressions and forms see in a scope instance: the case's or the called
/// process's, and over them the elements of the turns around it. k_none = the case.
Context visible_variables(Definition const& definition, Instance const& instance,
                          std::int32_t scope);
/// Puts them back where they belong: an element to its turn, everything else below.
void keep_variables(Definition const& definition, Instance& instance, std::int32_t scope,
                    Context variables);

/// Canonical JSON of the whole state; the nightly self-check compares these bytes with a replay.
std::string state_json(Instance const& instance);
/// Rebuilds an instance from state_json; `deadlines` are recomputed, not stored.
Result<Instance> instance_from_json(std::string_view json, TermRule const& term,
                                    Calendar const& calendar);

}  // namespace qyzmet::engine
