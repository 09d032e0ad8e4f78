// What lives while an event waits that may fire at any time over others: at each place where one of
// these can rest, as far as that one's acts leave it.
#include <algorithm>

#include "engine/explore_plan.hpp"

namespace qyzmet::engine {

namespace {

/// Is the scope, or one around it, called or gone through in turns?
bool in_frame(Definition const& process, ScopeIndex scope) {
  for (auto at = scope; at != k_none; at = process.scopes[std::size_t(at)].parent) {
    if (is_called(process, at)) return true;
    auto const owner = process.scopes[std::size_t(at)].owner;
    if (owner != k_none && process.nodes[std::size_t(owner)].multi) return true;
  }
  return false;
}

bool stands_in(Definition const& process, NodeIndex node, ScopeIndex scope) {
  auto at = process.nodes[std::size_t(node)].scope;
  while (at != k_none && at != scope) at = process.scopes[std::size_t(at)].parent;
  return at == scope;
}

}  // namespace

/// Events that wait over a scope. Those of called processes and of turns, which see variables of
/// their own, are not among them.
void ExplorePlan::find_listeners() {
  auto const& process = package.process;
  auto const nodes = NodeIndex(process.nodes.size());
  listener_of_.assign(std::size_t(nodes), -1);
  auto const add = [&](NodeIndex event, ScopeIndex over) {
    Listener made{.event = event, .over = over};
    for (NodeIndex i = 0; i < nodes; ++i) {
      made.inside.push_back(stands_in(process, i, over));
      auto const& node = process.nodes[std::size_t(i)];
      if (made.inside.back() && node.multi && node.kind != NodeKind::call_activity &&
          node.body != k_none)
        return;
    }
    made.in.resize(std::size_t(nodes));
    made.own.resize(std::size_t(nodes));
    made.rest.resize(std::size_t(nodes));
    listener_of_[std::size_t(event)] = int(listeners_.size());
    listeners_.push_back(std::move(made));
  };
  for (auto const& scope : process.scopes)
    if (scope.event_triggered && scope.start != k_none && !in_frame(process, scope.parent))
      add(scope.start, scope.parent);
  for (auto const& node : process.nodes)
    if (node.body != k_none && node.kind != NodeKind::call_activity &&
        !in_frame(process, node.body))
      for (auto const boundary : node.boundary)
        if (!in_thread(boundary)) add(boundary, node.body);
}

/// Can a token rest at the node?
bool ExplorePlan::rests_at(Node const& node) {
  bool const passes = node.kind == NodeKind::start_event || node.kind == NodeKind::end_event ||
                      node.kind == NodeKind::exclusive_gateway ||
                      (node.kind == NodeKind::service_task && !node.waits_outside);
  return !passes || node.multi.has_value();
}

/// What must be known when a token comes to the scope.
ExplorePlan::Needs const& ExplorePlan::listens_from(Listener const& listener) const {
  static Needs const none;
  auto const start = package.process.scopes[std::size_t(listener.over)].start;
  return start == k_none ? none : listener.in[std::size_t(start)];
}

/// What lives on the flows that leave a node, inside the scope.
ExplorePlan::Needs ExplorePlan::heard_after(Listener const& listener, NodeIndex index) {
  auto const& node = package.process.nodes[std::size_t(index)];
  Needs out;
  for (auto const index_of_flow : node.outgoing) {
    auto const& flow = package.process.flows[std::size_t(index_of_flow)];
    auto& way = ways_[std::size_t(index_of_flow)];
    for (auto const id : listener.in[std::size_t(flow.target)]) out.insert(given_that(way, id));
  }
  if (!node.outgoing.empty()) return out;
  for (auto const owner : owners(node.scope)) {
    if (!listener.inside[std::size_t(owner)]) continue;
    auto const behind = heard_through(listener, owner);
    out.insert(behind);
  }
  return out;
}

/// The same before the node acts; in turns it acts more than once.
ExplorePlan::Needs ExplorePlan::heard_through(Listener const& listener, NodeIndex index) {
  Needs out;
  auto then = heard_after(listener, index);
  auto const& own = listener.own[std::size_t(index)].needs;
  if (package.process.nodes[std::size_t(index)].multi) then.insert(own.begin(), own.end());
  carry(then, plans_[std::size_t(index)], out);
  return out;
}

/// Other events, inside the scope, that can fire over a token at the node.
std::vector<NodeIndex> ExplorePlan::around(Listener const& listener, NodeIndex index) const {
  auto const& process = package.process;
  auto out = process.nodes[std::size_t(index)].boundary;
  for (auto at = process.nodes[std::size_t(index)].scope; at != k_none;) {
    auto const& scope = process.scopes[std::size_t(at)];
    for (auto const events : scope.event_scopes)
      if (auto const start = process.scopes[std::size_t(events)].start; start != k_none)
        out.push_back(start);
    if (at == listener.over) break;
    if (scope.owner != k_none)
      for (auto const boundary : process.nodes[std::size_t(scope.owner)].boundary)
        out.push_back(boundary);
    at = scope.parent;
  }
  std::erase_if(out, [&](NodeIndex event) { return event == listener.event || in_thread(event); });
  return out;
}

bool ExplorePlan::update(Listener& listener, NodeIndex index) {
  auto const& process = package.process;
  auto const& node = process.nodes[std::size_t(index)];
  auto& own = listener.own[std::size_t(index)];
  auto& rest = listener.rest[std::size_t(index)];
  auto& in = listener.in[std::size_t(index)];
  auto const size = own.needs.size() + rest.size() + in.size();
  auto const add = [](Needs& to, Needs const& from) { to.insert(from); };
  bool const holds_others = node.body != k_none && node.kind != NodeKind::call_activity;
  if (!holds_others) {  // else what is inside has it
    if (rests_at(node)) add(own.needs, act_[std::size_t(listener.event)]);
    if (node.kind == NodeKind::event_gateway)
      for (auto const flow : node.outgoing)
        add(own.needs, heard_through(listener, process.flows[std::size_t(flow)].target));
    add(own.needs, heard_through(listener, index));
    for (auto const event : around(listener, index)) add(own.needs, heard_through(listener, event));
    keep_beside(beside_[std::size_t(index)], own);
  }
  add(rest, own.needs);
  add(in, rest);
  if (holds_others)
    if (auto const start = process.scopes[std::size_t(node.body)].start; start != k_none)
      add(in, listener.in[std::size_t(start)]);
  return own.needs.size() + rest.size() + in.size() != size;
}

bool ExplorePlan::update_listeners() {
  bool changed = false;
  for (auto& listener : listeners_)
    for (auto i = NodeIndex(package.process.nodes.size()) - 1; i >= 0; --i)
      if (listener.inside[std::size_t(i)]) changed = update(listener, i) || changed;
  return changed;
}

}  // namespace qyzmet::engine
