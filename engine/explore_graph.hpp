#pragma once
// The graph of explored states and what can still be reached in it; internal to engine/. A state
// holds for a set of variants of the application, one bit each.
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/explore_values.hpp"

namespace qyzmet::engine {

using StateId = std::int32_t;
using Mask = std::uint64_t;
inline constexpr std::size_t k_variants_max = 64;

/// A state that waits to be gone on from, for some variants, and how it was come to.
struct Origin {
  StateId state = 0;
  Mask mask = 0;
  std::int32_t discovery = -1;
};

class StateGraph {
 public:
  std::size_t size() const { return ids_.size(); }
  /// The state of that key, and those of the variants for which it is new.
  std::pair<StateId, Mask> reach(StateKey key, Mask mask);
  /// Of the variants, those for which the state was reached.
  Mask reached(StateId state) const { return reached_[std::size_t(state)]; }
  /// Something that states go on from together.
  StateId gather(std::span<Origin const> origins);
  void connect(StateId from, StateId to, Mask mask, bool withdraws);
  void begin(StateId state, Mask mask) { begin_.emplace_back(state, mask); }
  void end(StateId state, Mask mask) { end_.emplace_back(state, mask); }
  /// Variants of each state from which no end can be reached; `unaided`: in which nobody
  /// withdraws, before or after.
  std::vector<Mask> lost(bool unaided) const;

 private:
  struct Edge {
    StateId from;
    StateId to;
    Mask mask;
    bool withdraws;
  };
  using Seeds = std::vector<std::pair<StateId, Mask>>;
  std::vector<Mask> closure(Seeds const& seeds, bool backward, bool unaided) const;

  std::unordered_map<StateKey, StateId, StateKeyHash> ids_;
  std::vector<Mask> reached_;
  std::vector<Edge> edges_;
  Seeds begin_, end_;
};

}  // namespace qyzmet::engine
