#include "engine/machine.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/check.hpp"
#include "engine/resolution.hpp"
#include "engine/submission.hpp"

namespace qyzmet::engine {

namespace {

/// SHA-256 of the document that an effect of this kind sends; "" = none.
std::string goes_out(Package const& package, std::string_view kind, Context const& variables) {
  auto const handler = package.handlers.find(kind);
  return handler == package.handlers.end() ? std::string{}
                                           : text_at(variables, handler->second.document);
}

}  // namespace

void Machine::run() {
  do move_all();
  while (deliver_one_early());
}

void Machine::move_all() {
  while (!queue_.empty()) {
    auto const move = queue_.front();
    queue_.erase(queue_.begin());
    if (scope(move.scope) == nullptr) continue;  // cancelled on the way
    if (++moves_ > k_moves_max)
      stop(move, "error.too_many_moves", "");
    else if (instance.tokens.size() + queue_.size() >= k_tokens_max)
      stop(move, "error.too_many_tokens", "");
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

void Machine::deliver(Subscription const& subscription, Context data) {
  // It may be gone from the instance as soon as it fires.
  auto const wait = subscription;
  auto const& at = node(wait.node);
  data["message"] = wait.message;
  data["user"] = actor.user;
  if (!wait.key.empty()) data["key"] = wait.key;
  fact("message", at.id, std::move(data));
  // One that does not interrupt keeps listening: a person may write twice.
  if (at.interrupting)
    std::erase_if(instance.subscriptions,
                  [&](Subscription const& each) { return each.id == wait.id; });
  fire(wait.node, wait.token, wait.scope);
}

void Machine::take_beside(Form const& form) {
  fact("message", "", {{"message", form.id}, {"user", actor.user}});
  for (auto const& order : form.beside->orders) {
    if (order.when && !order.when->is_true(environment(k_none), calendar_)) continue;
    auto const token = instance.next_id++;
    instance.errands.push_back({.token = token, .kind = order.kind});
    effects.push_back({.token = token,
                       .handler = order.handler,
                       .kind = order.kind,
                       .document = order.document,
                       .sha256 = goes_out(package_, order.kind, instance.variables),
                       .data = instance.variables});
    fact("ordered", "", {{"kind", order.kind}});
  }
  if (!form.beside->holds.empty()) hold(definition().find(form.beside->holds));
  if (!form.beside->renews.empty()) renew(definition().find(form.beside->renews));
  if (!form.beside->ends && !form.beside->restarts) return;
  auto const root = std::ranges::find(instance.scopes, k_none, &ScopeInstance::parent);
  check(root != instance.scopes.end(), "an open case has its outermost scope");
  auto const id = root->id;
  cancel_content(id);
  if (form.beside->ends) return complete_if_done(id);
  disarm_scope(id);
  std::erase_if(instance.scopes, [&](ScopeInstance const& scope) { return scope.id == id; });
  fact("restarted", "",
       {{"accepted", instance.deadlines.accepted}, {"due", instance.deadlines.due}});
  start_process();
}

void Machine::answer_errand(Errand const& errand, Context const& result) {
  auto const done = errand;
  std::erase_if(instance.errands, [&](Errand const& e) { return e.token == done.token; });
  if (auto const handler = package_.handlers.find(done.kind); handler != package_.handlers.end()) {
    auto env = environment(k_none);
    env.cover("result", result);
    assign_in(k_none, handler->second.assignments, std::move(env));
  }
  fact("handled", "", {{"kind", done.kind}});
}

void Machine::answer_effect(std::int32_t token_id, Context const& result) {
  auto const done = take(token_id);
  auto const& at = node(done.node);
  if (auto const handler = package_.handlers.find(at.handler_kind);
      handler != package_.handlers.end()) {
    auto env = environment(done.scope);
    env.cover("result", result);
    assign_in(done.scope, handler->second.assignments, std::move(env));
  }
  fact("handled", at.id, {{"kind", at.handler_kind}});
  leave(done.node, done.scope);
}

void Machine::fail_effect(std::int32_t token_id, HandlerResult const& failure) {
  auto const* const resting = token(token_id);
  check(resting != nullptr, "a pending effect has a token");
  std::erase_if(instance.pending, [&](Pending const& p) { return p.token == token_id; });
  if (failure.error_code.empty())
    incident({.token = token_id,
              .node = resting->node,
              .reason = "error.effect_failed",
              .detail = failure.detail});
  else
    raise_error(resting->node, token_id, resting->scope, failure.error_code);
}

void Machine::retry(Incident const& old) {
  auto const& at = node(old.node);
  fact("retried", at.id);
  // What could not wait tries to wait again; its host has not moved.
  if (old.token == k_none || at.kind == NodeKind::boundary_event)
    return arm(old.token, old.scope, old.node);
  auto const* const resting = token(old.token);
  check(resting != nullptr, "an incident stops a token");
  if (is_failed_effect(definition(), old)) {
    // The key of an effect is used once; what waits beside the activity goes on waiting.
    auto const id = instance.next_id++;
    auto const again = *resting;
    for (auto& timer : instance.timers)
      if (timer.token == again.id) timer.token = id;
    for (auto& subscription : instance.subscriptions)
      if (subscription.token == again.id) subscription.token = id;
    for (auto& other : instance.incidents)
      if (other.token == again.id) other.token = id;
    take(again.id);
    instance.tokens.push_back(
        {.id = id, .node = again.node, .scope = again.scope, .arrived = again.arrived});
    return order_effect(id, at, again.scope);
  }
  auto const again = take(old.token);
  queue_.push_back({.node = again.node, .scope = again.scope, .arrived = again.arrived});
}

void Machine::resolve(ResolveIncident const& stated) {
  Context result;
  if (stated.sent_at) result["sent_at"] = *stated.sent_at;
  if (stated.delivered_at) result["delivered_at"] = *stated.delivered_at;
  auto const errand = std::ranges::find(instance.errands, stated.token, &Errand::token);
  bool const beside = errand != instance.errands.end();
  auto const* const resting = token(stated.token);
  check(beside || resting != nullptr, "an effect without an answer stands somewhere");
  auto const& at = beside ? std::string{} : node(resting->node).id;
  auto const& kind = beside ? errand->kind : node(resting->node).handler_kind;
  fact("resolved", at, {{"kind", kind}, {"reason", stated.reason}});
  if (beside)
    answer_errand(*errand, result);
  else
    answer_effect(stated.token, result);
}

void Machine::rearm_term_timers(Cause cause) {
  Actor const system{.user = "", .role = "system"};
  for (auto& timer : instance.timers) {
    auto const& expression = *node(timer.node).timer;
    bool const reads_term = std::ranges::any_of(
        expression.paths(), [](auto const& path) { return path.starts_with("T."); });
    bool const counts_days = expression.text().find("wd_") != std::string::npos;
    if (!reads_term && !(counts_days && cause == Cause::calendar)) continue;
    auto const armed = timer.armed == Instant{} ? now : timer.armed;
    auto const scope_id = scope_of_wait(timer.token, timer.scope);
    auto const env = environment_in(definition(), instance, scope_id, calendar_, armed, system);
    auto const due = due_at(expression.evaluate(env, calendar_), armed);
    if (!due || *due == timer.due) continue;
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

bool Machine::in_turn(std::int32_t scope_id) const {
  auto const* const found = scope(scope_id);
  return found != nullptr && found->is_turn();
}

Environment Machine::environment(std::int32_t scope_id) const {
  return environment_in(definition(), instance, scope_id, calendar_, now, actor);
}

void Machine::assign_in(std::int32_t scope_id, std::vector<Assignment> const& assignments,
                        Environment environment) {
  if (assignments.empty()) return;
  assign(assignments, environment, calendar_);
  keep_variables(definition(), instance, scope_id, environment.variables());
}

void Machine::set_in(std::int32_t scope_id, std::string_view path, Value value) {
  auto variables = visible_variables(definition(), instance, scope_id);
  set_path(variables, path, std::move(value));
  keep_variables(definition(), instance, scope_id, std::move(variables));
}

// ---- Moving ---------------------------------------------------------------------------------

void Machine::enter(Move const& move) {
  if (node(move.node).multi && !in_turn(move.scope)) return enter_loop(move);
  visit(move.node);
  switch (node(move.node).kind) {
    case NodeKind::start_event:
    case NodeKind::boundary_event:
      return leave(move.node, move.scope);
    case NodeKind::end_event:
      return enter_end(move);
    case NodeKind::user_task:
      return enter_user_task(move);
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
      return enter_call(move);
  }
}

void Machine::enter_user_task(Move const& move) {
  auto const id = rest(move);
  instance.tasks.push_back({.token = id, .node = move.node, .opened = now});
  fact("opened", node(move.node).id);
  arm_boundaries(id, move);
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
  auto const env = environment(move.scope);
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
  arm_boundaries(id, move);
}

void Machine::enter_sub_process(Move const& move) {
  auto const id = rest(move);
  arm_boundaries(id, move);
  open_scope(node(move.node).body, move.scope, id);
}

/// The called process sees nothing of the caller but what wf:in gives it.
void Machine::enter_call(Move const& move) {
  auto const& at = node(move.node);
  auto const id = rest(move);
  arm_boundaries(id, move);
  Context given;
  if (!at.in.empty()) {
    auto const env = environment(move.scope);
    for (auto const& [path, value] : at.in) set_path(given, path, value.evaluate(env, calendar_));
  }
  open_scope(at.body, move.scope, id, std::move(given));
}

void Machine::enter_service(Move const& move) {
  auto const& at = node(move.node);
  if (!at.waits_outside) {
    if (handle_now(move)) leave(move.node, move.scope);
    return;
  }
  auto const id = rest(move);
  order_effect(id, at, move.scope);
  arm_boundaries(id, move);
}

void Machine::order_effect(std::int32_t token_id, Node const& at, std::int32_t scope_id) {
  auto const index = NodeIndex(&at - definition().nodes.data());
  instance.pending.push_back({.token = token_id, .node = index});
  auto variables = visible_variables(definition(), instance, scope_id);
  auto document = goes_out(package_, at.handler_kind, variables);
  effects.push_back({.token = token_id,
                     .handler = at.handler,
                     .kind = at.handler_kind,
                     .document = at.document,
                     .sha256 = std::move(document),
                     .data = std::move(variables)});
  fact("ordered", at.id, {{"kind", at.handler_kind}});
}

/// Handlers that act inside the step: nothing outside is asked, no token waits. False when the
/// token stopped.
bool Machine::handle_now(Move const& move) {
  auto const& at = node(move.node);
  if (at.handler == "breach") {
    if (std::ranges::find(instance.breaches, at.handler_kind) != instance.breaches.end())
      return true;
    instance.breaches.push_back(at.handler_kind);
    auto const* const milestone = instance.deadlines.find(at.handler_kind);
    Context data{{"code", at.handler_kind}};
    if (milestone != nullptr) data["latest"] = milestone->latest;
    fact("breach", at.id, std::move(data));
    return true;
  }
  if (at.handler == "term.extend" && !extend_term(move)) return false;
  if (auto const handler = package_.handlers.find(at.handler_kind);
      handler != package_.handlers.end())
    assign_in(move.scope, handler->second.assignments, environment(move.scope));
  fact("recorded", at.id, {{"kind", at.handler_kind}});
  return true;
}

/// Once, counted from the day of this event where the rule says so; timers that read T follow.
bool Machine::extend_term(Move const& move) {
  auto& deadlines = instance.deadlines;
  auto const& code = node(move.node).handler_kind;
  if (deadlines.extended) {
    stop(move, "error.term_already_extended", code);
    return false;
  }
  auto fresh = compute_deadlines(package_.term, calendar_, deadlines.filed, deadlines.place,
                                 Extended{.code = code, .on = legal_date(now)});
  if (!fresh) {
    stop(move, "error.unknown_extension", code);
    return false;
  }
  // A day that a calendar change did not move stays, unless the extension gives more time.
  std::erase_if(instance.kept, [&](auto const& kept) {
    auto const* const milestone = fresh->find(kept.first);
    return kept.second <= (milestone == nullptr ? fresh->due : milestone->latest);
  });
  apply_kept(*fresh, instance.kept);
  fact("term_extended", node(move.node).id,
       {{"code", code}, {"due_before", deadlines.due}, {"due", fresh->due}});
  deadlines = *std::move(fresh);
  rearm_term_timers(Cause::extension);
  return true;
}

void Machine::leave(NodeIndex from, std::int32_t scope_id) {
  if (in_turn(scope_id)) return complete_turn(scope_id);
  auto const& at = node(from);
  if (at.outgoing.size() == 1 && !flow(at.outgoing.front()).condition)
    return go(at.outgoing.front(), scope_id);
  // Implicit splits and ends are left to the test profile by the validator.
  bool conditional = false;
  auto const env = environment(scope_id);
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
  incident({.token = rest(move),
            .node = move.node,
            .reason = std::move(reason),
            .detail = std::move(detail)});
}

void Machine::incident(Incident what) {
  fact("incident", node(what.node).id, {{"reason", what.reason}, {"detail", what.detail}});
  instance.incidents.push_back(std::move(what));
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
  std::erase_if(instance.loops, [&](Loop const& l) { return l.token == token_id; });
  return taken;
}

/// Boundary events belong to the activity as a whole, not to each of its turns.
void Machine::arm_boundaries(std::int32_t token_id, Move const& host) {
  if (in_turn(host.scope)) return;
  for (auto const boundary : node(host.node).boundary)
    if (node(boundary).event != EventKind::error) arm(token_id, k_none, boundary);
}

std::int32_t Machine::scope_of_wait(std::int32_t token_id, std::int32_t scope_id) const {
  auto const* const resting = token_id == k_none ? nullptr : token(token_id);
  return resting == nullptr ? scope_id : resting->scope;
}

void Machine::arm(std::int32_t token_id, std::int32_t scope_id, NodeIndex waiting) {
  auto const& at = node(waiting);
  if (at.event == EventKind::message) return arm_message(token_id, scope_id, waiting);
  auto const env = environment(scope_of_wait(token_id, scope_id));
  auto const due = due_at(at.timer->evaluate(env, calendar_), now);
  if (!due)
    return incident({.token = token_id,
                     .node = waiting,
                     .reason = "error.timer_without_due",
                     .detail = at.timer->text(),
                     .scope = scope_id});
  bool const reads_clock = std::ranges::any_of(
      at.timer->paths(), [](auto const& path) { return path.starts_with("event."); });
  instance.timers.push_back({.id = instance.next_id++,
                             .token = token_id,
                             .scope = scope_id,
                             .node = waiting,
                             .due = *due,
                             .armed = reads_clock ? now : Instant{}});
}

void Machine::arm_message(std::int32_t token_id, std::int32_t scope_id, NodeIndex waiting) {
  auto const& at = node(waiting);
  std::string key;
  if (at.key) {
    auto const value = at.key->evaluate(environment(scope_of_wait(token_id, scope_id)), calendar_);
    if (auto const* const text = value.as<std::string>()) key = *text;
    if (auto const* const number = value.as<Decimal>()) key = number->text();
    if (key.empty())
      return incident({.token = token_id,
                       .node = waiting,
                       .reason = "error.message_without_key",
                       .detail = at.key->text(),
                       .scope = scope_id});
  }
  instance.subscriptions.push_back({.id = instance.next_id++,
                                    .token = token_id,
                                    .scope = scope_id,
                                    .node = waiting,
                                    .message = at.message,
                                    .key = std::move(key)});
}

/// A message came or a time is over: what waits at `waiting` goes on.
void Machine::fire(NodeIndex waiting, std::int32_t token_id, std::int32_t scope_id) {
  auto const& at = node(waiting);
  if (at.kind == NodeKind::start_event) return begin_event_scope(waiting, scope_id);
  auto const* const resting = token(token_id);
  check(resting != nullptr, "an open wait belongs to a token");
  auto const scope_of_token = resting->scope;
  if (resting->node != waiting) visit(waiting);  // beside an activity, or after an event gateway
  if (at.kind != NodeKind::boundary_event)
    take(token_id);
  else if (at.interrupting)
    cancel_token(token_id);
  leave(waiting, scope_of_token);
}

// ---- Early messages -------------------------------------------------------------------------

/// The wait that opened first gets the message that came first.
bool Machine::deliver_one_early() {
  for (auto const& subscription : instance.subscriptions) {
    auto const found = std::ranges::find_if(instance.early, [&](EarlyMessage const& message) {
      return message.message == subscription.message && message.key == subscription.key &&
             message.expires > now;
    });
    if (found == instance.early.end()) continue;
    auto const wait = subscription;
    auto const message = std::move(*found);
    instance.early.erase(found);
    deliver_early(wait, message);
    return true;
  }
  return false;
}

/// As of the day on which it came; a form that is not acceptable leaves the wait open.
void Machine::deliver_early(Subscription const& subscription, EarlyMessage const& message) {
  auto const* const form = package_.form(message.message);
  check(form != nullptr, "an early message was one of the package");
  Actor const sender{.user = message.user, .role = message.role, .unit = message.unit};
  auto const scope_id = scope_of_wait(subscription.token, subscription.scope);
  auto const env = environment_in(definition(), instance, scope_id, calendar_, message.at, sender);
  std::optional<SignatureEvidence> const no_signature;
  auto accepted = accept({.package = package_,
                          .calendar = calendar_,
                          .form = *form,
                          .values = message.form,
                          .signature = no_signature,
                          .actor = sender},
                         env);
  if (!accepted)
    return fact("message_refused", node(subscription.node).id,
                {{"message", message.message},
                 {"id", message.id},
                 {"reason", accepted.error().text},
                 {"rule", accepted.error().rule}});
  keep_variables(definition(), instance, scope_id, accepted->environment.variables());
  auto const acting = std::exchange(actor, sender);
  deliver(subscription, {{"received", message.at}});
  actor = acting;
}

void Machine::drop_expired(Instant until) {
  for (auto const& message : instance.early)
    if (message.expires <= until)
      fact("message_expired", "", {{"message", message.message}, {"id", message.id}});
  std::erase_if(instance.early, [&](auto const& message) { return message.expires <= until; });
}

}  // namespace qyzmet::engine
