#include "engine/machine.hpp"

#include <algorithm>
#include <set>

#include "engine/base/check.hpp"

namespace qyzmet::engine {

void Machine::run() {
  while (!queue_.empty()) {
    auto const move = queue_.front();
    queue_.pop_front();
    if (scope(move.scope) == nullptr) continue;  // cancelled on the way
    if (++moves_ > k_moves_max)
      stop(move, "error.too_many_moves", "");
    else
      enter(move);
  }
}

bool Machine::fire_due(Instant until) {
  bool fired = false;
  while (true) {
    auto const next = std::ranges::min_element(
        instance.timers, {}, [](Timer const& timer) { return std::pair{timer.due, timer.id}; });
    if (next == instance.timers.end() || next->due > until || moves_ > k_moves_max) return fired;
    auto const timer = *next;
    instance.timers.erase(next);
    now = std::max(now, timer.due);
    actor = {.user = "", .role = "system"};
    fact("timer_fired", node(timer.node).id, {{"due", timer.due}, {"timer", timer.id}});
    fire(timer.node, timer.token, timer.scope);
    run();
    fired = true;
  }
}

void Machine::start_process() {
  open_scope(0, k_none, k_none);
  run();
}

void Machine::complete_task(std::int32_t token_id) {
  auto const done = take(token_id);
  fact("completed", node(done.node).id, {{"role", actor.role}, {"user", actor.user}});
  leave(done.node, done.scope);
}

void Machine::deliver(Subscription const& subscription) {
  auto const waiting = subscription.node;
  auto const token_id = subscription.token;
  auto const scope_id = subscription.scope;
  fact("message", node(waiting).id, {{"message", node(waiting).message}, {"user", actor.user}});
  // One that does not interrupt keeps listening: a person may write twice.
  if (node(waiting).interrupting)
    std::erase_if(instance.subscriptions,
                  [id = subscription.id](Subscription const& s) { return s.id == id; });
  fire(waiting, token_id, scope_id);
}

void Machine::answer_effect(std::int32_t token_id, Context const& result) {
  auto const done = take(token_id);
  auto const& at = node(done.node);
  auto env = environment();
  env["result"] = result;
  if (auto const handler = package_.handlers.find(at.handler_kind);
      handler != package_.handlers.end())
    assign(handler->second.assignments, instance.variables, env, calendar_);
  fact("handled", at.id, {{"kind", at.handler_kind}});
  leave(done.node, done.scope);
}

void Machine::fail_effect(std::int32_t token_id, HandlerResult const& failure) {
  auto const* const resting = token(token_id);
  check(resting != nullptr, "a pending effect has a token");
  std::erase_if(instance.pending, [&](Pending const& p) { return p.token == token_id; });
  if (failure.error_code.empty())
    incident(token_id, resting->node, "error.effect_failed", failure.detail);
  else
    raise_error(resting->node, token_id, resting->scope, failure.error_code);
}

void Machine::retry(Incident const& old) {
  fact("retried", node(old.node).id);
  auto const& at = node(old.node);
  if (old.token == k_none || at.kind == NodeKind::boundary_event) {  // a timer without a due time
    for (auto const& open : instance.scopes)
      if (old.token == k_none && open.scope == declared(at.scope).parent) {
        arm(k_none, open.id, old.node);
        return;
      }
    if (token(old.token) != nullptr) arm(old.token, k_none, old.node);
    return;
  }
  auto const again = take(old.token);
  queue_.push_back({.node = again.node, .scope = again.scope, .arrived = again.arrived});
}

void Machine::rearm_term_timers() {
  auto const env = environment();
  for (auto& timer : instance.timers) {
    auto const& expression = *node(timer.node).timer;
    bool const reads_term =
        expression.text().find("wd_") != std::string::npos ||
        std::ranges::any_of(expression.paths(), [](auto& path) { return path.starts_with("T."); });
    auto const due = due_at(expression.evaluate(env, calendar_), now);
    if (!reads_term || !due || *due == timer.due) continue;
    // What is not late now does not become late by the new calendar (E-08).
    timer.due = *due > now ? *due : std::min(timer.due, end_of(legal_date(now)));
    fact("timer_moved", node(timer.node).id, {{"due", timer.due}});
  }
}

void Machine::fact(std::string kind, std::string node_id, Context data) {
  facts.push_back(
      {.kind = std::move(kind), .node = std::move(node_id), .at = now, .data = std::move(data)});
}

Token const* Machine::token(std::int32_t id) const {
  auto const found = std::ranges::find(instance.tokens, id, &Token::id);
  return found == instance.tokens.end() ? nullptr : &*found;
}

ScopeInstance const* Machine::scope(std::int32_t id) const {
  auto const found = std::ranges::find(instance.scopes, id, &ScopeInstance::id);
  return found == instance.scopes.end() ? nullptr : &*found;
}

// ---- Moving ---------------------------------------------------------------------------------

void Machine::enter(Move const& move) {
  auto const& at = node(move.node);
  switch (at.kind) {
    case NodeKind::start_event:
    case NodeKind::boundary_event:
      return leave(move.node, move.scope);
    case NodeKind::end_event:
      return enter_end(move);
    case NodeKind::user_task: {
      auto const id = rest(move);
      instance.tasks.push_back({.token = id, .node = move.node, .opened = now});
      fact("opened", at.id);
      return arm_boundaries(id, move.node);
    }
    case NodeKind::service_task:
      return enter_service(move);
    case NodeKind::receive_task:
    case NodeKind::catch_event:
      return enter_catch(move);
    case NodeKind::exclusive_gateway:
      return enter_exclusive(move);
    case NodeKind::parallel_gateway:
      return enter_parallel(move);
    case NodeKind::event_gateway:
      return enter_event_gateway(move);
    case NodeKind::sub_process:
      return enter_sub_process(move);
    case NodeKind::call_activity:
      return stop(move, "error.not_executable", at.called_element);
  }
}

void Machine::enter_end(Move const& move) {
  auto const& at = node(move.node);
  if (at.event == EventKind::error) {
    auto const id = rest(move);
    raise_error(move.node, id, move.scope, at.error_code);
    return;
  }
  if (at.scope == 0 && std::ranges::find(instance.ends, move.node) == instance.ends.end())
    instance.ends.push_back(move.node);
  if (at.event == EventKind::terminate) cancel_content(move.scope);
  complete_if_done(move.scope);
}

void Machine::enter_exclusive(Move const& move) {
  auto const& at = node(move.node);
  if (at.outgoing.size() == 1) return go(at.outgoing.front(), move.scope);
  auto const env = environment();
  for (auto const out : at.outgoing)
    if (out != at.default_flow && flow(out).condition &&
        flow(out).condition->is_true(env, calendar_))
      return go(out, move.scope);
  if (at.default_flow != k_none) return go(at.default_flow, move.scope);
  stop(move, "error.no_branch", "");
}

void Machine::enter_parallel(Move const& move) {
  auto const& at = node(move.node);
  if (at.incoming.size() > 1) {
    rest(move);
    std::set<FlowIndex> arrived;
    for (auto const& waiting : instance.tokens)
      if (waiting.node == move.node && waiting.scope == move.scope) arrived.insert(waiting.arrived);
    if (arrived.size() < at.incoming.size()) return;
    for (auto const by : arrived) {
      auto const first = std::ranges::find_if(instance.tokens, [&](Token const& t) {
        return t.node == move.node && t.scope == move.scope && t.arrived == by;
      });
      instance.tokens.erase(first);
    }
  }
  for (auto const out : at.outgoing) go(out, move.scope);
  if (at.outgoing.empty()) complete_if_done(move.scope);
}

void Machine::enter_event_gateway(Move const& move) {
  auto const id = rest(move);
  for (auto const out : node(move.node).outgoing) arm(id, k_none, flow(out).target);
}

void Machine::enter_catch(Move const& move) {
  auto const id = rest(move);
  arm(id, k_none, move.node);
  arm_boundaries(id, move.node);
}

void Machine::enter_sub_process(Move const& move) {
  auto const id = rest(move);
  arm_boundaries(id, move.node);
  open_scope(node(move.node).body, move.scope, id);
}

void Machine::enter_service(Move const& move) {
  auto const& at = node(move.node);
  if (handler_class(at.handler) != HandlerClass::outbox) {
    handle_now(at);
    return leave(move.node, move.scope);
  }
  auto const id = rest(move);
  instance.pending.push_back({.token = id, .node = move.node});
  auto const handler = package_.handlers.find(at.handler_kind);
  effects.push_back({.token = id,
                     .handler = at.handler,
                     .kind = at.handler_kind,
                     .document = at.document,
                     .sha256 = handler == package_.handlers.end()
                                   ? std::string{}
                                   : text_at(instance.variables, handler->second.document),
                     .data = instance.variables});
  fact("ordered", at.id, {{"kind", at.handler_kind}});
  arm_boundaries(id, move.node);
}

/// Handlers that act inside the step: nothing outside is asked, no token waits.
void Machine::handle_now(Node const& at) {
  if (at.handler == "breach") {
    if (std::ranges::find(instance.breaches, at.handler_kind) != instance.breaches.end()) return;
    instance.breaches.push_back(at.handler_kind);
    auto const* const milestone = instance.deadlines.find(at.handler_kind);
    Context data{{"code", at.handler_kind}};
    if (milestone != nullptr) data["latest"] = milestone->latest;
    return fact("breach", at.id, std::move(data));
  }
  if (auto const handler = package_.handlers.find(at.handler_kind);
      handler != package_.handlers.end()) {
    auto env = environment();
    assign(handler->second.assignments, instance.variables, env, calendar_);
  }
  fact("recorded", at.id, {{"kind", at.handler_kind}});
}

void Machine::leave(NodeIndex from, std::int32_t scope_id) {
  auto const& at = node(from);
  if (at.outgoing.size() == 1 && !flow(at.outgoing.front()).condition)
    return go(at.outgoing.front(), scope_id);
  // Implicit splits and ends are left to the test profile by the validator.
  bool conditional = false;
  auto const env = environment();
  for (auto const out : at.outgoing) {
    if (out == at.default_flow) continue;
    auto const& condition = flow(out).condition;
    if (condition && !condition->is_true(env, calendar_)) continue;
    conditional = conditional || condition.has_value();
    go(out, scope_id);
  }
  if (at.default_flow != k_none && !conditional) go(at.default_flow, scope_id);
  complete_if_done(scope_id);
}

void Machine::go(FlowIndex by, std::int32_t scope_id) {
  queue_.push_back({.node = flow(by).target, .scope = scope_id, .arrived = by});
}

// ---- Waiting --------------------------------------------------------------------------------

std::int32_t Machine::rest(Move const& move) {
  auto const id = instance.next_id++;
  instance.tokens.push_back(
      {.id = id, .node = move.node, .scope = move.scope, .arrived = move.arrived});
  return id;
}

void Machine::stop(Move const& move, std::string reason, std::string detail) {
  incident(rest(move), move.node, std::move(reason), std::move(detail));
}

void Machine::incident(std::int32_t token_id, NodeIndex at, std::string reason,
                       std::string detail) {
  fact("incident", node(at).id, {{"reason", reason}, {"detail", detail}});
  instance.incidents.push_back(
      {.token = token_id, .node = at, .reason = std::move(reason), .detail = std::move(detail)});
}

Token Machine::take(std::int32_t token_id) {
  auto const found = std::ranges::find(instance.tokens, token_id, &Token::id);
  check(found != instance.tokens.end(), "the token rests somewhere");
  auto const taken = *found;
  instance.tokens.erase(found);
  std::erase_if(instance.tasks, [&](Task const& t) { return t.token == token_id; });
  std::erase_if(instance.timers, [&](Timer const& t) { return t.token == token_id; });
  std::erase_if(instance.subscriptions, [&](Subscription const& s) { return s.token == token_id; });
  std::erase_if(instance.pending, [&](Pending const& p) { return p.token == token_id; });
  std::erase_if(instance.incidents, [&](Incident const& i) { return i.token == token_id; });
  return taken;
}

void Machine::arm_boundaries(std::int32_t token_id, NodeIndex host) {
  for (auto const boundary : node(host).boundary)
    if (node(boundary).event != EventKind::error) arm(token_id, k_none, boundary);
}

void Machine::arm(std::int32_t token_id, std::int32_t scope_id, NodeIndex waiting) {
  auto const& at = node(waiting);
  if (at.event == EventKind::message) {
    instance.subscriptions.push_back({.id = instance.next_id++,
                                      .token = token_id,
                                      .scope = scope_id,
                                      .node = waiting,
                                      .message = at.message});
    return;
  }
  auto const due = due_at(at.timer->evaluate(environment(), calendar_), now);
  if (!due) return incident(token_id, waiting, "error.timer_without_due", at.timer->text());
  instance.timers.push_back({.id = instance.next_id++,
                             .token = token_id,
                             .scope = scope_id,
                             .node = waiting,
                             .due = *due});
}

/// A message came or a time is over: what waits at `waiting` goes on.
void Machine::fire(NodeIndex waiting, std::int32_t token_id, std::int32_t scope_id) {
  auto const& at = node(waiting);
  if (at.kind == NodeKind::start_event) return begin_event_scope(waiting, scope_id);
  auto const* const resting = token(token_id);
  check(resting != nullptr, "an open wait belongs to a token");
  auto const scope_of_token = resting->scope;
  if (at.kind != NodeKind::boundary_event)
    take(token_id);
  else if (at.interrupting)
    cancel_token(token_id);
  leave(waiting, scope_of_token);
}

// ---- Scopes ---------------------------------------------------------------------------------

std::int32_t Machine::open_scope(ScopeIndex declared_scope, std::int32_t parent,
                                 std::int32_t token_id) {
  auto const id = instance.next_id++;
  instance.scopes.push_back(
      {.id = id, .scope = declared_scope, .parent = parent, .token = token_id, .loop = k_none});
  for (auto const events : declared(declared_scope).event_scopes) {
    auto const start = declared(events).start;
    if (node(start).event != EventKind::error) arm(k_none, id, start);
  }
  queue_.push_back({.node = declared(declared_scope).start, .scope = id, .arrived = k_none});
  return id;
}

void Machine::begin_event_scope(NodeIndex start, std::int32_t parent) {
  auto const& at = node(start);
  if (at.interrupting) {
    cancel_content(parent);
    disarm_scope(parent);
  }
  open_scope(at.scope, parent, k_none);
}

void Machine::cancel_content(std::int32_t scope_id) {
  std::erase_if(queue_, [&](Move const& move) { return move.scope == scope_id; });
  std::vector<std::int32_t> tokens;
  for (auto const& resting : instance.tokens)
    if (resting.scope == scope_id) tokens.push_back(resting.id);
  for (auto const id : tokens) cancel_token(id);
  // Event sub-processes that run beside have no token of their own in this scope.
  std::vector<std::int32_t> children;
  for (auto const& open : instance.scopes)
    if (open.parent == scope_id) children.push_back(open.id);
  for (auto const id : children) {
    cancel_content(id);
    disarm_scope(id);
    std::erase_if(instance.scopes, [&](ScopeInstance const& s) { return s.id == id; });
  }
}

void Machine::disarm_scope(std::int32_t scope_id) {
  std::erase_if(instance.timers, [&](Timer const& t) { return t.scope == scope_id; });
  std::erase_if(instance.subscriptions, [&](Subscription const& s) { return s.scope == scope_id; });
}

void Machine::cancel_token(std::int32_t token_id) {
  auto const taken = take(token_id);
  fact("cancelled", node(taken.node).id);
  std::vector<std::int32_t> bodies;
  for (auto const& open : instance.scopes)
    if (open.token == token_id) bodies.push_back(open.id);
  for (auto const id : bodies) {
    cancel_content(id);
    disarm_scope(id);
    std::erase_if(instance.scopes, [&](ScopeInstance const& s) { return s.id == id; });
  }
}

void Machine::complete_if_done(std::int32_t scope_id) {
  auto const* const found = scope(scope_id);
  if (found == nullptr) return;
  auto const done = *found;
  bool const busy =
      std::ranges::any_of(instance.tokens, [&](Token const& t) { return t.scope == scope_id; }) ||
      std::ranges::any_of(queue_, [&](Move const& m) { return m.scope == scope_id; }) ||
      std::ranges::any_of(instance.scopes,
                          [&](ScopeInstance const& s) { return s.parent == scope_id; });
  if (busy) return;
  disarm_scope(scope_id);
  std::erase_if(instance.scopes, [&](ScopeInstance const& s) { return s.id == scope_id; });
  if (done.parent == k_none) {
    instance.ended = true;
    return fact("ended", instance.ends.empty() ? "" : node(instance.ends.back()).id);
  }
  if (declared(done.scope).event_triggered) return complete_if_done(done.parent);
  auto const owner = take(done.token);
  leave(owner.node, owner.scope);
}

// ---- Errors ---------------------------------------------------------------------------------

NodeIndex Machine::catcher_at(std::vector<NodeIndex> const& candidates,
                              std::string const& code) const {
  NodeIndex any = k_none;
  for (auto const index : candidates) {
    if (node(index).event != EventKind::error) continue;
    if (node(index).error_code == code) return index;
    if (node(index).error_code.empty() && any == k_none) any = index;
  }
  return any;
}

NodeIndex Machine::catcher_in(ScopeIndex declared_scope, std::string const& code) const {
  std::vector<NodeIndex> starts;
  for (auto const events : declared(declared_scope).event_scopes)
    starts.push_back(declared(events).start);
  return catcher_at(starts, code);
}

/// Innermost first: the activity itself, then each enclosing scope from inside and from outside.
void Machine::raise_error(NodeIndex from, std::int32_t token_id, std::int32_t scope_id,
                          std::string const& code) {
  fact("error", node(from).id, {{"code", code}});
  if (auto const boundary = catcher_at(node(from).boundary, code); boundary != k_none) {
    cancel_token(token_id);
    return leave(boundary, scope_id);
  }
  bool came_from_event_scope = false;
  for (auto const* at = scope(scope_id); at != nullptr; at = scope(at->parent)) {
    auto const inside = came_from_event_scope ? NodeIndex{k_none} : catcher_in(at->scope, code);
    if (inside != k_none) return begin_event_scope(inside, at->id);
    came_from_event_scope = declared(at->scope).event_triggered;
    if (at->token == k_none) continue;
    auto const owner = *token(at->token);
    auto const outside = catcher_at(node(owner.node).boundary, code);
    if (outside == k_none) continue;
    cancel_token(owner.id);
    return leave(outside, owner.scope);
  }
  incident(token_id, from, "error.uncaught", code);
}

}  // namespace qyzmet::engine
