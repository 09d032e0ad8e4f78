#include "tests/engine/mutants.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

#include "engine/bpmn.hpp"

namespace qyzmet::engine {

namespace {

bool is_gateway(NodeKind kind) {
  return kind == NodeKind::exclusive_gateway || kind == NodeKind::parallel_gateway;
}

/// Takes nodes and flows out of a definition and numbers the rest anew.
class Removal {
 public:
  explicit Removal(Definition const& definition) : definition_{definition} {}

  /// The node, and everything that nothing else leads to. Flows into it go on to what follows it.
  Definition without(NodeIndex index) {
    auto const& gone = node(index);
    if (gone.outgoing.size() == 1)
      for (auto const flow : gone.incoming)
        definition_.flows[std::size_t(flow)].target =
            definition_.flows[std::size_t(gone.outgoing.front())].target;
    take(index);
    for (bool more = true; more;) {
      more = false;
      for (NodeIndex i = 0; i < NodeIndex(definition_.nodes.size()); ++i)
        if (!nodes_.contains(i) && is_stranded(i)) {
          take(i);
          more = true;
        }
    }
    return renumbered();
  }

 private:
  Node const& node(NodeIndex index) const { return definition_.nodes[std::size_t(index)]; }

  void take(NodeIndex index) {
    if (!nodes_.insert(index).second) return;
    for (FlowIndex i = 0; i < FlowIndex(definition_.flows.size()); ++i) {
      auto const& flow = definition_.flows[std::size_t(i)];
      if (flow.source == index || flow.target == index) flows_.insert(i);
    }
    for (auto const boundary : node(index).boundary) take(boundary);
    if (node(index).body == k_none) return;
    for (auto const inner : definition_.scopes[std::size_t(node(index).body)].nodes) take(inner);
  }

  bool is_stranded(NodeIndex index) const {
    auto const kind = node(index).kind;
    if (kind == NodeKind::start_event || kind == NodeKind::boundary_event) return false;
    if (node(index).body != k_none &&
        definition_.scopes[std::size_t(node(index).body)].event_triggered)
      return false;
    for (FlowIndex i = 0; i < FlowIndex(definition_.flows.size()); ++i)
      if (!flows_.contains(i) && definition_.flows[std::size_t(i)].target == index) return false;
    return true;
  }

  template <class Index>
  static std::vector<Index> numbers(std::size_t size, std::set<Index> const& gone) {
    std::vector<Index> out;
    Index next = 0;
    for (Index i = 0; i < Index(size); ++i) out.push_back(gone.contains(i) ? k_none : next++);
    return out;
  }

  Definition renumbered() {
    auto const nodes = numbers(definition_.nodes.size(), nodes_);
    auto const flows = numbers(definition_.flows.size(), flows_);
    std::set<ScopeIndex> left;
    for (ScopeIndex i = 0; i < ScopeIndex(definition_.scopes.size()); ++i)
      if (nodes_.contains(definition_.scopes[std::size_t(i)].owner)) left.insert(i);
    auto const scopes = numbers(definition_.scopes.size(), left);
    auto const at = [](auto const& table, auto index) {
      return index == k_none ? index : table[std::size_t(index)];
    };
    auto const all = [&](auto const& table, auto& list) {
      for (auto& index : list) index = at(table, index);
      std::erase(list, k_none);
    };
    Definition out{
        .id = definition_.id, .name = definition_.name, .nodes = {}, .flows = {}, .scopes = {}};
    for (auto const& old : definition_.nodes) {
      if (at(nodes, NodeIndex(&old - definition_.nodes.data())) == k_none) continue;
      auto fresh = old;
      fresh.default_flow = at(flows, fresh.default_flow);
      fresh.attached_to = at(nodes, fresh.attached_to);
      fresh.scope = at(scopes, fresh.scope);
      fresh.body = at(scopes, fresh.body);
      fresh.incoming.clear();
      fresh.outgoing.clear();
      all(nodes, fresh.boundary);
      out.nodes.push_back(std::move(fresh));
    }
    for (auto const& old : definition_.flows) {
      if (at(flows, FlowIndex(&old - definition_.flows.data())) == k_none) continue;
      auto fresh = old;
      fresh.source = at(nodes, fresh.source);
      fresh.target = at(nodes, fresh.target);
      auto const index = FlowIndex(out.flows.size());
      out.nodes[std::size_t(fresh.source)].outgoing.push_back(index);
      out.nodes[std::size_t(fresh.target)].incoming.push_back(index);
      out.flows.push_back(std::move(fresh));
    }
    for (auto const& old : definition_.scopes) {
      if (at(scopes, ScopeIndex(&old - definition_.scopes.data())) == k_none) continue;
      auto fresh = old;
      fresh.parent = at(scopes, fresh.parent);
      fresh.owner = at(nodes, fresh.owner);
      fresh.start = at(nodes, fresh.start);
      all(nodes, fresh.nodes);
      all(scopes, fresh.event_scopes);
      out.scopes.push_back(std::move(fresh));
    }
    return out;
  }

  Definition definition_;
  std::set<NodeIndex> nodes_;
  std::set<FlowIndex> flows_;
};

class Mutator {
 public:
  explicit Mutator(Package const& package) : package_{package} {}

  std::vector<Mutant> run() {
    auto const& process = package_.process;
    for (NodeIndex i = 0; i < NodeIndex(process.nodes.size()); ++i) mutate_node(i);
    for (FlowIndex i = 0; i < FlowIndex(process.flows.size()); ++i) mutate_flow(i);
    for (auto const& [id, form] : package_.forms)
      for (std::size_t i = 0; i < form.guards.size(); ++i) shift_guard(id, i);
    return std::move(out_);
  }

 private:
  std::shared_ptr<Package> copy() const { return std::make_shared<Package>(package_); }
  Expression bound(std::string const& text) const {
    return Expression::compile(text).value().with(package_.settings);
  }
  void keep(std::string id, std::shared_ptr<Package> mutant) {
    out_.push_back({.id = std::move(id), .package = std::move(mutant)});
  }
  void remove(std::string const& id, NodeIndex index) {
    auto mutant = copy();
    mutant->process = Removal{package_.process}.without(index);
    keep(id, mutant);
  }

  void mutate_node(NodeIndex index) {
    auto const& node = package_.process.nodes[std::size_t(index)];
    bool const boundary = node.kind == NodeKind::boundary_event;
    remove((boundary ? "detach " : "drop ") + node.id, index);
    if (is_gateway(node.kind)) {
      auto mutant = copy();
      auto& kind = mutant->process.nodes[std::size_t(index)].kind;
      kind = kind == NodeKind::exclusive_gateway ? NodeKind::parallel_gateway
                                                 : NodeKind::exclusive_gateway;
      keep("swap " + node.id, mutant);
    }
    if (!node.timer) return;
    for (int const days : {1, -1}) {
      auto const text = shifted(node.timer->text(), days);
      if (text.empty()) continue;
      auto mutant = copy();
      mutant->process.nodes[std::size_t(index)].timer = bound(text);
      keep("shift " + node.id + (days > 0 ? " +1" : " -1"), mutant);
    }
  }

  /// A day, or a duration in days; "" for a duration in other units.
  static std::string shifted(std::string const& timer, int days) {
    if (!timer.starts_with("duration"))
      return "wd_add(" + timer + ", " + std::to_string(days) + ")";
    std::smatch lasts;
    if (!std::regex_match(timer, lasts, std::regex{R"(duration"P(\d+)D"\s*)"})) return {};
    return "duration\"P" + std::to_string(std::stoi(lasts[1]) + days) + "D\"";
  }

  /// Each number of working days in what a guard requires.
  void shift_guard(std::string const& id, std::size_t index) {
    auto const text = package_.forms.at(id).guards[index].require.text();
    std::regex const counted{R"(wd_add\((\w|\.)+, (-?\d+)\))"};
    for (std::sregex_iterator at{text.begin(), text.end(), counted}, end; at != end; ++at)
      for (int const days : {1, -1}) {
        auto changed = text;
        changed.replace(std::size_t(at->position(2)), std::size_t(at->length(2)),
                        std::to_string(std::stoi(at->str(2)) + days));
        auto mutant = copy();
        mutant->forms.at(id).guards[index].require = bound(changed);
        keep("shift " + id + " " + package_.forms.at(id).guards[index].text +
                 (days > 0 ? " +1" : " -1"),
             mutant);
      }
  }

  void mutate_flow(FlowIndex index) {
    auto const& flow = package_.process.flows[std::size_t(index)];
    if (auto const other = next_in_scope(flow.target); other != flow.target) {
      auto mutant = copy();
      auto& process = mutant->process;
      process.flows[std::size_t(index)].target = other;
      std::erase(process.nodes[std::size_t(flow.target)].incoming, index);
      process.nodes[std::size_t(other)].incoming.push_back(index);
      keep("retarget " + flow.id, mutant);
    }
    if (!flow.condition) return;
    auto mutant = copy();
    mutant->process.flows[std::size_t(index)].condition =
        bound("not(" + flow.condition->text() + ")");
    keep("negate " + flow.id, mutant);
  }

  /// The node that stands behind `index` in its scope and can be flowed into.
  NodeIndex next_in_scope(NodeIndex index) const {
    auto const& process = package_.process;
    auto const& node = process.nodes[std::size_t(index)];
    auto const& all = process.scopes[std::size_t(node.scope)].nodes;
    auto const at = std::size_t(std::ranges::find(all, index) - all.begin());
    for (std::size_t step = 1; step < all.size(); ++step) {
      auto const other = all[(at + step) % all.size()];
      auto const& target = process.nodes[std::size_t(other)];
      bool const event_scope =
          target.body != k_none && process.scopes[std::size_t(target.body)].event_triggered;
      if (!event_scope && !target.incoming.empty()) return other;
    }
    return index;
  }

  Package const& package_;
  std::vector<Mutant> out_;
};

}  // namespace

std::vector<Mutant> mutants(Package const& package) {
  return Mutator{package}.run();
}

std::vector<Violation> refused_by_validation(Mutant const& mutant) {
  return validate(mutant.package->process, Profile::standard);
}

}  // namespace qyzmet::engine
