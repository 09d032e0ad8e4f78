// What becomes of a step that led somewhere: observers see it, its state is looked up, and what is
// new waits to be gone on from.
#include <algorithm>
#include <bit>
#include <tuple>

#include "engine/environment.hpp"
#include "engine/explore_search.hpp"

namespace qyzmet::engine {

namespace {

StateKey with(StateKey key, std::vector<std::uint64_t> const& words) {
  KeyMaker out;
  out.add(key.low);
  out.add(key.high);
  for (auto const word : words) out.add(word);
  return out.key();
}

std::vector<NodeIndex> marking_of(Instance const& instance) {
  std::vector<NodeIndex> out;
  for (auto const& token : instance.tokens) out.push_back(token.node);
  std::ranges::sort(out);
  return out;
}

}  // namespace

/// Lets the observers see the move; variants that they judge differently part here.
void Explorer::arrive(Arrival&& arrival) {
  auto& made = arrival.made;
  auto& way = arrival.way;
  last_event_ = {};
  way.day = arrival.today;
  way.node = arrival.node;
  way.mask = arrival.mask;
  refresh_term(made.next);
  auto const visits = visited(made, package_.process);
  for (auto const visit : visits) entered_[std::size_t(visit)] = true;
  if (arrival.node != k_none) entered_[std::size_t(arrival.node)] = true;
  if (arrival.thread >= 0) return keep_thread(std::move(arrival));
  if (!plan_.threads.empty()) {
    watch_threads(arrival, visits);
    part_threads(arrival);
  }
  if (observers_.empty()) return keep(std::move(arrival));
  std::vector<ProbeId> read;
  auto const add = [&](NodeIndex at) {
    auto const& watched = plan_.watched_inputs[std::size_t(at)];
    read.insert(read.end(), watched.begin(), watched.end());
  };
  for (auto const visit : visits) add(visit);
  if (arrival.node != k_none) add(arrival.node);
  std::ranges::sort(read);
  read.erase(std::ranges::unique(read).begin(), read.end());
  auto const at = way.event == nullptr ? moment_of(made.next, arrival.today).at : made.next.at;
  auto const& actor = way.event == nullptr ? k_system : way.event->actor;
  auto environment = engine::environment(calendar_, made.next, at, actor);
  auto const classes =
      read.empty() ? std::vector{arrival.mask} : parts(arrival.mask, interned(std::move(read)));
  std::vector<std::pair<std::uint64_t, Mask>> judged;
  for (auto const part : classes) {
    if (part != arrival.mask) become(environment, std::size_t(std::countr_zero(part)));
    auto after = arrival.registers;
    auto const broken = watch_.observe({.step = made,
                                        .visits = visits,
                                        .event = way.event,
                                        .environment = environment,
                                        .calendar = calendar_},
                                       after);
    way.mask = part;
    for (auto const index : broken) {
      auto const& observer = observers_[index];
      auto* const found =
          find("observer", observer.id, "this does not hold: " + observer.text, way);
      if (found == nullptr) continue;
      found->rule = observer.rule;
      found->cite = observer.cite;
    }
    auto const same = std::ranges::find(judged, after, &std::pair<std::uint64_t, Mask>::first);
    if (same == judged.end())
      judged.emplace_back(after, part);
    else
      same->second |= part;
  }
  for (std::size_t i = 0; i + 1 < judged.size(); ++i) {
    auto copy = arrival;
    std::tie(copy.registers, copy.mask) = judged[i];
    keep(std::move(copy));
  }
  std::tie(arrival.registers, arrival.mask) = judged.back();
  keep(std::move(arrival));
}

/// Finds the states in the graph; what is new of them waits to be expanded.
void Explorer::keep(Arrival&& arrival) {
  auto& instance = arrival.made.next;
  auto& way = arrival.way;
  auto const moment = moment_of(instance, arrival.today);
  Living const* lives = nullptr;
  auto const words = words_of(instance, arrival.registers, moment, lives);
  auto const& memory = memory_of(instance, arrival.registers);
  auto const fault = fault_in(instance);
  std::vector<Origin> fresh;
  for (auto const& [key, whole] : keys(words, *lives, arrival, moment)) {
    auto part = whole;
    if (options_.reduced && !way.from.empty()) part = take_known(key, memory, part, way);
    if (part == 0) continue;
    auto const states = graph_.size();
    auto const [state, found] = graph_.reach(with(key, memory.words), part);
    if (graph_.size() != states) kin_[key].emplace_back(&memory, state);
    if (way.from.empty()) graph_.begin(state, part);
    connect(way, state, part);
    if (way.start >= 0) start_of_[{state, std::countr_zero(part)}] = std::size_t(way.start);
    if (found == 0) continue;
    if (fault || instance.ended) graph_.end(state, found);
    discover(arrival, state, found, fresh);
  }
  if (fresh.empty()) return;
  report_.markings.insert(marking_of(instance));
  if (!fault) {
    auto const alike = alike_key(words, *lives, arrival, moment);
    return wait(std::move(arrival), alike, std::move(fresh));
  }
  find(fault->property, fault->element, fault->text, {.from = fresh, .mask = fresh.front().mask});
}

void Explorer::connect(Way const& way, StateId to, Mask mask) {
  if (way.from.empty()) return;
  if (outcome_ != nullptr) outcome_->emplace_back(to, mask);
  graph_.connect(going_on_, to, mask, way.withdraws);
  for (auto const& origin : way.from)
    if (origin.state != to && (origin.mask & mask) != 0) ++report_.transitions;
}

/// What comes from different states has been discovered on different ways.
void Explorer::discover(Arrival const& arrival, StateId state, Mask mask,
                        std::vector<Origin>& found) {
  auto const add = [&](Mask part, std::int32_t before) {
    if (part != 0)
      found.push_back(
          {.state = state, .mask = part, .discovery = add_discovery(state, part, arrival, before)});
  };
  if (arrival.way.from.empty()) add(mask, -1);
  for (auto const& origin : arrival.way.from) add(origin.mask & mask, origin.discovery);
}

/// Joins an item that waits already where nothing but the variants tells them apart.
void Explorer::wait(Arrival&& arrival, StateKey alike, std::vector<Origin> origins) {
  Mask mask = 0;
  for (auto const& origin : origins) mask |= origin.mask;
  auto const [at, first] = waiting_.try_emplace(alike, taken_ + queue_.size());
  if (!first && at->second >= taken_) {
    auto& item = queue_[at->second - taken_];
    if ((item.mask & mask) == 0) {
      item.mask |= mask;
      item.origins.insert(item.origins.end(), origins.begin(), origins.end());
      return;
    }
  }
  at->second = taken_ + queue_.size();
  auto held = arrival.held;
  if (((mask >> held) & 1U) == 0) {
    held = std::size_t(std::countr_zero(mask));
    become(arrival.made.next.variables, held);
  }
  queue_.push_back({.instance = std::move(arrival.made.next),
                    .held = held,
                    .today = arrival.today,
                    .registers = arrival.registers,
                    .mask = mask,
                    .origins = std::move(origins),
                    .thread = arrival.thread});
}

std::int32_t Explorer::add_discovery(StateId state, Mask mask, Arrival const& arrival,
                                     std::int32_t before) {
  auto const& way = arrival.way;
  Discovery found{.state = state,
                  .mask = mask,
                  .before = before,
                  .aided = way.withdraws,
                  .day = way.day,
                  .event = nullptr,
                  .node = arrival.node,
                  .thread = arrival.thread};
  if (way.event != nullptr && way.event != last_event_.first)
    last_event_ = {way.event, std::make_shared<Event const>(*way.event)};
  if (way.event != nullptr) found.event = last_event_.second;
  if (before >= 0) {
    auto const& last = discoveries_[std::size_t(before)];
    found.depth = last.depth + 1;
    found.aided = found.aided || last.aided;
  }
  report_.depth = std::max(report_.depth, found.depth);
  discoveries_.push_back(std::move(found));
  return std::int32_t(discoveries_.size()) - 1;
}

}  // namespace qyzmet::engine
