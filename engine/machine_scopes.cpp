// Scopes of the token game: sub-processes, called processes, turns, and how errors find their way.
#include <algorithm>

#include "engine/base/check.hpp"
#include "engine/machine.hpp"

namespace qyzmet::engine {

std::int32_t Machine::open_scope(ScopeIndex declared_scope, std::int32_t parent,
                                 std::int32_t token_id, Context variables) {
  auto const id = instance.next_id++;
  instance.scopes.push_back({.id = id,
                             .scope = declared_scope,
                             .parent = parent,
                             .token = token_id,
                             .loop = k_none,
                             .variables = std::move(variables)});
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
  for (auto const id : children) close_scope(id);
}

void Machine::disarm_scope(std::int32_t scope_id) {
  std::erase_if(instance.timers, [&](Timer const& t) { return t.scope == scope_id; });
  std::erase_if(instance.subscriptions, [&](Subscription const& s) { return s.scope == scope_id; });
  std::erase_if(instance.incidents, [&](Incident const& i) { return i.scope == scope_id; });
}

/// Cancels what is in it and takes it away.
void Machine::close_scope(std::int32_t scope_id) {
  cancel_content(scope_id);
  disarm_scope(scope_id);
  std::erase_if(instance.scopes, [&](ScopeInstance const& s) { return s.id == scope_id; });
}

/// Bodies and turns of the activity that the token rests at.
void Machine::close_bodies(std::int32_t token_id) {
  std::vector<std::int32_t> bodies;
  for (auto const& open : instance.scopes)
    if (open.token == token_id) bodies.push_back(open.id);
  for (auto const id : bodies) close_scope(id);
}

void Machine::cancel_token(std::int32_t token_id) {
  auto const taken = take(token_id);
  fact("cancelled", node(taken.node).id);
  close_bodies(token_id);
}

/// Is it the token of the activity, or one of what goes on in it?
bool Machine::is_within(std::int32_t token_id, std::int32_t host) const {
  auto const* at = token(token_id);
  while (at != nullptr && at->id != host) {
    auto const* around = scope(at->scope);
    while (around != nullptr && around->token == k_none) around = scope(around->parent);
    at = around == nullptr ? nullptr : token(around->token);
  }
  return at != nullptr;
}

void Machine::hold(NodeIndex activity) {
  for (auto const& host : instance.tokens) {
    if (host.node != activity) continue;
    std::erase_if(instance.timers,
                  [&](Timer const& timer) { return is_within(timer.token, host.id); });
    fact("held", node(activity).id);
  }
}

void Machine::renew(NodeIndex activity) {
  std::vector<Token> hosts;
  std::ranges::copy_if(instance.tokens, std::back_inserter(hosts),
                       [&](Token const& resting) { return resting.node == activity; });
  for (auto const& host : hosts) {
    cancel_token(host.id);
    queue_.push_back({.node = host.node, .scope = host.scope, .arrived = host.arrived});
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
    instance.early.clear();
    return fact("ended", instance.ends.empty() ? "" : node(instance.ends.back()).id);
  }
  if (declared(done.scope).event_triggered) return complete_if_done(done.parent);
  auto const owner = take(done.token);
  if (is_called(definition(), done.scope)) return_from(done, owner);
  leave(owner.node, owner.scope);
}

/// wf:out: each expression sees the caller, what the earlier ones set, and result.*, the variables
/// of the process that is done.
void Machine::return_from(ScopeInstance const& called, Token const& owner) {
  for (auto const& [path, value] : node(owner.node).out) {
    auto env = environment(owner.scope);
    env.cover("result", called.variables);
    set_in(owner.scope, path, value.evaluate(env, calendar_));
  }
}

// ---- Turns ----------------------------------------------------------------------------------

std::optional<std::int64_t> Machine::turns_of(MultiInstance const& multi,
                                              Environment const& environment) const {
  std::optional<std::int64_t> count;
  if (multi.collection) {
    auto const value = multi.collection->evaluate(environment, calendar_);
    if (auto const* const list = value.as<List>()) count = std::int64_t(list->size());
  } else if (auto const value = multi.cardinality->evaluate(environment, calendar_);
             auto const* const number = value.as<Decimal>()) {
    count = number->integer();
  }
  if (count && (*count < 0 || *count > k_turns_max)) return std::nullopt;
  return count;
}

void Machine::enter_loop(Move const& move) {
  auto const& at = node(move.node);
  auto const& multi = *at.multi;
  auto const count = turns_of(multi, environment(move.scope));
  if (!count) {
    auto const& text = multi.collection ? multi.collection->text() : multi.cardinality->text();
    return stop(move, "error.loop_count", text);
  }
  if (*count == 0) return leave(move.node, move.scope);
  auto const id = rest(move);
  instance.loops.push_back({.token = id, .total = std::int32_t(*count), .completed = 0});
  arm_boundaries(id, move);
  for (std::int32_t turn = 0; turn < (multi.sequential ? 1 : *count); ++turn) begin_turn(id, turn);
}

void Machine::begin_turn(std::int32_t host_token, std::int32_t number) {
  auto const host = *token(host_token);
  auto const& multi = *node(host.node).multi;
  Context element;
  if (multi.collection) {
    auto const value = multi.collection->evaluate(environment(host.scope), calendar_);
    auto const* const list = value.as<List>();
    bool const there = list != nullptr && std::size_t(number) < list->size();
    element[multi.element] = there ? (*list)[std::size_t(number)] : Value{};
  }
  auto const id = instance.next_id++;
  instance.scopes.push_back({.id = id,
                             .scope = node(host.node).scope,
                             .parent = host.scope,
                             .token = host_token,
                             .loop = number,
                             .variables = std::move(element)});
  queue_.push_back({.node = host.node, .scope = id, .arrived = host.arrived});
}

/// The item goes back to its place in the list, then the next turn begins or the activity is left.
void Machine::complete_turn(std::int32_t scope_id) {
  auto const turn = *scope(scope_id);
  auto const host = *token(turn.token);
  auto const& multi = *node(host.node).multi;
  if (!multi.collection_path.empty()) {
    auto const visible = visible_variables(definition(), instance, host.scope);
    auto const* const list = at_path(visible, multi.collection_path).as<List>();
    if (list != nullptr && std::size_t(turn.loop) < list->size()) {
      auto items = *list;
      items[std::size_t(turn.loop)] = at_path(turn.variables, multi.element);
      set_in(host.scope, multi.collection_path, std::move(items));
    }
  }
  auto const loop = std::ranges::find(instance.loops, host.id, &Loop::token);
  check(loop != instance.loops.end(), "a turn belongs to a loop");
  ++loop->completed;
  bool const done = is_enough(*loop, multi, scope_id);
  auto const next = loop->completed;
  close_scope(scope_id);
  if (!done) {
    if (multi.sequential) begin_turn(host.id, next);
    return;
  }
  take(host.id);
  close_bodies(host.id);
  leave(host.node, host.scope);
}

/// The condition sees the turn that is done, and the counters of BPMN 10.3.8.
bool Machine::is_enough(Loop const& loop, MultiInstance const& multi, std::int32_t turn) const {
  if (loop.completed == loop.total) return true;
  if (!multi.completion) return false;
  auto const active = std::ranges::count_if(instance.scopes, [&](ScopeInstance const& open) {
    return open.is_turn() && open.token == loop.token && open.id != turn;
  });
  auto env = environment(turn);
  env.cover("numberOfInstances", std::int64_t{loop.total});
  env.cover("numberOfCompletedInstances", std::int64_t{loop.completed});
  env.cover("numberOfActiveInstances", std::int64_t{active});
  return multi.completion->is_true(env, calendar_);
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

void Machine::catch_at(NodeIndex boundary, Token const& host) {
  cancel_token(host.id);
  visit(boundary);
  leave(boundary, host.scope);
}

/// Innermost first: the activity itself, then each enclosing scope from inside and from outside, up
/// through the call activity of a called process. An error of one turn ends all of them. What an
/// event sub-process raises is no business of the scope that it belongs to.
void Machine::raise_error(NodeIndex from, std::int32_t token_id, std::int32_t scope_id,
                          std::string const& code) {
  fact("error", node(from).id, {{"code", code}});
  if (!in_turn(scope_id))
    if (auto const boundary = catcher_at(node(from).boundary, code); boundary != k_none)
      return catch_at(boundary, Token{*token(token_id)});
  bool came_from_event_scope = false;
  for (auto const* at = scope(scope_id); at != nullptr; at = scope(at->parent)) {
    if (!at->is_turn()) {
      auto const inside = came_from_event_scope ? NodeIndex{k_none} : catcher_in(at->scope, code);
      if (inside != k_none) return begin_event_scope(inside, at->id);
      came_from_event_scope = declared(at->scope).event_triggered;
    }
    if (at->token == k_none) continue;
    auto const owner = *token(at->token);
    // The activity catches as a whole; a token in a turn is only a part of it.
    auto const outside =
        in_turn(owner.scope) ? NodeIndex{k_none} : catcher_at(node(owner.node).boundary, code);
    if (outside != k_none) return catch_at(outside, owner);
  }
  incident({.token = token_id, .node = from, .reason = "error.uncaught", .detail = code});
}

}  // namespace qyzmet::engine
