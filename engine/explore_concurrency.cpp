#include "engine/explore_concurrency.hpp"

namespace qyzmet::engine {

/// From what can always be beside each other on, as far as tokens move.
Concurrency::Concurrency(Definition const& process)
    : process_{process}, size_{process.nodes.size()}, pairs_(size_ * size_) {
  for (NodeIndex i = 0; i < NodeIndex(size_); ++i) begin(i);
  for (auto const& scope : process.scopes)
    for (auto const events : scope.event_scopes)
      if (auto const start = process.scopes[std::size_t(events)].start;
          start != k_none && !process.nodes[std::size_t(start)].interrupting)
        add_all_within(ScopeIndex(&scope - process.scopes.data()), start);
  while (!fresh_.empty()) {
    auto const [a, b] = fresh_.back();
    fresh_.pop_back();
    move(a, b);
    if (a != b) move(b, a);
  }
}

bool Concurrency::beside(NodeIndex a, NodeIndex b) const {
  return pairs_[std::size_t(a) * size_ + std::size_t(b)];
}

bool Concurrency::within(NodeIndex node, ScopeIndex scope) const {
  for (auto at = process_.nodes[std::size_t(node)].scope; at != k_none;
       at = process_.scopes[std::size_t(at)].parent) {
    if (at == scope) return true;
    if (!is_called(process_, at)) continue;
    for (NodeIndex i = 0; i < NodeIndex(size_); ++i)
      if (process_.nodes[std::size_t(i)].body == at && within(i, scope)) return true;
  }
  return false;
}

void Concurrency::add(NodeIndex a, NodeIndex b) {
  auto const at = std::size_t(a) * size_ + std::size_t(b);
  if (pairs_[at]) return;
  pairs_[at] = pairs_[std::size_t(b) * size_ + std::size_t(a)] = true;
  fresh_.emplace_back(a, b);
}

void Concurrency::add_all_within(ScopeIndex scope, NodeIndex beside) {
  for (NodeIndex i = 0; i < NodeIndex(size_); ++i)
    if (within(i, scope)) add(beside, i);
}

/// What a token at the node alone brings about.
void Concurrency::begin(NodeIndex index) {
  auto const& node = process_.nodes[std::size_t(index)];
  bool const chooses =
      node.kind == NodeKind::exclusive_gateway || node.kind == NodeKind::event_gateway;
  auto const target = [&](std::size_t i) {
    return process_.flows[std::size_t(node.outgoing[i])].target;
  };
  for (std::size_t i = 0; i < node.outgoing.size() && !chooses; ++i)
    for (std::size_t j = i + 1; j < node.outgoing.size(); ++j) add(target(i), target(j));
  for (auto const boundary : node.boundary) {
    if (process_.nodes[std::size_t(boundary)].interrupting) continue;
    add(boundary, index);
    if (node.body != k_none) add_all_within(node.body, boundary);
  }
  bool const turns = node.multi && !node.multi->sequential;
  if (turns && node.body == k_none) add(index, index);
  if (node.body == k_none || process_.scopes[std::size_t(node.body)].event_triggered) return;
  if (auto const start = process_.scopes[std::size_t(node.body)].start; start != k_none)
    add(index, start);
  for (NodeIndex i = 0; i < NodeIndex(size_) && turns; ++i)
    if (within(i, node.body)) add_all_within(node.body, i);
}

/// One of two tokens moves on; what it ends does not go on beside it.
void Concurrency::move(NodeIndex from, NodeIndex other) {
  listen(from, other);
  auto const& node = process_.nodes[std::size_t(from)];
  bool const inside = node.body != k_none && within(other, node.body);
  for (auto const boundary : node.boundary)
    if (!inside || !process_.nodes[std::size_t(boundary)].interrupting) add(boundary, other);
  if (inside) return;
  for (auto const flow : node.outgoing) add(process_.flows[std::size_t(flow)].target, other);
  if (node.body == k_none) return;
  if (auto const start = process_.scopes[std::size_t(node.body)].start; start != k_none)
    add(start, other);
}

/// Event sub-processes begin while anything of their scope rests.
void Concurrency::listen(NodeIndex from, NodeIndex other) {
  for (auto at = process_.nodes[std::size_t(from)].scope; at != k_none;
       at = process_.scopes[std::size_t(at)].parent)
    for (auto const events : process_.scopes[std::size_t(at)].event_scopes) {
      auto const start = process_.scopes[std::size_t(events)].start;
      if (start != k_none && !within(other, at)) add(start, other);
    }
}

}  // namespace qyzmet::engine
