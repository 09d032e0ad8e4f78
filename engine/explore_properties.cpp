#include <algorithm>
#include <bit>

#include "engine/explore_search.hpp"

namespace qyzmet::engine {

std::optional<Explorer::Fault> Explorer::fault_in(Instance const& instance) const {
  auto const id = [&](NodeIndex node) { return package_.process.nodes[std::size_t(node)].id; };
  for (auto const& incident : instance.incidents)
    if (incident.reason != "error.effect_failed")
      return Fault{.property = "incident", .element = id(incident.node), .text = incident.reason};
  for (auto const& a : instance.tokens)
    for (auto const& b : instance.tokens)
      if (a.id < b.id && a.node == b.node && a.scope == b.scope && a.arrived == b.arrived)
        return Fault{.property = "safe",
                     .element = id(a.node),
                     .text = "two tokens rest here; nothing bounds their number"};
  return std::nullopt;
}

void Explorer::check_end(Item const& item) {
  auto const& left = item.instance;
  bool const clean = left.tokens.empty() && left.tasks.empty() && left.timers.empty() &&
                     left.subscriptions.empty() && left.pending.empty() && left.scopes.empty();
  if (clean) return;
  auto const node = left.tokens.empty() ? NodeIndex{k_none} : left.tokens.front().node;
  find("proper_completion", node == k_none ? "" : package_.process.nodes[std::size_t(node)].id,
       "the case has ended and something still waits", {.from = item.origins, .mask = item.mask});
}

void Explorer::conclude() {
  bool const whole =
      !report_.stopped && std::ranges::find(report_.findings, "unfinished", &Finding::property) ==
                              report_.findings.end();
  if (!whole) return;
  conclude_lost(false);
  conclude_lost(true);
  conclude_threads();
  if (!options_.from) conclude_dead();
}

/// The first state from which there is no way to an end.
void Explorer::conclude_lost(bool unaided) {
  auto const lost = graph_.lost(unaided);
  for (std::size_t i = 0; i < discoveries_.size(); ++i) {
    auto const& found = discoveries_[i];
    if (found.thread >= 0) continue;
    auto const mask = found.mask & lost[std::size_t(found.state)];
    if (mask == 0 || (unaided && found.aided)) continue;
    std::array const from{Origin{.state = found.state, .mask = mask, .discovery = std::int32_t(i)}};
    find(unaided ? "option_to_complete_unaided" : "option_to_complete", "",
         unaided ? "from here the case can only end by a withdrawal"
                 : "from here the case cannot end",
         {.from = from, .mask = mask});
    return;
  }
}

/// The same of a thread by itself.
void Explorer::conclude_threads() {
  auto const lost = thread_graph_.lost(false);
  for (std::size_t i = 0; i < discoveries_.size(); ++i) {
    auto const& found = discoveries_[i];
    if (found.thread < 0 || (found.mask & lost[std::size_t(found.state)]) == 0) continue;
    auto const& thread = plan_.threads[std::size_t(found.thread)];
    std::array const from{
        Origin{.state = found.state, .mask = found.mask, .discovery = std::int32_t(i)}};
    find("option_to_complete", package_.process.nodes[std::size_t(thread.event)].id,
         "from here this thread cannot end", {.from = from, .mask = found.mask});
  }
}

/// Of these a step leaves a trace when it does not tell where tokens went.
static bool is_traced(Node const& node) {
  return node.kind == NodeKind::user_task || node.kind == NodeKind::service_task ||
         node.kind == NodeKind::catch_event || node.kind == NodeKind::receive_task ||
         (node.kind == NodeKind::boundary_event && node.event != EventKind::error);
}

void Explorer::conclude_dead() {
  for (std::size_t i = 0; i < entered_.size(); ++i) {
    auto const& node = package_.process.nodes[i];
    bool const frame =
        node.body != k_none && package_.process.scopes[std::size_t(node.body)].event_triggered;
    if (!TellsVisits<Step> && !is_traced(node)) continue;
    if (!entered_[i] && !frame) find("dead_node", node.id, "nothing ever leads here", {});
  }
}

/// Nothing when the same is known by a shorter way.
Finding* Explorer::find(std::string property, std::string element, std::string text,
                        Way const& way) {
  bool const known = std::ranges::any_of(report_.findings, [&](Finding const& finding) {
    return finding.property == property && finding.element == element;
  });
  if (known) return nullptr;
  report_.findings.push_back({.property = std::move(property),
                              .element = std::move(element),
                              .rule = {},
                              .cite = {},
                              .text = std::move(text),
                              .script = script_to(way)});
  return &report_.findings.back();
}

std::vector<Explorer::Found> Explorer::way_to(Way const& way) const {
  std::vector<Found> found;
  auto const event_of = [](Event const* event) {
    return event == nullptr ? std::nullopt : std::optional{*event};
  };
  if (way.start >= 0) return {{.moved = {.day = way.day, .event = event_of(way.event)}}};
  if (way.moves)
    found.push_back({.moved = {.day = way.day, .event = event_of(way.event)},
                     .node = way.node,
                     .thread = item_ == nullptr ? -1 : item_->thread});
  auto mask = way.mask;
  std::int32_t from = -1;
  for (auto const& origin : way.from) {
    if (from >= 0 || (mask != 0 && (origin.mask & mask) == 0)) continue;
    from = origin.discovery;
    mask = mask == 0 ? origin.mask : mask & origin.mask;
  }
  for (auto at = from; at >= 0;) {
    auto const& one = discoveries_[std::size_t(at)];
    if (mask == 0) mask = one.mask;
    auto const begun = start_of_.find({one.state, std::countr_zero(mask)});
    if (one.before < 0 && begun != start_of_.end())
      found.push_back({.moved = {.day = one.day, .event = starts_[begun->second]}});
    else if (one.before >= 0)
      found.push_back({.moved = {.day = one.day, .event = event_of(one.event.get())},
                       .node = one.node,
                       .thread = one.thread});
    at = one.before;
  }
  std::ranges::reverse(found);
  return found;
}

}  // namespace qyzmet::engine
