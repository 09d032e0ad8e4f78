// Where the probes of a plan live: a backward analysis over the flows of the drawing.
#include <algorithm>

#include "engine/explore_plan.hpp"

namespace qyzmet::engine {

/// Adds what must be known before the variables of `over` are set.
void ExplorePlan::carry(Needs const& from, NodePlan& over, Needs& to) {
  for (auto const id : from) {
    if (over.carried.size() <= std::size_t(id)) over.carried.resize(std::size_t(id) + 1);
    if (!over.carried[std::size_t(id)]) {
      std::array<std::int32_t, 2> carried{k_none, k_none};
      auto const then = needs_[std::size_t(id)];
      if (auto const now = before(then, over, over.sets)) {
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

/// What lives on the flows that leave a node, or behind the scope that its end completes.
ExplorePlan::Needs ExplorePlan::after(NodeIndex index) {
  auto const& node = package.process.nodes[std::size_t(index)];
  auto const& plan = plans_[std::size_t(index)];
  Needs out{plan.leaving.begin(), plan.leaving.end()};
  for (auto const flow : node.outgoing) {
    auto const& to = in_[std::size_t(package.process.flows[std::size_t(flow)].target)];
    out.insert(to.begin(), to.end());
  }
  if (!node.outgoing.empty() || node.scope == 0) return out;
  for (auto const owner : owners(node.scope)) {
    auto const& behind = act_[std::size_t(owner)];
    out.insert(behind.begin(), behind.end());
  }
  return out;
}

/// The sub-process, or the call activities, that are done when a scope is.
std::vector<NodeIndex> ExplorePlan::owners(ScopeIndex scope) const {
  auto const& process = package.process;
  while (process.scopes[std::size_t(scope)].event_triggered)
    scope = process.scopes[std::size_t(scope)].parent;
  std::vector<NodeIndex> out;
  for (NodeIndex i = 0; i < NodeIndex(process.nodes.size()); ++i)
    if (process.nodes[std::size_t(i)].body == scope) out.push_back(i);
  return out;
}

bool ExplorePlan::update(NodeIndex index) {
  auto const& node = package.process.nodes[std::size_t(index)];
  auto& plan = plans_[std::size_t(index)];
  auto& act = act_[std::size_t(index)];
  auto& rest = rest_[std::size_t(index)];
  auto& in = in_[std::size_t(index)];
  auto const size = act.size() + rest.size() + in.size();
  auto const add = [](Needs& to, Needs const& from) { to.insert(from.begin(), from.end()); };
  act.insert(plan.acting.begin(), plan.acting.end());
  rest.insert(plan.staying.begin(), plan.staying.end());
  carry(after(index), plan, act);
  if (node.kind == NodeKind::event_gateway) {
    for (auto const flow : node.outgoing)
      add(rest, act_[std::size_t(package.process.flows[std::size_t(flow)].target)]);
  } else if (node.body == k_none || node.kind == NodeKind::call_activity || node.multi) {
    add(rest, act);  // of a call in the variables of the caller, of turns in those around them
  }
  for (auto const boundary : node.boundary) add(rest, act_[std::size_t(boundary)]);
  in.insert(plan.arriving.begin(), plan.arriving.end());
  add(in, rest);
  if (node.body != k_none) {
    auto const& body = package.process.scopes[std::size_t(node.body)];
    if (body.start != k_none) add(in, in_[std::size_t(body.start)]);
    for (auto const events : body.event_scopes)
      add(in, act_[std::size_t(package.process.scopes[std::size_t(events)].start)]);
  }
  return act.size() + rest.size() + in.size() != size;
}

void ExplorePlan::solve() {
  auto const nodes = package.process.nodes.size();
  in_.resize(nodes);
  rest_.resize(nodes);
  act_.resize(nodes);
  for (bool changed = true; changed;) {
    changed = false;
    for (auto i = NodeIndex(nodes) - 1; i >= 0; --i) changed = update(i) || changed;
  }
}

std::vector<ProbeId> ExplorePlan::flat(Needs const& needs) const {
  std::set<ProbeId> out;
  for (auto const id : needs) {
    auto const& need = needs_[std::size_t(id)];
    if (need.left.size() == probes[std::size_t(need.probe)].variables.size())
      out.insert(need.probe);
    else
      for (auto const variable : need.left)
        for (auto const piece : pieces[std::size_t(variable)]) out.insert(piece);
  }
  std::erase_if(out, [&](ProbeId id) { return probes[std::size_t(id)].input; });
  return {out.begin(), out.end()};
}

void ExplorePlan::finish() {
  for (auto const& needs : always_) observed.push_back(flat(needs));
  auto const nodes = package.process.nodes.size();
  for (std::size_t i = 0; i < nodes; ++i) {
    auto& plan = plans_[i];
    acts[i].sets = plan.sets;
    acts[i].may_set = plan.may_set;
    resting.push_back(flat(rest_[i]));
    listening.push_back(flat(act_[i]));
    Needs touched;
    for (auto const id : after(NodeIndex(i)))
      if (std::ranges::any_of(needs_[std::size_t(id)].left, [&](VariableId v) {
            return std::ranges::find(plan.sets, v) != plan.sets.end() ||
                   std::ranges::find(plan.may_set, v) != plan.may_set.end();
          }))
        touched.insert(id);
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
  for (auto const& needs : always_)
    for (auto const id : needs) later.insert(needs_[std::size_t(id)].probe);
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
      auto const rests = asking[i] | asked_from(process.nodes[i], entered);
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

/// What can be asked on the ways that lead away from a token at the node.
std::uint64_t ExplorePlan::asked_from(Node const& node,
                                      std::vector<std::uint64_t> const& entered) const {
  auto const& process = package.process;
  std::uint64_t out = 0;
  auto const leaves = [&](Node const& from) {
    for (auto const flow : from.outgoing)
      out |= entered[std::size_t(process.flows[std::size_t(flow)].target)];
  };
  leaves(node);
  for (auto const boundary : node.boundary) out |= entered[std::size_t(boundary)];
  // A token rests at each activity around this one, too; what boundary events there lead to is
  // asked for that.
  for (auto scope = node.scope; scope != k_none;
       scope = process.scopes[std::size_t(scope)].parent) {
    for (auto const events : process.scopes[std::size_t(scope)].event_scopes)
      out |= entered[std::size_t(process.scopes[std::size_t(events)].start)];
  }
  return out;
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
