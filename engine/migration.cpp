#include "engine/migration.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "engine/machine.hpp"
#include "engine/size.hpp"
#include "engine/submission.hpp"

namespace qyzmet::engine {

namespace {

std::string_view named(NodeMap const& nodes, std::string_view id) {
  auto const found = nodes.find(id);
  return found == nodes.end() ? id : std::string_view{found->second};
}

/// Where the nodes and scopes of one package stand in another.
class Atlas {
 public:
  Atlas(Definition const& from, Definition const& to, NodeMap const& names) : from_{from}, to_{to} {
    for (auto const& node : from.nodes) nodes_.push_back(to.find(named(names, node.id)));
    for (auto const& scope : from.scopes) {
      auto const found = std::ranges::find(to.scopes, named(names, scope.id), &Scope::id);
      scopes_.push_back(found == to.scopes.end() ? k_none : ScopeIndex(found - to.scopes.begin()));
    }
    scopes_.front() = 0;  // the process itself may have another id
    known_.insert(nodes_.begin(), nodes_.end());
  }

  NodeIndex node(NodeIndex old) const { return nodes_[std::size_t(old)]; }
  ScopeIndex scope(ScopeIndex old) const { return scopes_[std::size_t(old)]; }
  /// A node of the target that the source has too.
  bool known(NodeIndex target) const { return known_.contains(target); }
  Node const& old_node(NodeIndex index) const { return from_.nodes[std::size_t(index)]; }
  Node const& new_node(NodeIndex index) const { return to_.nodes[std::size_t(index)]; }
  Scope const& new_scope(ScopeIndex index) const { return to_.scopes[std::size_t(index)]; }

  /// Why a token or wait cannot go on at the node that takes the place of `old`; "" when it can.
  std::string unlike(NodeIndex old) const {
    if (node(old) == k_none) return "no_such_node";
    auto const& before = old_node(old);
    auto const& after = new_node(node(old));
    bool const loops = before.multi.has_value();
    bool const same =
        before.kind == after.kind && before.event == after.event &&
        before.interrupting == after.interrupting && before.waits_outside == after.waits_outside &&
        (before.body == k_none) == (after.body == k_none) && loops == after.multi.has_value() &&
        (!loops || before.multi->sequential == after.multi->sequential);
    if (!same) return "unequal_kind";
    if (scope(before.scope) != after.scope) return "elsewhere";
    if (before.attached_to != k_none && node(before.attached_to) != after.attached_to)
      return "elsewhere";
    if (before.waits_outside && before.handler_kind != after.handler_kind) return "unequal_effect";
    return {};
  }
  std::string unlike_scope(ScopeIndex old) const {
    if (scope(old) == k_none) return "no_such_node";
    auto const& before = from_.scopes[std::size_t(old)];
    auto const& after = new_scope(scope(old));
    auto const lies_in = before.parent == k_none ? k_none : scope(before.parent);
    if (before.event_triggered != after.event_triggered) return "unequal_kind";
    return lies_in == after.parent ? "" : "elsewhere";
  }
  std::string const& scope_id(ScopeIndex old) const { return from_.scopes[std::size_t(old)].id; }

  /// The flow by which a token is said to have come; only joins ask.
  std::optional<FlowIndex> arrival(Token const& token) const {
    if (token.arrived == k_none) return k_none;
    auto const& id = from_.flows[std::size_t(token.arrived)].id;
    auto const target = node(token.node);
    auto const& incoming = new_node(target).incoming;
    for (auto const flow : incoming)
      if (to_.flows[std::size_t(flow)].id == id) return flow;
    if (new_node(target).kind == NodeKind::parallel_gateway) return std::nullopt;
    return incoming.empty() ? k_none : incoming.front();
  }

 private:
  Definition const& from_;
  Definition const& to_;
  std::vector<NodeIndex> nodes_;
  std::vector<ScopeIndex> scopes_;
  std::set<NodeIndex> known_;
};

std::vector<Obstacle> of_state(Atlas const& atlas, Instance const& instance) {
  std::vector<Obstacle> out;
  auto const refuse = [&](std::string const& element, std::string reason) {
    Obstacle found{.element = element, .reason = std::move(reason)};
    if (!found.reason.empty() && std::ranges::find(out, found) == out.end())
      out.push_back(std::move(found));
  };
  auto const rest = [&](NodeIndex at) { refuse(atlas.old_node(at).id, atlas.unlike(at)); };
  for (auto const& token : instance.tokens) {
    rest(token.node);
    if (atlas.node(token.node) != k_none && !atlas.arrival(token))
      refuse(atlas.old_node(token.node).id, "join");
  }
  for (auto const& scope : instance.scopes)
    refuse(atlas.scope_id(scope.scope), atlas.unlike_scope(scope.scope));
  for (auto const& incident : instance.incidents) rest(incident.node);
  for (auto const end : instance.ends) rest(end);
  return out;
}

std::vector<Obstacle> of_data(Package const& to, Instance const& instance) {
  std::vector<Obstacle> out;
  for (auto const& message : instance.early) {
    auto const* const form = to.form(message.message);
    if (form == nullptr || !form->early) out.push_back({message.message, "message"});
  }
  for (auto const& [path, type] : to.variables) {
    auto const& value = at_path(instance.variables, path);
    if (!value.is_null() && !has_type(value, type)) out.push_back({path, "variable"});
  }
  return out;
}

/// The case as it stands, under the numbers of the target. Waits that the target does not have are
/// left out; `dropped` hears of them.
Instance renumbered(Atlas const& atlas, Instance out,
                    std::function<void(NodeIndex old)> const& dropped) {
  for (auto& scope : out.scopes) scope.scope = atlas.scope(scope.scope);
  auto const keep_equal = [&](auto& waits) {
    std::erase_if(waits, [&](auto const& wait) {
      bool const gone = !atlas.unlike(wait.node).empty();
      if (gone) dropped(wait.node);
      return gone;
    });
  };
  keep_equal(out.timers);
  keep_equal(out.subscriptions);
  for (auto& token : out.tokens) {
    token.arrived = atlas.arrival(token).value_or(k_none);
    token.node = atlas.node(token.node);
  }
  for (auto& each : out.tasks) each.node = atlas.node(each.node);
  for (auto& each : out.timers) each.node = atlas.node(each.node);
  for (auto& each : out.pending) each.node = atlas.node(each.node);
  for (auto& each : out.incidents) each.node = atlas.node(each.node);
  for (auto& each : out.ends) each = atlas.node(each);
  for (auto& each : out.subscriptions) {
    each.node = atlas.node(each.node);
    each.message = atlas.new_node(each.node).message;
  }
  return out;
}

bool reads(Expression const& expression, std::string_view prefix) {
  return std::ranges::any_of(expression.paths(),
                             [&](auto const& path) { return path.starts_with(prefix); });
}

/// Moves one case; the machine holds it under the numbers of the target.
class Mover {
 public:
  Mover(Package const& from, Package const& to, Calendar const& calendar, Instance const& instance,
        Event const& event, Migrated const& plan)
      : to_{to},
        calendar_{calendar},
        before_{instance},
        atlas_{from.process, to.process, plan.nodes},
        machine_{to, calendar, renumbered(atlas_, instance, [&](NodeIndex old) {
                   dropped_.push_back(from.process.nodes[std::size_t(old)].id);
                 })} {
    machine_.now = std::max(event.at, instance.at);
    machine_.actor = event.actor;
  }

  Result<Step> run(Migrated const& plan) {
    auto& instance = machine_.instance;
    auto const old = instance.deadlines;
    auto fresh = compute_deadlines(to_.term, calendar_, old.filed, old.place, old.extended);
    if (!fresh) return std::unexpected(fresh.error());
    renew_deadlines(instance, to_.term, *std::move(fresh), legal_date(machine_.now));
    machine_.fact("migrated", "",
                  {{"from", plan.from},
                   {"to", plan.to},
                   {"due_before", old.due},
                   {"due", instance.deadlines.due}});
    for (auto const& id : dropped_) machine_.fact("wait_dropped", id);
    for (std::size_t i = 0; i < instance.timers.size(); ++i) renew(instance.timers[i]);
    arm_new();
    machine_.run();
    return machine_.finish(before_.version + 1);
  }

 private:
  Node const& node(NodeIndex index) const { return atlas_.new_node(index); }

  /// A wait may begin to count when its task opened; otherwise it counts from the move.
  Instant began(Timer const& timer) const {
    if (timer.armed != Instant{}) return timer.armed;
    auto const& tasks = machine_.instance.tasks;
    auto const host = std::ranges::find(tasks, timer.token, &Task::token);
    return host == tasks.end() ? machine_.now : host->opened;
  }

  void renew(Timer& timer) {
    auto const& expression = *node(timer.node).timer;
    bool const counts = reads(expression, "T.") || expression.text().contains("wd_");
    if (!counts && expression.text() == old_text(timer.node)) return;
    auto const since = began(timer);
    auto const scope = machine_.scope_of_wait(timer.token, timer.scope);
    Actor const system{.user = "", .role = "system"};
    auto const env =
        environment_in(to_.process, machine_.instance, scope, calendar_, since, system);
    auto const due = due_at(expression.evaluate(env, calendar_), since);
    timer.armed = reads(expression, "event.") ? since : Instant{};
    if (!due || *due == timer.due) return;
    auto const was = timer.due;
    timer.due = *due > machine_.now ? *due : std::min(timer.due, end_of_today());
    if (timer.due != was) machine_.fact("timer_moved", node(timer.node).id, {{"due", timer.due}});
  }

  std::string old_text(NodeIndex target) const {
    auto const& nodes = before_.timers;
    for (auto const& timer : nodes)
      if (atlas_.node(timer.node) == target) return atlas_.old_node(timer.node).timer->text();
    return {};
  }

  Instant end_of_today() const { return end_of(legal_date(machine_.now)); }

  /// Waits that only the target has. One that the source has too and that is not open has had its
  /// turn.
  void arm_new() {
    auto const tokens = machine_.instance.tokens;
    for (auto const& token : tokens) {
      bool const turn = std::ranges::any_of(
          machine_.instance.scopes,
          [&](ScopeInstance const& scope) { return scope.id == token.scope && scope.is_turn(); });
      if (turn) continue;
      for (auto const boundary : node(token.node).boundary) arm(token.id, k_none, boundary);
      if (node(token.node).kind != NodeKind::event_gateway) continue;
      for (auto const flow : node(token.node).outgoing)
        arm(token.id, k_none, to_.process.flows[std::size_t(flow)].target);
    }
    auto const scopes = machine_.instance.scopes;
    for (auto const& scope : scopes) {
      if (scope.is_turn()) continue;
      for (auto const events : atlas_.new_scope(scope.scope).event_scopes)
        arm(k_none, scope.id, atlas_.new_scope(events).start);
    }
  }

  void arm(std::int32_t token, std::int32_t scope, NodeIndex waiting) {
    if (node(waiting).event == EventKind::error || atlas_.known(waiting)) return;
    auto const timers = machine_.instance.timers.size();
    machine_.arm(token, scope, waiting);
    machine_.fact("wait_armed", node(waiting).id);
    // What is new is never late on the day on which it comes.
    if (machine_.instance.timers.size() == timers) return;
    auto& due = machine_.instance.timers.back().due;
    if (due <= machine_.now) due = end_of_today();
  }

  Package const& to_;
  Calendar const& calendar_;
  Instance const& before_;
  std::vector<std::string> dropped_;
  Atlas atlas_;
  Machine machine_;
};

std::unexpected<Error> refused(ErrorCode code, std::string text, Obstacle const& why = {}) {
  Error error{.code = code, .text = std::move(text), .field = {}};
  if (!why.reason.empty()) error.arguments = {{"element", why.element}, {"reason", why.reason}};
  return std::unexpected(std::move(error));
}

/// What holds for a move and for its undo.
std::optional<std::unexpected<Error>> refused_event(Calendar const& calendar,
                                                    Instance const& instance, Event const& event) {
  if (event.actor.role != "admin") return fail(ErrorCode::forbidden, "error.role");
  if (instance.version == 0) return refused(ErrorCode::conflict, "error.not_started");
  if (instance.ended) return refused(ErrorCode::gone, "error.case_ended");
  if (calendar.version() != instance.deadlines.calendar_version)
    return refused(ErrorCode::conflict, "error.calendar_version");
  return std::nullopt;
}

}  // namespace

std::vector<Obstacle> check_plan(Package const& from, Package const& to, NodeMap const& nodes) {
  std::vector<Obstacle> out;
  if (from.service != to.service) out.push_back({to.service, "service"});
  if (nodes.size() > k_moved_nodes_max) out.push_back({"", "too_many_nodes"});
  auto const is_scope = [](Definition const& in, std::string_view id) {
    return std::ranges::find(in.scopes, id, &Scope::id) != in.scopes.end();
  };
  Atlas const atlas{from.process, to.process, nodes};
  for (auto const& [old_id, new_id] : nodes) {
    auto const old = from.process.find(old_id);
    bool const scope = is_scope(from.process, old_id);
    if (old == k_none && !scope) {
      out.push_back({old_id, "unknown_node"});
    } else if (old == k_none) {
      if (!is_scope(to.process, new_id)) out.push_back({old_id, "no_such_node"});
    } else if (auto reason = atlas.unlike(old); !reason.empty()) {
      out.push_back({old_id, std::move(reason)});
    }
  }
  return out;
}

std::vector<Obstacle> obstacles(Package const& from, Package const& to, NodeMap const& nodes,
                                Instance const& instance) {
  auto out = check_plan(from, to, nodes);
  if (!out.empty()) return out;
  out = of_state(Atlas{from.process, to.process, nodes}, instance);
  std::ranges::move(of_data(to, instance), std::back_inserter(out));
  return out;
}

Result<Step> migrate(Package const& from, Package const& to, Calendar const& calendar,
                     Instance const& instance, Event const& event) {
  if (auto bad = refused_event(calendar, instance, event)) return *bad;
  auto const* const plan = std::get_if<Migrated>(&event.body);
  if (plan == nullptr || plan->undo || plan->from != from.sha256 || plan->to != to.sha256)
    return refused(ErrorCode::invalid, "error.migration", {"", "package"});
  auto const at = std::max(event.at, instance.at);
  if (std::ranges::any_of(instance.timers, [&](Timer const& timer) { return timer.due <= at; }))
    return refused(ErrorCode::conflict, "error.timers_due");
  auto const found = obstacles(from, to, plan->nodes, instance);
  if (!found.empty()) return refused(ErrorCode::conflict, "error.migration", found.front());
  auto moved = Mover{from, to, calendar, instance, event, *plan}.run(*plan);
  if (moved)
    if (auto bad = find_oversize(*moved, event)) return std::unexpected(*std::move(bad));
  return moved;
}

Result<Step> undo_migration(Package const& to, Calendar const& calendar, Instance const& instance,
                            Instance const& before, Event const& event) {
  if (auto bad = refused_event(calendar, instance, event)) return *bad;
  auto const* const plan = std::get_if<Migrated>(&event.body);
  if (plan == nullptr || !plan->undo || plan->to != to.sha256)
    return refused(ErrorCode::invalid, "error.migration", {"", "package"});
  // A message that came early may have met its wait in the move itself.
  bool const moved_on = before.version + 1 != instance.version || before.early != instance.early ||
                        before.deadlines.calendar_version != calendar.version();
  if (moved_on) return refused(ErrorCode::conflict, "error.migration_moved_on");
  auto start = before;
  start.next_id = instance.next_id;
  Machine machine{to, calendar, std::move(start)};
  machine.now = std::max(event.at, instance.at);
  machine.actor = event.actor;
  machine.fact("migration_undone", "",
               {{"from", plan->from},
                {"to", plan->to},
                {"due_before", instance.deadlines.due},
                {"due", before.deadlines.due}});
  machine.fire_due(machine.now);
  auto undone = machine.finish(instance.version + 1);
  if (auto bad = find_oversize(undone, event)) return std::unexpected(*std::move(bad));
  return undone;
}

Result<std::vector<PastStep>> replay_case(std::vector<Event> const& events,
                                          std::string const& package, std::int64_t calendar,
                                          PackageOf const& packages, CalendarOf const& calendars) {
  std::vector<PastStep> out;
  auto now_package = packages(package);
  auto now_calendar = calendars(calendar);
  Instance before;  // the last move
  Instance now;
  auto const broken = [&] {
    Error error{.code = ErrorCode::conflict, .text = "error.replay", .field = {}};
    error.arguments = {{"seq", std::to_string(out.size() + 1)}};
    return std::unexpected(std::move(error));
  };
  for (auto const& event : events) {
    auto const* const plan = std::get_if<Migrated>(&event.body);
    auto const* const change = std::get_if<CalendarChanged>(&event.body);
    if (change != nullptr) now_calendar = calendars(change->version);
    auto const target = plan == nullptr ? now_package : packages(plan->to);
    if (!now_package || !now_calendar || !target) return broken();
    auto made = plan == nullptr ? step(*now_package, *now_calendar, now, event)
                : plan->undo    ? undo_migration(*target, *now_calendar, now, before, event)
                                : migrate(*now_package, *target, *now_calendar, now, event);
    if (!made) return broken();
    if (plan != nullptr) before = std::move(now);
    now = made->next;
    now_package = target;
    out.push_back({.event = event,
                   .package = now_package,
                   .calendar = now_calendar,
                   .step = *std::move(made)});
  }
  return out;
}

namespace {

/// The moves that a case has made and not taken back, with the one that is planned, oldest first;
/// each with the number of steps before it.
std::vector<std::pair<std::size_t, NodeMap>> moves_of(std::vector<PastStep> const& past,
                                                      NodeMap const& planned) {
  std::vector<std::pair<std::size_t, NodeMap>> out;
  for (std::size_t i = 0; i < past.size(); ++i) {
    auto const* const plan = std::get_if<Migrated>(&past[i].event.body);
    if (plan == nullptr) continue;
    if (plan->undo)
      out.pop_back();
    else
      out.emplace_back(i, plan->nodes);
  }
  out.emplace_back(past.size(), planned);
  return out;
}

}  // namespace

std::uint64_t remember(Package const& to, NodeMap const& nodes, std::vector<PastStep> const& past) {
  auto const observers = load_observers(to).value_or(std::vector<Observer>{});
  auto registers = first_registers(observers);
  auto const moves = moves_of(past, nodes);
  for (std::size_t i = 0; i < past.size(); ++i) {
    auto const& was = past[i];
    if (std::holds_alternative<Migrated>(was.event.body)) continue;  // no step of the process
    auto const renamed = [&](std::string id) {
      for (auto const& [after, names] : moves)
        if (after > i) id = named(names, id);
      return id;
    };
    auto const& old = was.package->process;
    auto const moved = [&](NodeIndex index) {
      return to.process.find(renamed(old.nodes[std::size_t(index)].id));
    };
    auto seen = was.step;
    for (auto& token : seen.next.tokens) token.node = moved(token.node);
    for (auto& fact : seen.facts) fact.node = renamed(fact.node);
    std::vector<NodeIndex> visits;
    for (auto const& visit : was.step.visits) visits.push_back(moved(visit.node));
    auto const environment =
        engine::environment(*was.calendar, was.step.next, was.step.next.at, was.event.actor);
    observe(observers,
            {.step = seen,
             .visits = visits,
             .event = &was.event,
             .environment = environment,
             .calendar = *was.calendar},
            registers);
  }
  return registers;
}

}  // namespace qyzmet::engine
