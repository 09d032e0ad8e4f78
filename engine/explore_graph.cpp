#include "engine/explore_graph.hpp"

namespace qyzmet::engine {

std::pair<StateId, Mask> StateGraph::reach(StateKey key, Mask mask) {
  auto const [at, fresh] = ids_.try_emplace(key, StateId(reached_.size()));
  if (fresh) reached_.push_back(0);
  auto& reached = reached_[std::size_t(at->second)];
  auto const added = mask & ~reached;
  reached |= mask;
  return {at->second, added};
}

StateId StateGraph::gather(std::span<Origin const> origins) {
  auto const id = StateId(reached_.size());
  auto& reached = reached_.emplace_back(0);
  for (auto const& origin : origins) {
    reached |= origin.mask;
    edges_.push_back({.from = origin.state, .to = id, .mask = origin.mask, .withdraws = false});
  }
  return id;
}

void StateGraph::connect(StateId from, StateId to, Mask mask, bool withdraws) {
  if (from != to) edges_.push_back({.from = from, .to = to, .mask = mask, .withdraws = withdraws});
}

std::vector<Mask> StateGraph::closure(Seeds const& seeds, bool backward, bool unaided) const {
  auto const tail = [&](Edge const& edge) { return backward ? edge.to : edge.from; };
  auto const head = [&](Edge const& edge) { return backward ? edge.from : edge.to; };
  std::vector<std::uint32_t> first(reached_.size() + 1);
  for (auto const& edge : edges_) ++first[std::size_t(tail(edge)) + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<std::uint32_t> sorted(edges_.size());
  auto next = first;
  for (std::uint32_t i = 0; i < edges_.size(); ++i)
    sorted[next[std::size_t(tail(edges_[i]))]++] = i;
  std::vector<Mask> masks(reached_.size());
  std::vector<StateId> work;
  auto const add = [&](StateId state, Mask mask) {
    auto& known = masks[std::size_t(state)];
    if ((mask & ~known) == 0) return;
    known |= mask;
    work.push_back(state);
  };
  for (auto const& [state, mask] : seeds) add(state, mask);
  while (!work.empty()) {
    auto const state = std::size_t(work.back());
    work.pop_back();
    for (auto i = first[state]; i < first[state + 1]; ++i) {
      auto const& edge = edges_[sorted[i]];
      if (!(unaided && edge.withdraws)) add(head(edge), masks[state] & edge.mask);
    }
  }
  return masks;
}

std::vector<Mask> StateGraph::lost(bool unaided) const {
  auto out = unaided ? closure(begin_, false, true) : reached_;
  auto const ends = closure(end_, true, unaided);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] &= ~ends[i];
  return out;
}

}  // namespace qyzmet::engine
