#pragma once
// The token game of one macro-step; internal to engine/. Tokens move first-in first-out through
// automatic nodes until all rest at nodes that wait. Bounded by k_moves_max.
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/step.hpp"

namespace qyzmet::engine {

inline constexpr int k_moves_max = 10'000;

/// What expressions see at `at` when `actor` acts.
Context environment_at(Calendar const& calendar, Instance const& instance, Instant at,
                       Actor const& actor);
/// The instant at which a day, an instant or a duration (from `at`) is due.
std::optional<Instant> due_at(Value const& value, Instant at);
/// Carries the assignments out, in order, each seeing the earlier ones.
void assign(std::vector<Assignment> const& assignments, Context& variables, Context& environment,
            Calendar const& calendar);

class Machine {
 public:
  Machine(Package const& package, Calendar const& calendar, Instance start)
      : instance{std::move(start)}, now{instance.at}, package_{package}, calendar_{calendar} {}

  Instance instance;
  std::vector<Fact> facts;
  std::vector<Effect> effects;
  Instant now;
  Actor actor = {.user = "", .role = "system"};

  /// Fires everything due until `until`, earliest first; false when nothing was.
  bool fire_due(Instant until);
  void start_process();
  void complete_task(std::int32_t token);
  /// Passes the message on to the one that waits for it first.
  void deliver(Subscription const& subscription);
  void answer_effect(std::int32_t token, Context const& result);
  void fail_effect(std::int32_t token, HandlerResult const& failure);
  void retry(Incident const& incident);
  /// Moves open timers whose expression reads the term or counts working days.
  void rearm_term_timers();
  void run();
  void fact(std::string kind, std::string node, Context data = {});

 private:
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
  Context environment() const { return environment_at(calendar_, instance, now, actor); }

  void enter(Move const& move);
  void enter_end(Move const& move);
  void enter_exclusive(Move const& move);
  void enter_parallel(Move const& move);
  void enter_event_gateway(Move const& move);
  void enter_service(Move const& move);
  void enter_catch(Move const& move);
  void enter_sub_process(Move const& move);
  void leave(NodeIndex from, std::int32_t scope_id);
  void go(FlowIndex by, std::int32_t scope_id);

  std::int32_t rest(Move const& move);
  void stop(Move const& move, std::string reason, std::string detail);
  /// Takes a resting token away with everything that waits for it.
  Token take(std::int32_t token_id);
  void arm_boundaries(std::int32_t token_id, NodeIndex host);
  void arm(std::int32_t token_id, std::int32_t scope_id, NodeIndex waiting);
  void fire(NodeIndex waiting, std::int32_t token_id, std::int32_t scope_id);

  std::int32_t open_scope(ScopeIndex declared_scope, std::int32_t parent, std::int32_t token_id);
  void begin_event_scope(NodeIndex start, std::int32_t parent);
  void cancel_content(std::int32_t scope_id);
  void disarm_scope(std::int32_t scope_id);
  void cancel_token(std::int32_t token_id);
  void complete_if_done(std::int32_t scope_id);
  void raise_error(NodeIndex from, std::int32_t token_id, std::int32_t scope_id,
                   std::string const& code);
  NodeIndex catcher_at(std::vector<NodeIndex> const& candidates, std::string const& code) const;
  NodeIndex catcher_in(ScopeIndex declared_scope, std::string const& code) const;
  void incident(std::int32_t token_id, NodeIndex at, std::string reason, std::string detail);
  void handle_now(Node const& at);

  Package const& package_;
  Calendar const& calendar_;
  std::deque<Move> queue_;
  int moves_ = 0;
};

}  // namespace qyzmet::engine
