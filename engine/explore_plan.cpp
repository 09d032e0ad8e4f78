#include "engine/explore_plan.hpp"

#include <algorithm>

#include "engine/explore_expressions.hpp"

namespace qyzmet::engine {

namespace {

constexpr int k_copied_day_wd = 30;  // how far back a day that is stored again still matters

/// The day or moment of the act, which is never before today.
bool is_now(ExpressionParts const& parts, std::size_t index) {
  auto const* const path = parts.path(index);
  return path != nullptr && (*path == "event.date" || *path == "event.at");
}

/// How far back a day counts as an operand of a comparison. Whether it has come by the day of the
/// act is true for ever from that day on, so that one and those before are alike; unless something
/// else still decides how far ahead of it the comparison looks.
int past_in_comparison(ExpressionParts const& parts, std::size_t comparison, std::size_t operand) {
  auto const& part = parts.parts[comparison];
  auto const reach = parts.reach(comparison);
  auto const& asked = parts.parts[operand];
  if (part.operands.size() != 2 || !asked.alone || asked.paths.size() != 1) return 1 + reach;
  bool const first = part.operands.front() == operand;
  bool const now_second = is_now(parts, part.operands[first ? 1 : 0]);
  bool const has_come = first ? part.op == Op::less_equal || part.op == Op::greater
                              : part.op == Op::greater_equal || part.op == Op::less;
  return now_second && has_come ? reach : 1 + reach;
}

void insert_once(std::vector<std::string>& into, std::string const& value) {
  if (std::ranges::find(into, value) == into.end()) into.push_back(value);
}

}  // namespace

ExplorePlan::ExplorePlan(Package const& rules, std::vector<Observer> const& watching, bool apart)
    : package{rules}, observers{watching} {
  find_read_paths();
  each_expression(package, observers, [&](Expression const& expression, std::string_view assigned) {
    auto const parts = ExpressionParts::of(expression);
    bool const of_now = std::ranges::any_of(expression.paths(), [&](auto& p) { return outer(p); });
    int past = of_now ? 1 : 0;  // more in comparisons
    if (!assigned.empty()) past = k_copied_day_wd;
    learn(parts, parts.root, past, past > 0 ? Comparisons::as_acted : Comparisons::settled);
  });
  learn_timers();
  auto const nodes = package.process.nodes.size();
  plans_.resize(nodes);
  acts.resize(nodes);
  watched.resize(nodes);
  counts_from_arming.resize(nodes);
  for (NodeIndex i = 0; i < NodeIndex(nodes); ++i) plan_node(i);
  plan_observers();
  set_by_extension();
  thread_of.assign(nodes, -1);
  if (apart) find_threads();
  for (std::size_t i = 0; i < nodes; ++i)
    for (auto const boundary : package.process.nodes[i].boundary)
      if (!in_thread(boundary)) wait_for(boundary, plans_[i]);
  set_by_extension();  // also what these read
  given.assign(variables.size(), true);
  for (std::size_t i = 0; i < nodes; ++i)
    if (NodeIndex(i) != package.process.scopes.front().start)  // its fields are the application's
      for (auto const* list : {&plans_[i].sets, &plans_[i].may_set})
        for (auto const id : *list) given[std::size_t(id)] = false;
  for (std::size_t i = 0; i < variables.size(); ++i)
    if (variables[i].starts_with("T.")) given[i] = false;
  for (auto const& [id, form] : package.forms)  // what is drawn does not come with an application
    for (auto const& paper : form.produces)
      if (auto const path = variable(paper.path); path >= 0) given[std::size_t(path)] = false;
  find_interchangeable();
  find_settled_conditions();
  solve();
  mark_probes();
  finish();
  mark_probes();
  find_gates();
  find_asking();
  find_horizons();
}

void ExplorePlan::mark_probes() {
  auto const is_given = [&](VariableId id) { return bool{given[std::size_t(id)]}; };
  for (auto& one : probes) {
    one.input = std::ranges::all_of(one.variables, is_given);
    one.mixed = !one.input && std::ranges::any_of(one.variables, is_given);
  }
}

VariableId ExplorePlan::variable(std::string_view path) const {
  auto const found = variable_ids_.find(path);
  return found == variable_ids_.end() ? -1 : found->second;
}

std::vector<std::string> const& ExplorePlan::compared_with(std::string_view path) const {
  static std::vector<std::string> const none;
  auto const found = compared_.find(path);
  return found == compared_.end() ? none : found->second;
}

std::vector<Value> const& ExplorePlan::literals(std::string_view path) const {
  static std::vector<Value> const none;
  auto const found = literals_.find(path);
  return found == literals_.end() ? none : found->second;
}

int ExplorePlan::reach(std::string_view path) const {
  auto const found = reach_.find(path);
  return found == reach_.end() ? 0 : found->second;
}

bool ExplorePlan::is_read(std::string_view path) const {
  return read_.contains(path);
}

// ---- What is compared with what -------------------------------------------------------------

/// An assignment counts when its variable does.
void ExplorePlan::find_read_paths() {
  for (bool changed = true; changed;) {
    auto const before = read_.size();
    each_expression(package, observers,
                    [&](Expression const& expression, std::string_view assigned) {
                      if (!assigned.empty() && !read_.contains(assigned)) return;
                      for (auto const& path : expression.paths()) read_.insert(path);
                    });
    for (auto const& [id, form] : package.forms)
      if (!form.signs.empty() && !form.beside) read_.insert(form.signs);
    changed = read_.size() != before;
  }
}

/// How far back a day counts as an operand, where it counts so far back as a part.
int ExplorePlan::past_in(ExpressionParts const& parts, std::size_t index, std::size_t operand,
                         int past_wd, Comparisons comparisons) {
  if (!is_comparison(parts.parts[index].op) || comparisons == Comparisons::settled) return past_wd;
  return comparisons == Comparisons::as_acted ? past_in_comparison(parts, index, operand)
                                              : 1 + parts.reach(index);
}

VariableId ExplorePlan::intern(std::string_view path) {
  auto const [at, fresh] = variable_ids_.emplace(path, VariableId(variables.size()));
  if (fresh) {
    variables.emplace_back(path);
    pieces.emplace_back();
  }
  return at->second;
}

/// Not of the case, but of the act.
bool ExplorePlan::outer(std::string_view path) const {
  return path.starts_with("event.") || path.starts_with("actor.") || path.starts_with("result.");
}

/// An extension asks again what a timer asked on the day on which it was armed, so nothing of it is
/// settled by what has come since.
void ExplorePlan::learn_timers() {
  for (auto const& node : package.process.nodes) {
    if (!node.timer) continue;
    auto const parts = ExpressionParts::of(*node.timer);
    learn(parts, parts.root, 1, Comparisons::as_armed);
  }
}

/// Notes comparisons, and the largest parts that read one variable alone.
void ExplorePlan::learn(ExpressionParts const& parts, std::size_t index, int past_wd,
                        Comparisons comparisons) {
  auto const& part = parts.parts[index];
  if (is_comparison(part.op) || part.op == Op::nip) learn_comparison(parts, part);
  bool const piece = part.alone && part.paths.size() == 1 && !outer(part.paths.front());
  for (auto const operand : part.operands) {
    auto const past = past_in(parts, index, operand, past_wd, comparisons);
    learn(parts, operand, piece ? -1 : past, comparisons);
  }
  if (!piece || past_wd < 0) return;
  auto const id = intern(part.paths.front());
  auto const found = probe(parts.part(index), parts.identity(index), part.paths, false,
                           std::max(0, past_wd - parts.reach(index)));
  auto& list = pieces[std::size_t(id)];
  if (std::ranges::find(list, found) == list.end()) list.push_back(found);
}

void ExplorePlan::learn_comparison(ExpressionParts const& parts, ExpressionPart const& part) {
  auto const path_at = [&](std::size_t index) -> std::string const* {
    auto const& operand = parts.parts[index];
    if (operand.op == Op::date) return parts.path(operand.operands.front());
    return parts.path(index);
  };
  for (auto const one : part.operands) {
    auto const* const path = path_at(one);
    if (path == nullptr) continue;
    auto& reach = reach_[*path];
    reach = std::max(reach, parts.reach());
    auto& literals = literals_[*path];
    auto const literal = [&](Value const& value) {
      if (std::ranges::find(literals, value) == literals.end()) literals.push_back(value);
    };
    for (auto const other : part.operands) {
      if (other == one) continue;
      if (auto const* const value = parts.constant(other)) literal(*value);
      if (auto const* const with = path_at(other)) insert_once(compared_[*path], *with);
    }
    if (part.op != Op::nip) continue;
    for (std::size_t i = 0; i < parts.parts.size(); ++i)
      if (auto const* const value = parts.constant(i);
          value != nullptr && parts.parts[i].first >= part.first && parts.parts[i].last < part.last)
        literal(*value);
  }
}

bool Probe::tells_all_of(Probe const& other) const {
  if (this == &other || truth != other.truth || past_wd < other.past_wd ||
      identity != other.identity || conditions.size() >= other.conditions.size())
    return false;
  return std::ranges::all_of(conditions, [&](Condition const& condition) {
    return std::ranges::find(other.conditions, condition.identity, &Condition::identity) !=
           other.conditions.end();
  });
}

// ---- Needs ----------------------------------------------------------------------------------

ProbeId ExplorePlan::probe(Expression const& expression, std::string const& identity,
                           std::vector<std::string> const& paths, bool truth, int past_wd,
                           Conditions const& conditions) {
  auto key = (truth ? "?" : "=") + identity;
  for (auto const& condition : conditions) key += "| " + condition.identity;
  auto const [at, fresh] = probe_ids_.emplace(key, ProbeId(probes.size()));
  if (fresh) {
    Probe made{.expression = expression,
               .identity = identity,
               .conditions = conditions,
               .variables = {},
               .truth = truth};
    for (auto const& path : paths) made.variables.push_back(intern(path));
    for (auto const& condition : conditions)
      for (auto const& path : condition.paths) made.variables.push_back(intern(path));
    std::ranges::sort(made.variables);
    made.variables.erase(std::ranges::unique(made.variables).begin(), made.variables.end());
    probes.push_back(std::move(made));
  }
  auto& found = probes[std::size_t(at->second)];
  found.past_wd = std::max(found.past_wd, past_wd);
  return at->second;
}

std::int32_t ExplorePlan::need(ProbeId of, std::vector<VariableId> left) {
  Need wanted{.probe = of, .left = std::move(left)};
  auto const [at, fresh] = need_ids_.emplace(wanted, std::int32_t(needs_.size()));
  if (fresh) needs_.push_back(std::move(wanted));
  return at->second;
}

std::int32_t ExplorePlan::need_whole(ProbeId of) {
  return need(of, probes[std::size_t(of)].variables);
}

bool ExplorePlan::pure(ExpressionParts const& parts, std::size_t index,
                       std::set<VariableId> const& fresh) const {
  auto const& part = parts.parts[index];
  return part.alone && std::ranges::none_of(part.paths, [&](std::string const& path) {
           return outer(path) || fresh.contains(variable(path));
         });
}

/// The conjuncts that depend on the past alone.
Conditions ExplorePlan::conditions(Expression const& expression,
                                   std::set<VariableId> const& fresh) const {
  auto const parts = ExpressionParts::of(expression);
  std::vector<std::size_t> all;
  conjuncts(parts, parts.root, all);
  Conditions out;
  for (auto const index : all)
    if (!parts.parts[index].paths.empty() && pure(parts, index, fresh))
      out.push_back({.expression = parts.part(index),
                     .identity = parts.identity(index),
                     .paths = parts.parts[index].paths});
  return out;
}

void ExplorePlan::collect(ExpressionParts const& parts, std::size_t index,
                          std::set<VariableId> const& fresh, int past_wd,
                          std::vector<std::int32_t>& out, Conditions const& under,
                          Comparisons comparisons) {
  auto const& part = parts.parts[index];
  if (part.paths.empty()) return;
  if (pure(parts, index, fresh)) {
    out.push_back(need_whole(probe(parts.part(index), parts.identity(index), part.paths, false,
                                   std::max(0, past_wd - parts.reach(index)), under)));
    return;
  }
  for (auto const operand : part.operands)
    collect(parts, operand, fresh, past_in(parts, index, operand, past_wd, comparisons), out, under,
            comparisons);
}

void ExplorePlan::read(Expression const& expression, std::set<VariableId> const& fresh,
                       std::vector<std::int32_t>& out, Conditions const& under,
                       Comparisons comparisons) {
  auto const parts = ExpressionParts::of(expression);
  collect(parts, parts.root, fresh, 1, out, under, comparisons);
}

void ExplorePlan::conjuncts(ExpressionParts const& parts, std::size_t index,
                            std::vector<std::size_t>& out) {
  auto const& part = parts.parts[index];
  if (part.op != Op::both) return out.push_back(index);
  for (auto const operand : part.operands) conjuncts(parts, operand, out);
}

/// What the guards under one condition demand of the past is one question: is all of it true?
void ExplorePlan::read_guards(std::vector<Guard> const& guards, std::set<VariableId> const& fresh,
                              std::vector<std::int32_t>& out) {
  struct Demand {
    std::vector<Expression> all;
    std::set<std::string> identities;
    std::vector<std::string> paths;
    Conditions under;
  };
  std::map<std::string, Demand> demands;
  for (auto const& guard : guards) {
    if (!guard.awaits.empty()) continue;
    if (guard.when) read(*guard.when, fresh, out);
    auto& demand = demands[guard.when ? guard.when->text() : ""];
    if (guard.when) demand.under = conditions(*guard.when, fresh);
    auto const parts = ExpressionParts::of(guard.require);
    std::vector<std::size_t> all;
    conjuncts(parts, parts.root, all);
    for (auto const index : all) {
      auto const& paths = parts.parts[index].paths;
      if (paths.empty()) continue;
      if (!pure(parts, index, fresh)) {
        collect(parts, index, fresh, 1, out, demand.under);
      } else if (demand.identities.insert(parts.identity(index)).second) {
        demand.all.push_back(parts.part(index));
        for (auto const& path : paths) insert_once(demand.paths, path);
      }
    }
  }
  for (auto const& [when, demand] : demands) {
    if (demand.all.empty()) continue;
    std::string identity;
    for (auto const& one : demand.identities) identity += one + "& ";
    out.push_back(need_whole(
        probe(all_of(demand.all), identity, demand.paths, true, k_copied_day_wd, demand.under)));
  }
}

void ExplorePlan::read_assignments(std::vector<Assignment> const& assignments,
                                   std::set<VariableId> const& fresh,
                                   std::vector<std::int32_t>& out) {
  for (auto const& assignment : assignments) {
    if (!is_read(assignment.path)) continue;
    auto const parts = ExpressionParts::of(assignment.value);
    collect(parts, parts.root, fresh, k_copied_day_wd, out);
    if (assignment.when) read(*assignment.when, fresh, out);
  }
}

/// Adds the constants that a part can give; false when it can give anything else.
bool ExplorePlan::possible(ExpressionParts const& parts, std::size_t index,
                           std::vector<Value>& out) {
  if (auto const* const value = parts.constant(index)) {
    out.push_back(*value);
    return true;
  }
  auto const& part = parts.parts[index];
  return part.op == Op::choose && possible(parts, part.operands[1], out) &&
         possible(parts, part.operands[2], out);
}

void ExplorePlan::learn_values(std::vector<Assignment> const& assignments, NodePlan& plan) {
  for (auto const& assignment : assignments) {
    if (!is_read(assignment.path)) continue;
    auto const parts = ExpressionParts::of(assignment.value);
    auto& known = plan.values.try_emplace(intern(assignment.path), std::in_place).first->second;
    if (known && !possible(parts, parts.root, *known)) known.reset();
  }
}

/// The condition counts where it still holds after the act: nothing that it reads is assigned
/// there.
void ExplorePlan::set_when(Expression const& when, std::string_view path, VariableId id,
                           std::vector<Assignment> const& assignments, NodePlan& plan) {
  auto const changed = [&](std::string const& read) {
    return read == path ||
           std::ranges::find(assignments, read, &Assignment::path) != assignments.end();
  };
  auto const parts = ExpressionParts::of(when);
  if (std::ranges::none_of(when.paths(), changed))
    plan.set_when.emplace(id, parts.identity(parts.root));
}

/// What the values that an act can set say about a condition.
ExplorePlan::Answered ExplorePlan::answered(Condition const& condition,
                                            NodePlan const& over) const {
  if (condition.paths.size() != 1) return Answered::open;
  auto const set = over.values.find(variable(condition.paths.front()));
  if (set == over.values.end() || !set->second) return Answered::open;
  Calendar const no_calendar{0, {}, 1, 1, {}};
  auto const holds = [&](Value const& value) {
    Context one;
    set_path(one, condition.paths.front(), value);
    return condition.expression.is_true(one, no_calendar);
  };
  if (std::ranges::all_of(*set->second, holds)) return Answered::yes;
  return std::ranges::any_of(*set->second, holds) ? Answered::open : Answered::no;
}

std::optional<ExplorePlan::Need> ExplorePlan::before(Need const& need, NodePlan const& over,
                                                     std::vector<VariableId> const& sets) {
  auto const asked = probes[std::size_t(need.probe)];
  auto const is_set = [&](VariableId id) { return std::ranges::find(sets, id) != sets.end(); };
  Conditions kept;
  for (auto const& condition : asked.conditions) {
    bool const touched = std::ranges::any_of(
        condition.paths, [&](std::string const& path) { return is_set(variable(path)); });
    if (!touched) {
      kept.push_back(condition);
    } else if (answered(condition, over) == Answered::no) {
      return std::nullopt;
    }
  }
  Need out = need;
  if (kept.size() != asked.conditions.size()) {
    auto const paths = asked.expression.paths();
    out.probe = probe(asked.expression, asked.identity, {paths.begin(), paths.end()}, asked.truth,
                      asked.past_wd, kept);
    auto const& fewer = probes[std::size_t(out.probe)].variables;
    std::erase_if(out.left,
                  [&](VariableId id) { return std::ranges::find(fewer, id) == fewer.end(); });
  }
  std::erase_if(out.left, is_set);
  bool const asks = std::ranges::any_of(out.left, [&](VariableId id) {
    return asked.expression.paths().contains(variables[std::size_t(id)]);
  });
  if (!asks) return std::nullopt;
  return out;
}

// ---- Nodes ----------------------------------------------------------------------------------

void ExplorePlan::plan_form(Form const& form, std::string const& role, NodeIndex index) {
  auto& plan = plans_[std::size_t(index)];
  acts[std::size_t(index)].form = &form;
  std::set<VariableId> fresh;
  for (auto const& field : form.fields)
    if (is_read(field.name)) fresh.insert(intern(field.name));
  plan.sets.assign(fresh.begin(), fresh.end());
  if (auto const found = package.roles.find(role); found != package.roles.end())
    read_guards(found->second, {}, plan.acting);
  for (auto const& field : form.fields) {
    if (field.shown) read(*field.shown, fresh, plan.acting);
    for (auto const& choice : field.choices)
      if (choice.available) read(*choice.available, fresh, plan.acting);
  }
  read_guards(form.guards, fresh, plan.acting);
  read_assignments(form.assignments, fresh, plan.assigning);
  auto const set = [&](std::string const& path, bool always) {
    if (is_read(path)) (always ? plan.sets : plan.may_set).push_back(intern(path));
  };
  for (auto const& assignment : form.assignments) set(assignment.path, !assignment.when);
  learn_values(form.assignments, plan);
  for (auto const id : fresh) plan.values.erase(id);
  for (auto const& document : form.produces) {
    if (document.when) read(*document.when, fresh, plan.assigning);
    set(document.path, !document.when);
    if (!is_read(document.path)) continue;
    auto const id = intern(document.path);
    plan.values.erase(id);
    if (document.when) set_when(*document.when, document.path, id, form.assignments, plan);
  }
  plan.acting.insert(plan.acting.end(), plan.assigning.begin(), plan.assigning.end());
  if (form.signs_when) read(*form.signs_when, fresh, plan.acting);
  if (!form.signs.empty())
    if (auto const given_then = Expression::compile(form.signs + " != null"))
      read(*given_then, fresh, plan.acting);
}

/// All days of a term are new when it is extended, but for the one on which it began.
void ExplorePlan::set_by_extension() {
  auto const prefix = package.term.id + ".";
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    if (package.process.nodes[i].handler != "term.extend") continue;
    for (VariableId id = 0; id < VariableId(variables.size()); ++id)
      if (auto const& path = variables[std::size_t(id)];
          path.starts_with(prefix) && path != prefix + "start" &&
          std::ranges::find(plans_[i].sets, id) == plans_[i].sets.end())
        plans_[i].sets.push_back(id);
  }
}

/// The days that an extension of the term is counted from, and whether there was one.
void ExplorePlan::read_extension(NodeIndex index) {
  auto& plan = plans_[std::size_t(index)];
  auto const* const rule =
      package.term.extension(package.process.nodes[std::size_t(index)].handler_kind);
  if (rule == nullptr) return;
  auto const& id = package.term.id;
  if (auto const first = Expression::compile(id + ".extended_on = null"))
    read(*first, {}, plan.acting);  // a second time is an incident
  if (rule->basis != MilestoneRule::Basis::decision) {
    auto const from = rule->basis == MilestoneRule::Basis::start ? ".start, " : ".end, ";
    auto const end = Expression::compile("wd_add(" + id + from + std::to_string(rule->days) + ")");
    if (end) read(*end, {}, plan.acting);
  }
}

/// An extension counts a timer anew that waits already: from the new term, from what else it reads
/// now, and as of the day on which it was armed.
void ExplorePlan::read_timer(NodeIndex index) {
  auto const& node = package.process.nodes[std::size_t(index)];
  auto const& nodes = package.process.nodes;
  bool const extends = std::ranges::find(nodes, "term.extend", &Node::handler) != nodes.end();
  if (!node.timer || !extends) return;
  auto const& paths = node.timer->paths();
  auto const of_term = [&](std::string const& path) {
    return path.starts_with(package.term.id + ".");
  };
  bool const moves = std::ranges::any_of(paths, [&](std::string const& path) {
    return of_term(path) && path != package.term.id + ".start";
  });
  if (!moves) return;
  counts_from_arming[std::size_t(index)] =
      std::ranges::any_of(paths, [](auto& path) { return path.starts_with("event."); });
  if (!std::ranges::all_of(paths, [&](auto& path) { return of_term(path) || outer(path); }))
    read(*node.timer, {}, plans_[std::size_t(index)].acting, {}, Comparisons::as_armed);
}

void ExplorePlan::wait_for(NodeIndex timed, NodePlan& plan) {
  auto const& timer = package.process.nodes[std::size_t(timed)].timer;
  if (timer) read(*timer, {}, plan.arriving);
}

void ExplorePlan::plan_node(NodeIndex index) {
  auto const& node = package.process.nodes[std::size_t(index)];
  auto& plan = plans_[std::size_t(index)];
  auto const waits_for = [&](NodeIndex timed) { wait_for(timed, plan); };
  waits_for(index);
  read_timer(index);
  if (node.kind == NodeKind::event_gateway)
    for (auto const out : node.outgoing) waits_for(package.process.flows[std::size_t(out)].target);
  if (node.body != k_none)
    for (auto const events : package.process.scopes[std::size_t(node.body)].event_scopes)
      waits_for(package.process.scopes[std::size_t(events)].start);
  if (node.key) read(*node.key, {}, plan.arriving);
  if (node.multi && node.multi->collection) read(*node.multi->collection, {}, plan.arriving);
  if (node.multi && node.multi->cardinality) read(*node.multi->cardinality, {}, plan.arriving);
  if (node.multi && node.multi->completion) read(*node.multi->completion, {}, plan.leaving);
  for (auto const& mapping : node.in)
    if (!passes_on(mapping)) read(mapping.value, {}, plan.arriving);
  for (auto const& mapping : node.out) {
    if (passes_on(mapping) || !is_read(mapping.path)) continue;
    read(mapping.value, {}, plan.acting);
    plan.sets.push_back(intern(mapping.path));
  }
  for (auto const out : node.outgoing) {
    auto const& condition = package.process.flows[std::size_t(out)].condition;
    if (condition) read(*condition, {}, plan.leaving);
  }
  if (node.kind == NodeKind::user_task) {
    if (auto const* const form = package.form(node.form)) plan_form(*form, node.role, index);
  } else if (node.event == EventKind::message && node.scope != k_none) {
    if (auto const* const form = package.form(node.message)) plan_form(*form, form->role, index);
  } else if (node.kind == NodeKind::service_task && node.handler != "breach") {
    auto const found = package.handlers.find(node.handler_kind);
    if (found == package.handlers.end()) return;
    acts[std::size_t(index)].handler = &found->second;
    if (node.handler == "term.extend") read_extension(index);
    read_assignments(found->second.assignments, {}, plan.assigning);
    plan.acting = plan.assigning;
    learn_values(found->second.assignments, plan);
    for (auto const& assignment : found->second.assignments)
      if (is_read(assignment.path))
        (assignment.when ? plan.may_set : plan.sets).push_back(intern(assignment.path));
  }
}

// ---- Symmetry -------------------------------------------------------------------------------

/// Grounds are chosen, stored again and compared with each other; when that is all, which one it
/// was does not matter.
void ExplorePlan::find_interchangeable() {
  alike.assign(variables.size(), false);
  Texts group;
  for (auto const& [id, form] : package.forms)
    for (auto const& field : form.fields)
      if (field.source == "grounds" && is_read(field.name)) group.insert(field.name);
  auto const copied = [&](std::string_view into, Expression const& value) {
    auto const* const from = value.paths().size() == 1 ? &*value.paths().begin() : nullptr;
    if (from == nullptr || value.text() != *from) return false;
    if (group.contains(*from)) return group.insert(std::string{into}).second;
    return group.contains(into) && group.insert(*from).second;
  };
  for (bool grows = !group.empty(); grows;) {
    grows = false;
    each_expression(
        package, observers, [&](Expression const& expression, std::string_view assigned) {
          grows = (!assigned.empty() && is_read(assigned) && copied(assigned, expression)) || grows;
        });
  }
  if (group.empty()) return;
  // Swaps of two make up all the others: the largest set in which each can be swapped with one.
  std::vector<Texts> sets;
  for (auto const& ground : package.grounds) {
    Texts joined{ground.code};
    std::erase_if(sets, [&](auto& set) {
      bool const joins = std::ranges::any_of(
          set, [&](std::string const& other) { return swap({ground.code, other}, group); });
      if (joins) joined.merge(set);
      return joins;
    });
    sets.push_back(std::move(joined));
  }
  for (auto& set : sets)
    if (set.size() > std::max<std::size_t>(1, interchangeable.size()))
      interchangeable = std::move(set);
  if (interchangeable.empty()) return;
  for (auto const& path : group) {
    auto const id = variable(path);
    if (id < 0) continue;
    alike[std::size_t(id)] = true;
    for (auto const piece : pieces[std::size_t(id)])
      if (probes[std::size_t(piece)].expression.text() == path + " ")
        probes[std::size_t(piece)].alike = true;
  }
}

/// Does no expression notice when two grounds are swapped in all variables of the group?
bool ExplorePlan::swap(Pair const& grounds, Texts const& group) const {
  bool all = true;
  each_expression(package, observers, [&](Expression const& expression, std::string_view assigned) {
    auto const parts = ExpressionParts::of(expression);
    bool const copies = group.contains(assigned) && parts.path(parts.root) != nullptr;
    if (assigned.empty() || is_read(assigned))
      all = all && (copies || swaps(parts, parts.root, grounds, group));
  });
  return all;
}

bool ExplorePlan::swaps(ExpressionParts const& parts, std::size_t index, Pair const& grounds,
                        Texts const& group) const {
  auto const& part = parts.parts[index];
  auto const in_group = [&](std::string const& path) { return group.contains(path); };
  if (std::ranges::none_of(part.paths, in_group)) return true;
  if (part.op == Op::path) return false;
  if (part.op == Op::equal || part.op == Op::unequal) {
    auto const* const left = parts.path(part.operands[0]);
    auto const* const right = parts.path(part.operands[1]);
    if (left && right && in_group(*left) && in_group(*right)) return true;
  }
  if (part.alone && part.paths.size() == 1) {
    Calendar const no_calendar{0, {}, 1, 1, {}};
    auto const one = parts.part(index);
    auto const value = [&](std::string const& ground) {
      Context variables;
      set_path(variables, part.paths.front(), ground);
      return one.evaluate(variables, no_calendar);
    };
    if (value(grounds.first) == value(grounds.second)) return true;
  }
  return std::ranges::all_of(
      part.operands, [&](std::size_t operand) { return swaps(parts, operand, grounds, group); });
}

// ---- Observers ------------------------------------------------------------------------------

void ExplorePlan::plan_observers() {
  always_.resize(observers.size());
  for (std::size_t i = 0; i < observers.size(); ++i)
    plan_observer(i, int(observers[i].formula.size()) - 1, {});
}

/// The expressions of the conjunction that begins at `index`.
void ExplorePlan::expressions(Formula const& formula, int index, std::vector<Expression>& out) {
  auto const& part = formula[std::size_t(index)];
  if (part.op == FormulaOp::feel) out.push_back(*part.feel);
  if (part.op != FormulaOp::conjunction) return;
  expressions(formula, part.left, out);
  expressions(formula, part.right, out);
}

void ExplorePlan::plan_observer(std::size_t number, int index, Known const& left) {
  auto const& formula = observers[number].formula;
  auto const& part = formula[std::size_t(index)];
  if (part.op == FormulaOp::feel) {
    for (auto const& occasion : left.when) watch(*part.feel, occasion, left);
    if (!left.when.empty()) return;
    for (auto& list : watched) list.push_back(*part.feel);
    std::vector<std::int32_t> found;
    read(*part.feel, {}, found);
    always_[number].needs.insert(found.begin(), found.end());
    return;
  }
  bool const looks_back = part.bit >= 0;  // asked in every step
  if (part.left >= 0) plan_observer(number, part.left, looks_back ? Known{} : left);
  if (part.right < 0) return;
  auto known = looks_back ? Known{} : left;
  if (part.op == FormulaOp::conjunction || part.op == FormulaOp::implication) {
    if (auto const more = occasions(formula, part.left); !more.empty()) known.when = more;
    expressions(formula, part.left, known.holds);
  }
  plan_observer(number, part.right, known);
}

void ExplorePlan::watch(Expression const& expression, Occasion const& occasion,
                        Known const& known) {
  auto const index = std::size_t(occasion.node);
  auto& plan = plans_[index];
  std::set<VariableId> fresh;
  if (!occasion.rests) fresh.insert(plan.sets.begin(), plan.sets.end());
  Conditions under;
  for (auto const& holds : known.holds)
    std::ranges::move(conditions(holds, fresh), std::back_inserter(under));
  if (!occasion.rests) watched[index].push_back(expression);
  read(expression, fresh, occasion.rests ? plan.staying : plan.acting, under);
  // While a token rests at a sub-process, others move inside.
  auto const body = package.process.nodes[index].body;
  if (!occasion.rests || body == k_none) return;
  for (auto const inner : package.process.scopes[std::size_t(body)].nodes)
    watch(expression, {.node = inner, .rests = true}, known);
}

/// Can an end in the scope be that of the case? From those of sub-processes a token goes on.
bool ExplorePlan::ends_the_case(ScopeIndex scope) const {
  auto const& scopes = package.process.scopes;
  while (scope > 0 && scopes[std::size_t(scope)].event_triggered) {
    if (leaves_others(scope)) return false;
    scope = scopes[std::size_t(scope)].parent;
  }
  return scope == 0;
}

/// When the formula can hold, as far as that is limited; empty = always.
ExplorePlan::Occasions ExplorePlan::occasions(Formula const& formula, int index) const {
  auto const& part = formula[std::size_t(index)];
  Occasions out;
  if (part.op == FormulaOp::enters || part.op == FormulaOp::completes || part.op == FormulaOp::at) {
    out.insert({.node = package.process.find(part.name), .rests = part.op == FormulaOp::at});
  } else if (part.op == FormulaOp::orders) {
    for (NodeIndex i = 0; i < NodeIndex(package.process.nodes.size()); ++i)
      if (auto const& node = package.process.nodes[std::size_t(i)];
          node.handler_kind == part.name && handler_class(node.handler) == HandlerClass::outbox)
        out.insert({.node = i, .rests = false});
  } else if (part.op == FormulaOp::ended) {
    for (NodeIndex i = 0; i < NodeIndex(package.process.nodes.size()); ++i)
      if (auto const& node = package.process.nodes[std::size_t(i)];
          node.outgoing.empty() && ends_the_case(node.scope))
        out.insert({.node = i, .rests = false});
  } else if (part.op == FormulaOp::conjunction) {
    out = occasions(formula, part.left);
    if (out.empty()) out = occasions(formula, part.right);
  } else if (part.op == FormulaOp::disjunction) {
    out = occasions(formula, part.left);
    auto const more = occasions(formula, part.right);
    if (out.empty() || more.empty()) return {};
    out.insert(more.begin(), more.end());
  }
  return out;
}

}  // namespace qyzmet::engine
