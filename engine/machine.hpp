#pragma once
// The token game of one macro-step; internal to engine/. Tokens move first-in first-out through
// automatic nodes until all rest at nodes that wait. Then messages that came early meet the waits
// that opened, until nothing moves. Bounded by k_moves_max and k_tokens_max.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/environment.hpp"

namespace qyzmet::engine {

inline constexpr int k_moves_max = 10'000;          // of one step
inline constexpr std::size_t k_tokens_max = 1'000;  // of one case, at rest or on the way
inline constexpr std::int64_t k_turns_max = 100;    // of one multi-instance activity

class Machine {
 public:
  Machine(Package const& package, Calendar const& calendar, Instance start)
      : instance{std::move(start)}, now{instance.at}, package_{package}, calendar_{calendar} {
    facts.reserve(k_usual);
    visits.reserve(k_usual);
    queue_.reserve(k_usual);
  }

  Instance instance;
  std::vector<Fact> facts;
  std::vector<Effect> effects;
  std::vector<Visit> visits;
  Instant now;
  Actor actor = {.user = "", .role = "system"};

  /// The step that was made, with all that came of it; the machine is used up.
  Step finish(std::int64_t version) {
    instance.version = version;
    instance.at = now;
    // What was cancelled in the very step that ordered it is not asked for.
    std::erase_if(effects, [&](Effect const& effect) {
      return std::ranges::find(instance.pending, effect.token, &Pending::token) ==
                 instance.pending.end() &&
             std::ranges::find(instance.errands, effect.token, &Errand::token) ==
                 instance.errands.end();
    });
    return {.next = std::move(instance),
            .facts = std::move(facts),
            .effects = std::move(effects),
            .visits = std::move(visits)};
  }

  /// Fires everything due until `until`, earliest first; false when nothing was.
  bool fire_due(Instant until);
  void start_process();
  void complete_task(std::int32_t token);
  /// Passes the message on to the one that waits for it first.
  void deliver(Subscription const& subscription, Context data = {});
  /// A message beside the process: no token moves, but for one that ends the case, or begins it or
  /// one activity of it anew.
  void take_beside(Form const& form);
  void answer_errand(Errand const& errand, Context const& result);
  /// Forgets messages that waited too long for their wait.
  void drop_expired(Instant until);
  void answer_effect(std::int32_t token, Context const& result);
  void fail_effect(std::int32_t token, HandlerResult const& failure);
  void retry(Incident const& incident);
  /// The effect of `token` counts as done, as it was stated.
  void resolve(ResolveIncident const& stated);
  enum class Cause : std::uint8_t { calendar, extension };
  /// Moves open timers whose expression reads the term, and, when the calendar changed, those that
  /// count working days.
  void rearm_term_timers(Cause cause);
  /// Opens the wait of a boundary event, catch event or start of an event sub-process.
  void arm(std::int32_t token_id, std::int32_t scope_id, NodeIndex waiting);
  /// The scope in which an open wait is evaluated.
  std::int32_t scope_of_wait(std::int32_t token_id, std::int32_t scope_id) const;
  /// What expressions see there when `actor` acts now.
  Environment environment(std::int32_t scope_id) const;
  void run();
  void fact(std::string kind, std::string node, Context data = {});

 private:
  static constexpr std::size_t k_usual = 8;  // facts, visits and moves of most steps

  struct Move {
    NodeIndex node = k_none;
    std::int32_t scope = 0;
    FlowIndex arrived = k_none;
  };

  Definition const& definition() const { return package_.process; }
  Node const& node(NodeIndex index) const { return definition().nodes[std::size_t(index)]; }
  Flow const& flow(FlowIndex index) const { return definition().flows[std::size_t(index)]; }
  Scope const& declared(ScopeIndex index) const { return definition().scopes[std::size_t(index)]; }
  Token const* token(std::int32_t id) const;
  ScopeInstance const* scope(std::int32_t id) const;
  bool in_turn(std::int32_t scope_id) const;
  /// Evaluates the assignments in a scope and keeps what they set.
  void assign_in(std::int32_t scope_id, std::vector<Assignment> const& assignments,
                 Environment environment);
  void set_in(std::int32_t scope_id, std::string_view path, Value value);
  void visit(NodeIndex at) { visits.push_back({.node = at, .at = now}); }

  void enter(Move const& move);
  void enter_end(Move const& move);
  void enter_user_task(Move const& move);
  void enter_exclusive(Move const& move);
  void enter_parallel(Move const& move);
  void enter_event_gateway(Move const& move);
  void enter_service(Move const& move);
  void enter_catch(Move const& move);
  void enter_sub_process(Move const& move);
  void enter_call(Move const& move);
  void leave(NodeIndex from, std::int32_t scope_id);
  void go(FlowIndex by, std::int32_t scope_id);
  void move_all();
  bool deliver_one_early();
  void deliver_early(Subscription const& subscription, EarlyMessage const& message);

  std::int32_t rest(Move const& move);
  void stop(Move const& move, std::string reason, std::string detail);
  /// Takes a resting token away with everything that waits for it.
  Token take(std::int32_t token_id);
  void arm_boundaries(std::int32_t token_id, Move const& host);
  void arm_message(std::int32_t token_id, std::int32_t scope_id, NodeIndex waiting);
  void fire(NodeIndex waiting, std::int32_t token_id, std::int32_t scope_id);
  void order_effect(std::int32_t token_id, Node const& at, std::int32_t scope_id);

  void enter_loop(Move const& move);
  std::optional<std::int64_t> turns_of(MultiInstance const& multi,
                                       Environment const& environment) const;
  void begin_turn(std::int32_t host_token, std::int32_t number);
  void complete_turn(std::int32_t scope_id);
  bool is_enough(Loop const& loop, MultiInstance const& multi, std::int32_t turn) const;

  std::int32_t open_scope(ScopeIndex declared_scope, std::int32_t parent, std::int32_t token_id,
                          Context variables = {});
  void begin_event_scope(NodeIndex start, std::int32_t parent);
  void cancel_content(std::int32_t scope_id);
  void disarm_scope(std::int32_t scope_id);
  void close_scope(std::int32_t scope_id);
  void cancel_token(std::int32_t token_id);
  void close_bodies(std::int32_t token_id);
  void complete_if_done(std::int32_t scope_id);
  void return_from(ScopeInstance const& called, Token const& owner);
  void raise_error(NodeIndex from, std::int32_t token_id, std::int32_t scope_id,
                   std::string const& code);
  void catch_at(NodeIndex boundary, Token const& host);
  bool is_within(std::int32_t token_id, std::int32_t host) const;
  void hold(NodeIndex activity);
  void renew(NodeIndex activity);
  NodeIndex catcher_at(std::vector<NodeIndex> const& candidates, std::string const& code) const;
  NodeIndex catcher_in(ScopeIndex declared_scope, std::string const& code) const;
  void incident(Incident what);
  bool handle_now(Move const& move);
  bool extend_term(Move const& move);

  Package const& package_;
  Calendar const& calendar_;
  std::vector<Move> queue_;  // first in, first out; short
  int moves_ = 0;
};

}  // namespace qyzmet::engine
