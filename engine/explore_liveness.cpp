// Where the probes of a plan live: a backward analysis over the flows of the drawing.
#include <algorithm>
#include <iterator>

#include "engine/explore_concurrency.hpp"
#include "engine/explore_plan.hpp"

namespace qyzmet::engine {

/// Adds what must be known before the variables of `over` are set.
void ExplorePlan::carry(Needs const& from, NodePlan& over, Needs& to) {
  for (auto const id : from) {
    if (over.carried.size() <= std::size_t(id)) over.carried.resize(std::size_t(id) + 1);
    if (!over.carried[std::size_t(id)]) {
      std::array<std::int32_t, 2> carried{k_none, k_none};
      auto const then = needs_[std::size_t(id)];
      auto sets = over.sets;
      for (auto const& [variable, when] : over.set_when)
        if (std::ranges::any_of(
                probes[std::size_t(then.probe)].conditions,
                [&](Condition const& condition) { return condition.identity == when; }))
          sets.push_back(variable);
      if (auto const now = before(then, over, sets)) {
        carried[0] = need(now->probe, now->left);
        if (auto const also = before(*now, over, over.may_set))
          carried[1] = need(also->probe, also->left);
      }
      over.carried[std::size_t(id)] = carried;
    }
    for (auto const carried : *over.carried[std::size_t(id)])
      if (carried != k_none) to.insert(carried);
  }
}

/// What must be known while a token rests so that it is known after others beside it have acted,
/// in whatever order: without the conditions that they can make true, and in pieces where they set
/// a part.
void ExplorePlan::keep_beside(std::vector<NodeIndex> const& acting, Kept& kept) {
  auto const fresh = kept.needs.without(kept.carried);
  for (auto const id : fresh) {
    auto const then = needs_[std::size_t(id)];
    auto const asked = probes[std::size_t(then.probe)];
    if (then.left.size() != asked.variables.size()) continue;  // in pieces already
    std::set<VariableId> enabled, remaining;
    for (auto const other : acting)
      find_changed(asked, plans_[std::size_t(other)], enabled, remaining);
    auto under = asked.conditions;
    std::erase_if(under, [&](Condition const& condition) {
      return std::ranges::any_of(condition.paths, [&](std::string const& path) {
        return enabled.contains(variable(path));
      });
    });
    auto const paths = asked.expression.paths();
    if (under.size() != asked.conditions.size())
      kept.needs.insert(
          need_whole(probe(asked.expression, asked.identity, {paths.begin(), paths.end()},
                           asked.truth, asked.past_wd, under)));
    for (auto const left : remaining)
      for (auto const piece : pieces_in(asked, left))
        kept.needs.insert(need_whole(piece_under(piece, under)));
  }
  kept.carried = kept.needs;
}

/// A piece that matters under conditions that nothing changes before it is asked.
ProbeId ExplorePlan::piece_under(ProbeId piece, Conditions const& under) {
  if (under.empty()) return piece;
  auto const one = probes[std::size_t(piece)];
  auto const paths = one.expression.paths();
  return probe(one.expression, one.identity, {paths.begin(), paths.end()}, one.truth, one.past_wd,
               under);
}

/// Variables of the conditions that an act can make true, and what it leaves of the others when it
/// sets a part of them.
void ExplorePlan::find_changed(Probe const& asked, NodePlan const& over,
                               std::set<VariableId>& enabled,
                               std::set<VariableId>& remaining) const {
  auto const in = [](std::vector<VariableId> const& list, VariableId id) {
    return std::ranges::find(list, id) != list.end();
  };
  auto const sets = [&](std::string const& path) {
    auto const id = variable(path);
    return in(over.sets, id) || in(over.may_set, id);
  };
  for (auto const& condition : asked.conditions)
    if (answered(condition, over) != Answered::no)
      for (auto const& path : condition.paths)
        if (sets(path)) enabled.insert(variable(path));
  auto const& read = asked.expression.paths();
  if (std::ranges::none_of(read, sets)) return;
  for (auto const& path : read)
    if (auto const id = variable(path); !in(over.sets, id)) remaining.insert(id);
}

void ExplorePlan::find_beside() {
  auto const& process = package.process;
  auto const nodes = NodeIndex(process.nodes.size());
  Concurrency const concurrency{process};
  for (NodeIndex i = 0; i < nodes; ++i)
    if (auto const& plan = plans_[std::size_t(i)]; !plan.sets.empty() || !plan.may_set.empty())
      setting_.push_back(i);
  for (NodeIndex i = 0; i < nodes; ++i) {
    auto const scope = process.nodes[std::size_t(i)].scope;
    auto const& own = process.scopes[std::size_t(scope)];
    bool const listens = own.event_triggered && own.start == i;
    auto& beside = beside_.emplace_back();
    for (auto const other : setting_)
      if (concurrency.beside(i, other) || (listens && concurrency.within(other, own.parent)))
        beside.push_back(other);
  }
}

/// Of the conditions of flows, those that an act may settle for good: whether a variable has a
/// value that some act gives it, or one on which something was set.
void ExplorePlan::find_settled_conditions() {
  auto const constant_somewhere = [&](std::string_view path) {
    auto const id = variable(path);
    return std::ranges::any_of(plans_, [&](NodePlan const& plan) {
      auto const set = plan.values.find(id);
      return set != plan.values.end() && set->second.has_value();
    });
  };
  for (auto const& flow : package.process.flows) {
    auto& way = ways_.emplace_back();
    if (!flow.condition) continue;
    for (auto const& one : conditions(*flow.condition, {})) {
      if (one.paths.size() != 1) continue;
      if (constant_somewhere(one.paths.front())) {
        way.conditions.push_back(one);
        continue;
      }
      for (auto const& plan : plans_)
        for (auto const& [id, when] : plan.set_when)
          if (when == one.identity) {
            way.settings.emplace_back(one, id);
            settings_.insert(when);
          }
    }
  }
}

/// The need on a flow that is only taken when its conditions hold. Not on top of other conditions,
/// but for that on which it is set: there would be a need for every subset of them.
std::int32_t ExplorePlan::given_that(Way& way, std::int32_t id) {
  if (way.conditions.empty() && way.settings.empty()) return id;
  auto const [known, fresh] = way.needs.try_emplace(id, id);
  if (!fresh) return known->second;
  auto const then = needs_[std::size_t(id)];
  auto const asked = probes[std::size_t(then.probe)];
  bool const conditional = std::ranges::any_of(
      asked.conditions, [&](Condition const& one) { return !settings_.contains(one.identity); });
  if (conditional || then.left.size() != asked.variables.size()) return id;
  auto under = asked.conditions;
  auto left = then.left;
  auto const add = [&](Condition const& one) {
    if (std::ranges::find(under, one.identity, &Condition::identity) != under.end()) return;
    left.push_back(intern(one.paths.front()));
    under.push_back(one);
  };
  for (auto const& one : way.conditions) add(one);
  for (auto const& [one, set] : way.settings)
    if (asked.expression.paths().contains(variables[std::size_t(set)])) add(one);
  if (under.size() == asked.conditions.size()) return id;
  std::ranges::sort(under, {}, &Condition::identity);
  std::ranges::sort(left);
  left.erase(std::ranges::unique(left).begin(), left.end());
  auto const paths = asked.expression.paths();
  auto const probed = probe(asked.expression, asked.identity, {paths.begin(), paths.end()},
                            asked.truth, asked.past_wd, under);
  return known->second = need(probed, std::move(left));
}

/// What lives on the flows that leave a node, or behind the scope that its end completes.
ExplorePlan::Needs ExplorePlan::after(NodeIndex index) {
  auto const& node = package.process.nodes[std::size_t(index)];
  auto const& plan = plans_[std::size_t(index)];
  Needs out{plan.leaving.begin(), plan.leaving.end()};
  for (auto const index_of_flow : node.outgoing) {
    auto const& flow = package.process.flows[std::size_t(index_of_flow)];
    auto& way = ways_[std::size_t(index_of_flow)];
    for (auto const id : in_[std::size_t(flow.target)]) out.insert(given_that(way, id));
  }
  if (!node.outgoing.empty() || node.scope == 0) return out;
  for (auto const owner : owners(node.scope)) {
    auto const& behind = act_[std::size_t(owner)];
    out.insert(behind);
  }
  return out;
}

/// What is left of the probe in one of its variables when others are set: the largest parts of its
/// own expressions that read that one alone.
std::vector<ProbeId> ExplorePlan::pieces_in(Probe const& asked, VariableId variable) const {
  std::vector<ProbeId> out;
  auto const add = [&](Expression const& expression) {
    auto const parts = ExpressionParts::of(expression);
    add_pieces(parts, parts.root, variable, out);
  };
  add(asked.expression);
  for (auto const& condition : asked.conditions) add(condition.expression);
  return out;
}

void ExplorePlan::add_pieces(ExpressionParts const& parts, std::size_t index, VariableId variable,
                             std::vector<ProbeId>& out) const {
  auto const& part = parts.parts[index];
  auto const& path = variables[std::size_t(variable)];
  if (std::ranges::find(part.paths, path) == part.paths.end()) return;
  auto const known = probe_ids_.find("=" + parts.identity(index));
  auto const& all = pieces[std::size_t(variable)];
  if (part.alone && known != probe_ids_.end() &&
      std::ranges::find(all, known->second) != all.end()) {
    out.push_back(known->second);
  } else if (part.operands.empty()) {
    out.insert(out.end(), all.begin(), all.end());
  } else {
    for (auto const operand : part.operands) add_pieces(parts, operand, variable, out);
  }
}

/// Can a token rest in the scope?
bool ExplorePlan::rests_inside(ScopeIndex scope) const {
  auto const& process = package.process;
  return std::ranges::any_of(process.scopes[std::size_t(scope)].nodes, [&](NodeIndex index) {
    return rests_at(process.nodes[std::size_t(index)]);
  });
}

/// An event sub-process in which no token rests, and which interrupts nothing, leaves those behind
/// that kept its scope open.
bool ExplorePlan::leaves_others(ScopeIndex scope) const {
  auto const& process = package.process;
  auto const start = process.scopes[std::size_t(scope)].start;
  return start != k_none && !process.nodes[std::size_t(start)].interrupting && !rests_inside(scope);
}

/// The sub-process, or the call activities, that are done when a scope is.
std::vector<NodeIndex> ExplorePlan::owners(ScopeIndex scope) const {
  auto const& process = package.process;
  while (process.scopes[std::size_t(scope)].event_triggered) {
    if (leaves_others(scope)) return {};
    scope = process.scopes[std::size_t(scope)].parent;
  }
  std::vector<NodeIndex> out;
  for (NodeIndex i = 0; i < NodeIndex(process.nodes.size()); ++i)
    if (process.nodes[std::size_t(i)].body == scope) out.push_back(i);
  return out;
}

bool ExplorePlan::update(NodeIndex index) {
  auto const& process = package.process;
  auto const& node = process.nodes[std::size_t(index)];
  auto& plan = plans_[std::size_t(index)];
  auto& act = act_[std::size_t(index)];
  auto& own = own_[std::size_t(index)];
  auto& rest = rest_[std::size_t(index)];
  auto& in = in_[std::size_t(index)];
  auto const& beside = beside_[std::size_t(index)];
  auto const size = act.size() + rest.size() + in.size();
  auto const heard_from = [&](NodeIndex event) -> Needs const& {
    auto const* const listener = listener_of(event);
    return listener == nullptr ? listen_[std::size_t(event)].needs : listens_from(*listener);
  };
  auto const add = [](Needs& to, Needs const& from) { to.insert(from); };
  auto const listen = [&](NodeIndex event, std::vector<NodeIndex> const& acting) {
    if (listener_of(event) != nullptr) return;
    auto& listens = listen_[std::size_t(event)];
    add(listens.needs, act_[std::size_t(event)]);
    keep_beside(acting, listens);
  };
  act.insert(plan.acting.begin(), plan.acting.end());
  own.needs.insert(plan.staying.begin(), plan.staying.end());
  carry(after(index), plan, act);
  auto const& scope = process.scopes[std::size_t(node.scope)];
  if (scope.event_triggered && scope.start == index) listen(index, beside);
  if (node.kind == NodeKind::event_gateway) {
    for (auto const flow : node.outgoing)
      add(own.needs, act_[std::size_t(process.flows[std::size_t(flow)].target)]);
  } else if (node.body == k_none || node.kind == NodeKind::call_activity || node.multi) {
    add(own.needs, act);  // of a call in the variables of the caller, of turns in those around them
  }
  if (rests_at(node)) keep_beside(beside, own);  // else it goes on before others act
  add(rest, own.needs);
  for (auto const boundary : node.boundary) {
    if (in_thread(boundary)) continue;
    listen(boundary, beside);
    add(rest, heard_from(boundary));
  }
  in.insert(plan.arriving.begin(), plan.arriving.end());
  add(in, rest);
  if (node.body != k_none) {
    auto const& body = process.scopes[std::size_t(node.body)];
    if (body.start != k_none) add(in, in_[std::size_t(body.start)]);
    for (auto const events : body.event_scopes)
      add(in, heard_from(process.scopes[std::size_t(events)].start));
  }
  return act.size() + rest.size() + in.size() != size;
}

void ExplorePlan::solve() {
  auto const nodes = package.process.nodes.size();
  in_.resize(nodes);
  own_.resize(nodes);
  rest_.resize(nodes);
  act_.resize(nodes);
  listen_.resize(nodes);
  find_beside();
  find_listeners();
  for (auto& kept : always_) keep_beside(setting_, kept);
  for (bool changed = true; changed;) {
    changed = false;
    for (auto i = NodeIndex(nodes) - 1; i >= 0; --i) changed = update(i) || changed;
    changed = update_listeners() || changed;
  }
}

/// Of what is read when others have set a part of it: the pieces of the rest, under the conditions
/// that are as they are now by then.
std::vector<ProbeId> ExplorePlan::left_of(Need const& need) {
  std::vector<ProbeId> out;
  auto const asked = probes[std::size_t(need.probe)];
  auto const is_left = [&](std::string const& path) {
    return std::ranges::find(need.left, variable(path)) != need.left.end();
  };
  Conditions under, changed;
  for (auto const& condition : asked.conditions)
    (std::ranges::all_of(condition.paths, is_left) ? under : changed).push_back(condition);
  auto const in_changed = [&](std::string const& path) {
    return std::ranges::any_of(changed, [&](Condition const& one) {
      return std::ranges::find(one.paths, path) != one.paths.end();
    });
  };
  for (auto const left : need.left) {
    auto const& path = variables[std::size_t(left)];
    if (asked.expression.paths().contains(path) || in_changed(path))
      for (auto const piece : pieces_in(asked, left)) out.push_back(piece_under(piece, under));
  }
  return out;
}

/// Without what is asked under conditions and without them, too.
std::vector<ProbeId> ExplorePlan::flat(Needs const& needs) {
  std::set<ProbeId> out;
  if (left_of_.size() < needs_.size()) left_of_.resize(needs_.size());
  for (auto const id : needs) {
    auto const need = needs_[std::size_t(id)];
    if (need.left.size() == probes[std::size_t(need.probe)].variables.size()) {
      out.insert(need.probe);
      continue;
    }
    auto& left = left_of_[std::size_t(id)];
    if (!left) left = left_of(need);
    out.insert(left->begin(), left->end());
  }
  std::erase_if(out, [&](ProbeId id) {
    auto const& one = probes[std::size_t(id)];
    return one.input || std::ranges::any_of(out, [&](ProbeId other) {
             return probes[std::size_t(other)].tells_all_of(one);
           });
  });
  return {out.begin(), out.end()};
}

/// What lives after the act of a node, at its own token and at others that can rest beside it.
ExplorePlan::Needs ExplorePlan::living_after(NodeIndex index) {
  auto out = after(index);
  for (std::size_t i = 0; i < beside_.size(); ++i) {
    if (std::ranges::find(beside_[i], index) == beside_[i].end()) continue;
    out.insert(own_[i].needs);
    out.insert(listen_[i].needs);
    for (auto const boundary : package.process.nodes[i].boundary) {
      auto const& listens = listen_[std::size_t(boundary)].needs;
      out.insert(listens);
    }
    for (auto const& listener : listeners_)
      out.insert(listener.rest[i].begin(), listener.rest[i].end());
  }
  for (auto const& listener : listeners_) {
    if (!listener.inside[std::size_t(index)]) continue;
    auto const heard = heard_after(listener, index);
    out.insert(heard);
  }
  for (auto const& kept : always_) out.insert(kept.needs);
  return out;
}

/// What an act that sets some of its variables can change of a need: when it touches nothing but
/// conditions, whether they all hold, because a probe that is not asked is like no value.
std::int32_t ExplorePlan::changed_by(NodePlan const& plan, std::int32_t id) {
  auto const sets = [&](VariableId variable) {
    return std::ranges::find(plan.sets, variable) != plan.sets.end() ||
           std::ranges::find(plan.may_set, variable) != plan.may_set.end();
  };
  auto const then = needs_[std::size_t(id)];
  if (std::ranges::none_of(then.left, sets)) return k_none;
  auto const asked = probes[std::size_t(then.probe)];
  bool const whole = then.left.size() == asked.variables.size();
  bool const itself = std::ranges::any_of(
      asked.expression.paths(), [&](std::string const& path) { return sets(variable(path)); });
  if (!whole || itself) return id;
  return need_whole(probe_all(asked.conditions));
}

/// Whether all of them are true.
ProbeId ExplorePlan::probe_all(Conditions const& conditions) {
  std::vector<Expression> all;
  std::set<std::string> identities, paths;
  for (auto const& condition : conditions) {
    if (!identities.insert(condition.identity).second) continue;
    all.push_back(condition.expression);
    paths.insert(condition.paths.begin(), condition.paths.end());
  }
  std::string identity;
  for (auto const& one : identities) identity += one + "& ";
  return probe(all_of(all), identity, {paths.begin(), paths.end()}, true, 0);
}

void ExplorePlan::find_gates() {
  auto const of_application = [&](std::string const& path) {
    return bool{given[std::size_t(variable(path))]};
  };
  auto const size = probes.size();
  for (std::size_t i = 0; i < size; ++i) {
    auto conditions = probes[i].mixed ? probes[i].conditions : Conditions{};
    std::erase_if(conditions, [&](Condition const& condition) {
      return std::ranges::any_of(condition.paths, of_application);
    });
    gates.push_back(conditions.empty() ? ProbeId{-1} : probe_all(conditions));
  }
  gates.resize(probes.size(), -1);
}

void ExplorePlan::finish() {
  for (auto const& kept : always_) observed.push_back(flat(kept.needs));
  auto const nodes = package.process.nodes.size();
  for (std::size_t i = 0; i < nodes; ++i) {
    auto& plan = plans_[i];
    acts[i].sets = plan.sets;
    acts[i].may_set = plan.may_set;
    resting.push_back(flat(own_[i].needs));
    from_act.push_back(flat(act_[i]));
    listening.push_back(flat(listen_[i].needs));
    auto& over = listening_over.emplace_back();
    if (auto const* const listener = listener_of(NodeIndex(i)))
      for (auto const& rest : listener->rest) over.push_back(flat(rest));
    Needs touched;
    for (auto const id : living_after(NodeIndex(i)))
      if (auto const changed = changed_by(plan, id); changed != k_none) touched.insert(changed);
    following.push_back(flat(touched));
    Needs decides{plan.acting.begin(), plan.acting.end()};
    carry(touched, plan, decides);
    deciding.push_back(flat(decides));
    std::set<NodeIndex> seen;
    std::set<ProbeId> branches;
    for (auto const id : plan.assigning) branches.insert(needs_[std::size_t(id)].probe);
    read_until_rest(NodeIndex(i), seen, branches);
    branching.push_back(given_pieces(branches));
    std::set<ProbeId> answers;
    for (auto const id : plan.acting) answers.insert(needs_[std::size_t(id)].probe);
    for (auto const id : touched) answers.insert(needs_[std::size_t(id)].probe);
    inputs.push_back(given_pieces(answers));
    std::set<ProbeId> observes;
    for (auto const& expression : watched[i])
      for (auto const& path : expression.paths())
        if (auto const id = variable(path); id >= 0 && given[std::size_t(id)])
          observes.insert(pieces[std::size_t(id)].begin(), pieces[std::size_t(id)].end());
    watched_inputs.push_back(given_pieces(observes));
  }
  auto const start = package.process.scopes.front().start;
  std::set<ProbeId> later;
  for (std::size_t i = 0; i < nodes; ++i)
    for (auto const* list :
         {&plans_[i].arriving, &plans_[i].leaving, &plans_[i].staying, &plans_[i].acting})
      if (NodeIndex(i) != start || list != &plans_[i].acting)
        for (auto const id : *list) later.insert(needs_[std::size_t(id)].probe);
  for (auto const& kept : always_)
    for (auto const id : kept.needs) later.insert(needs_[std::size_t(id)].probe);
  asked_later.assign(probes.size(), false);
  for (auto const id : given_pieces(later)) asked_later[std::size_t(id)] = true;
}

/// What an observer remembers matters while something that it asks about can still happen.
void ExplorePlan::find_asking() {
  auto const& process = package.process;
  auto const nodes = process.nodes.size();
  asking.assign(nodes, 0);
  for (std::size_t number = 0; number < observers.size(); ++number) {
    auto const& formula = observers[number].formula;
    auto const bit = std::uint64_t{1} << number;
    auto const& root = formula.back();
    auto const when =
        root.op == FormulaOp::implication ? occasions(formula, root.left) : Occasions{};
    for (auto& bits : asking)
      if (when.empty()) bits |= bit;
    for (auto const& occasion : when) asking[std::size_t(occasion.node)] |= bit;
  }
  auto entered = asking;  // by a token that comes to the node, and to what is inside
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < nodes; ++i) {
      auto rests = asking[i];
      for_each_next(process.nodes[i], [&](NodeIndex next) { rests |= entered[std::size_t(next)]; });
      auto comes = entered[i] | rests;
      if (auto const body = process.nodes[i].body; body != k_none) {
        auto const start = process.scopes[std::size_t(body)].start;
        if (start != k_none) comes |= entered[std::size_t(start)];
      }
      changed = changed || rests != asking[i] || comes != entered[i];
      asking[i] = rests;
      entered[i] = comes;
    }
  }
}

std::vector<ProbeId> ExplorePlan::given_pieces(std::set<ProbeId> const& read) const {
  std::set<ProbeId> out;
  for (auto const id : read)
    for (auto const variable : probes[std::size_t(id)].variables)
      if (given[std::size_t(variable)])
        out.insert(pieces[std::size_t(variable)].begin(), pieces[std::size_t(variable)].end());
  return {out.begin(), out.end()};
}

/// What is read from the act of a node until all tokens wait again.
void ExplorePlan::read_until_rest(NodeIndex index, std::set<NodeIndex>& seen,
                                  std::set<ProbeId>& out) const {
  if (index == k_none || !seen.insert(index).second) return;
  auto const& node = package.process.nodes[std::size_t(index)];
  auto const& plan = plans_[std::size_t(index)];
  auto const take = [&](std::vector<std::int32_t> const& needs) {
    for (auto const id : needs) out.insert(needs_[std::size_t(id)].probe);
  };
  take(plan.leaving);
  if (node.body != k_none) {
    auto const& body = package.process.scopes[std::size_t(node.body)];
    read_until_rest(body.start, seen, out);
  }
  for (auto const flow : node.outgoing) {
    auto const target = package.process.flows[std::size_t(flow)].target;
    auto const& next = package.process.nodes[std::size_t(target)];
    take(plans_[std::size_t(target)].arriving);
    if (next.kind == NodeKind::service_task) take(plans_[std::size_t(target)].assigning);
    bool const waits = next.kind == NodeKind::user_task || next.kind == NodeKind::receive_task ||
                       next.kind == NodeKind::catch_event || next.kind == NodeKind::event_gateway;
    if (!waits) read_until_rest(target, seen, out);
  }
  if (node.outgoing.empty() && node.scope > 0)
    for (auto const owner : owners(node.scope)) {
      take(plans_[std::size_t(owner)].acting);
      read_until_rest(owner, seen, out);
    }
}

}  // namespace qyzmet::engine
