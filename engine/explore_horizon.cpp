// How far ahead a process can still put a day: by what can follow a token, backwards over the flows
// of the drawing.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include "engine/explore_expressions.hpp"
#include "engine/explore_plan.hpp"

namespace qyzmet::engine {

namespace {

/// Working days that the expressions it visits put ahead; days of the term stand by themselves.
struct Reach {
  int days = 0;

  void operator()(Expression const& expression, std::string_view) {
    auto const parts = ExpressionParts::of(expression);
    for (std::size_t i = 0; i < parts.parts.size(); ++i) {
      auto const& part = parts.parts[i];
      auto const* const value = parts.constant(i);
      bool const lasts = value != nullptr && value->as<Duration>() != nullptr;
      bool const counts = part.op == Op::wd_add || part.op == Op::wd_end || part.op == Op::add ||
                          part.op == Op::subtract;
      bool const of_term = std::ranges::all_of(
          part.paths, [](std::string const& path) { return path.starts_with("T."); });
      if (lasts || (counts && !of_term)) days = std::max(days, parts.reach(i));
    }
  }
};

/// Working days from the decision to extend the term to its end; none when that is counted from
/// elsewhere.
std::optional<int> end_after(ExtensionRule const& rule) {
  constexpr int k_month_wd_max = 23;
  std::optional<int> out;
  if (rule.basis == MilestoneRule::Basis::decision) out = rule.days;
  if (rule.months > 0 && rule.cap != ExtensionRule::Cap::days)
    out = std::max(out.value_or(0), rule.months * k_month_wd_max);
  return out;
}

/// The same to a milestone; `left`: rows that it may still go back to.
std::optional<int> days_after(ExtensionRule const& rule, MilestoneRule const& milestone,
                              std::size_t left) {
  std::optional<int> from;
  if (milestone.basis == MilestoneRule::Basis::decision) from = 0;
  if (milestone.basis == MilestoneRule::Basis::end) from = end_after(rule);
  if (milestone.basis == MilestoneRule::Basis::milestone && left > 0)
    for (auto const& other : rule.milestones)
      if (other.code == milestone.basis_code) from = days_after(rule, other, left - 1);
  return from ? std::optional{*from + milestone.offset_wd} : std::nullopt;
}

/// Working days from the decision to extend the term to what is counted from it.
int reach_of(ExtensionRule const& rule) {
  int days = end_after(rule).value_or(0);
  for (auto const& milestone : rule.milestones)
    days =
        std::max(days, std::abs(days_after(rule, milestone, rule.milestones.size()).value_or(0)));
  return days;
}

}  // namespace

/// Of what is evaluated when a token comes to the node.
int ExplorePlan::reach_on_arrival(NodeIndex index) const {
  auto const& process = package.process;
  auto const& node = process.nodes[std::size_t(index)];
  Reach reach;
  auto const waits_for = [&](NodeIndex timed) {
    if (auto const& timer = process.nodes[std::size_t(timed)].timer) reach(*timer, "");
  };
  waits_for(index);
  for (auto const boundary : node.boundary)
    if (!in_thread(boundary)) waits_for(boundary);
  if (node.kind == NodeKind::event_gateway)
    for (auto const out : node.outgoing) waits_for(process.flows[std::size_t(out)].target);
  if (node.body != k_none)
    for (auto const events : process.scopes[std::size_t(node.body)].event_scopes)
      waits_for(process.scopes[std::size_t(events)].start);
  if (node.key) reach(*node.key, "");
  if (node.multi && node.multi->collection) reach(*node.multi->collection, "");
  if (node.multi && node.multi->cardinality) reach(*node.multi->cardinality, "");
  each_expression(node.in, reach);
  return reach.days;
}

/// Of what is evaluated when it goes on.
int ExplorePlan::reach_of_act(NodeIndex index) const {
  auto const& node = package.process.nodes[std::size_t(index)];
  Reach reach;
  if (node.multi && node.multi->completion) reach(*node.multi->completion, "");
  each_expression(node.out, reach);
  for (auto const out : node.outgoing)
    if (auto const& condition = package.process.flows[std::size_t(out)].condition)
      reach(*condition, "");
  auto const* const form = node.kind == NodeKind::user_task   ? package.form(node.form)
                           : node.event == EventKind::message ? package.form(node.message)
                                                              : nullptr;
  if (form != nullptr) {
    each_expression(*form, reach);
    auto const role = node.kind == NodeKind::user_task ? node.role : form->role;
    if (auto const guards = package.roles.find(role); guards != package.roles.end())
      each_expression(guards->second, reach);
  }
  if (auto const handler = package.handlers.find(node.handler_kind);
      node.kind == NodeKind::service_task && handler != package.handlers.end())
    each_expression(handler->second.assignments, reach);
  if (node.handler != "term.extend") return reach.days;
  if (auto const* const rule = package.term.extension(node.handler_kind))
    reach.days = std::max(reach.days, reach_of(*rule));
  for (std::size_t i = 0; i < package.process.nodes.size(); ++i)  // timers are counted anew
    if (auto const& timer = package.process.nodes[i].timer; timer && !in_thread(NodeIndex(i)))
      reach(*timer, "");
  return reach.days;
}

/// What a token at a node can lead to, as far as that is not asked for a token around it.
void ExplorePlan::find_horizons() {
  auto const& process = package.process;
  auto const nodes = process.nodes.size();
  std::vector<int> entered(nodes);
  horizons_.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    if (in_thread(NodeIndex(i))) continue;
    horizons_[i] = reach_of_act(NodeIndex(i));
    for (std::size_t number = 0; number < observers.size(); ++number) {
      Reach reach;
      if (((asking[i] >> number) & 1U) != 0) each_expression(observers[number], reach);
      horizons_[i] = std::max(horizons_[i], reach.days);
    }
    entered[i] = std::max(reach_on_arrival(NodeIndex(i)), horizons_[i]);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < nodes; ++i) {
      if (in_thread(NodeIndex(i))) continue;
      auto rests = horizons_[i];
      for_each_next(process.nodes[i],
                    [&](NodeIndex next) { rests = std::max(rests, entered[std::size_t(next)]); });
      auto comes = std::max(entered[i], rests);
      if (auto const body = process.nodes[i].body; body != k_none)
        if (auto const start = process.scopes[std::size_t(body)].start; start != k_none)
          comes = std::max(comes, entered[std::size_t(start)]);
      changed = changed || rests != horizons_[i] || comes != entered[i];
      horizons_[i] = rests;
      entered[i] = comes;
    }
  }
  horizon_wd_ = *std::ranges::max_element(entered);
}

int ExplorePlan::window_wd(std::vector<Token> const& tokens) const {
  int horizon = 0;
  for (auto const& token : tokens) horizon = std::max(horizon, horizons_[std::size_t(token.node)]);
  return 2 * horizon + 2;
}

}  // namespace qyzmet::engine
