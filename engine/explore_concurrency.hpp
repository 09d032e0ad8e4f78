#pragma once
// Which nodes of a drawing can be busy at the same time; internal to engine/. Rather more pairs
// than can really be than one too few: what a token needs must be known before another one beside
// it changes a part of that.
#include <utility>
#include <vector>

#include "engine/definition.hpp"

namespace qyzmet::engine {

class Concurrency {
 public:
  explicit Concurrency(Definition const& process);
  /// Can a token rest at one of the nodes while another comes to the second?
  bool beside(NodeIndex a, NodeIndex b) const;
  /// Does the node stand in the scope, or in one inside it?
  bool within(NodeIndex node, ScopeIndex scope) const;

 private:
  void begin(NodeIndex index);
  void add(NodeIndex a, NodeIndex b);
  void add_all_within(ScopeIndex scope, NodeIndex beside);
  void move(NodeIndex from, NodeIndex other);
  void listen(NodeIndex from, NodeIndex other);

  Definition const& process_;
  std::size_t size_;
  std::vector<bool> pairs_;
  std::vector<std::pair<NodeIndex, NodeIndex>> fresh_;
};

}  // namespace qyzmet::engine
