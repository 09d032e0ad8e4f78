#include "engine/explore_threads.hpp"

#include <algorithm>
#include <set>

#include "engine/explore_plan.hpp"

namespace qyzmet::engine {

namespace {

bool is_thread_node(Node const& node) {
  bool const timer = node.kind == NodeKind::catch_event && node.event == EventKind::timer;
  bool const end = node.kind == NodeKind::end_event && node.event == EventKind::none;
  bool const service = node.kind == NodeKind::service_task && node.handler != "breach" &&
                       node.handler != "term.extend";
  return node.boundary.empty() && !node.multi &&
         (timer || end || service || node.kind == NodeKind::exclusive_gateway);
}

/// Nothing when a way leads out of what a thread may hold, or into it from elsewhere.
std::vector<NodeIndex> behind(Definition const& process, NodeIndex event) {
  std::vector<NodeIndex> out{event};
  for (std::size_t i = 0; i < out.size(); ++i)
    for (auto const flow : process.nodes[std::size_t(out[i])].outgoing)
      if (auto const target = process.flows[std::size_t(flow)].target;
          std::ranges::find(out, target) == out.end())
        out.push_back(target);
  for (std::size_t i = 1; i < out.size(); ++i) {
    auto const& node = process.nodes[std::size_t(out[i])];
    bool const own = std::ranges::all_of(node.incoming, [&](FlowIndex flow) {
      return std::ranges::find(out, process.flows[std::size_t(flow)].source) != out.end();
    });
    if (!own || !is_thread_node(node)) return {};
  }
  return out;
}

bool of_the_step(FormulaOp op) {
  return op == FormulaOp::enters || op == FormulaOp::completes || op == FormulaOp::orders ||
         op == FormulaOp::signs || op == FormulaOp::produces || op == FormulaOp::acts;
}

/// Does a part demand, rather than exclude, that something happens in the step?
bool demands(Formula const& formula, int index, bool positive) {
  if (index < 0) return false;
  auto const& part = formula[std::size_t(index)];
  if (of_the_step(part.op)) return positive;
  bool const turns = part.op == FormulaOp::negation || part.op == FormulaOp::implication;
  return demands(formula, part.left, turns ? !positive : positive) ||
         demands(formula, part.right, positive);
}

/// Is a step in which nothing of it happens like none?
bool ignores_idle_steps(Formula const& formula) {
  return std::ranges::none_of(formula, [&](FormulaNode const& part) {
    switch (part.op) {
      case FormulaOp::previously: {
        auto const op = formula[std::size_t(part.left)].op;
        return op != FormulaOp::once && op != FormulaOp::historically;
      }
      case FormulaOp::historically:
      case FormulaOp::since:
        return demands(formula, part.left, true);
      default:
        return false;
    }
  });
}

bool speaks_of(Formula const& formula, Definition const& process,
               std::vector<NodeIndex> const& nodes) {
  return std::ranges::any_of(formula, [&](FormulaNode const& part) {
    return std::ranges::any_of(nodes, [&](NodeIndex index) {
      auto const& node = process.nodes[std::size_t(index)];
      return !part.name.empty() && (part.name == node.id || part.name == node.handler_kind);
    });
  });
}

}  // namespace

std::vector<Thread> drawn_threads(Package const& package, std::vector<Observer> const& observers) {
  auto const& process = package.process;
  std::vector<Thread> out;
  for (NodeIndex i = 0; i < NodeIndex(process.nodes.size()); ++i) {
    auto const& node = process.nodes[std::size_t(i)];
    if (node.kind != NodeKind::boundary_event || node.event != EventKind::timer ||
        node.interrupting || node.scope == 0 || is_called(process, node.scope))
      continue;
    auto nodes = behind(process, i);
    bool const noticed = std::ranges::any_of(observers, [&](Observer const& observer) {
      return speaks_of(observer.formula, process, nodes) || !ignores_idle_steps(observer.formula);
    });
    if (!nodes.empty() && !noticed) out.push_back({.event = i, .nodes = std::move(nodes)});
  }
  return out;
}

/// Of those that are drawn, those that set nothing that is read, and read what nothing sets.
void ExplorePlan::find_threads() {
  auto const start = std::size_t(package.process.scopes.front().start);
  std::vector<bool> set(variables.size());
  for (std::size_t i = 0; i < plans_.size(); ++i)
    for (auto const* list : {&plans_[i].sets, &plans_[i].may_set})
      for (auto const id : *list)
        if (i != start) set[std::size_t(id)] = true;
  for (auto& thread : drawn_threads(package, observers)) {
    std::set<ProbeId> reads;
    bool alone = true;
    for (auto const index : thread.nodes) {
      auto const& plan = plans_[std::size_t(index)];
      alone = alone && plan.sets.empty() && plan.may_set.empty();
      for (auto const* list : {&plan.arriving, &plan.acting, &plan.leaving})
        for (auto const id : *list) reads.insert(needs_[std::size_t(id)].probe);
    }
    for (auto const probe : reads)
      for (auto const id : probes[std::size_t(probe)].variables)
        alone = alone && !set[std::size_t(id)];
    if (!alone) continue;
    for (auto const index : thread.nodes) thread_of[std::size_t(index)] = int(threads.size());
    threads.push_back(std::move(thread));
    thread_reads.emplace_back(reads.begin(), reads.end());
  }
}

}  // namespace qyzmet::engine
