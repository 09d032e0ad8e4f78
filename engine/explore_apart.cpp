// The threads that go their own way, as the search meets them: parted from the case where their
// timers are armed, gone through, and put back into the scripts that lead to what was found.
#include <algorithm>

#include "engine/explore_search.hpp"

namespace qyzmet::engine {

namespace {

template <class List, class Of>
void keep_if(List& list, Of of) {
  std::erase_if(list, [&](auto const& one) { return !of(one.node); });
}

bool ends_all(Node const& node) {
  return node.kind == NodeKind::end_event &&
         (node.event == EventKind::terminate || node.event == EventKind::error);
}

/// The token that a token of one instance is in another, by where it stands; of one that is not in
/// the first, the first at the node.
std::int32_t counterpart(std::int32_t token, Instance const& of, Instance const& in,
                         NodeIndex node) {
  std::size_t rank = 0;
  if (auto const found = std::ranges::find(of.tokens, token, &Token::id);
      found != of.tokens.end()) {
    node = found->node;
    for (auto const& one : of.tokens) rank += one.node == node && one.id < token ? 1U : 0U;
  }
  for (auto const& one : in.tokens)
    if (one.node == node && rank-- == 0) return one.id;
  return token;
}

}  // namespace

/// Of a thread: does anything of it still wait?
bool Explorer::waits_in(Instance const& instance) {
  return !instance.timers.empty() || !instance.pending.empty() || !instance.incidents.empty();
}

/// Leaves nothing waiting but what belongs to the thread, or to none (-1); the tokens of others
/// stay where they are.
void Explorer::keep_only(Instance& instance, int thread) const {
  auto const belongs = [&](NodeIndex node) { return plan_.thread_of[std::size_t(node)] == thread; };
  keep_if(instance.timers, belongs);
  keep_if(instance.pending, belongs);
  keep_if(instance.incidents, belongs);
  if (thread < 0) return keep_if(instance.tokens, belongs);
  instance.tasks.clear();
  instance.subscriptions.clear();
}

/// What of the threads an arrival brings goes on by itself.
void Explorer::part_threads(Arrival& arrival) {
  if (plan_.threads.empty()) return;
  std::set<int> present;
  auto const add = [&](NodeIndex node) {
    if (auto const thread = plan_.thread_of[std::size_t(node)]; thread >= 0) present.insert(thread);
  };
  auto& instance = arrival.made.next;
  for (auto const& timer : instance.timers) add(timer.node);
  for (auto const& token : instance.tokens) add(token.node);
  if (present.empty()) return;
  for (auto const thread : present) {
    auto alone = arrival;
    alone.thread = thread;
    keep_thread(std::move(alone));
  }
  keep_only(instance, -1);
}

/// Did the scope end because nothing was left in it, rather than be ended?
bool Explorer::completes_for_want_of_tokens(Arrival const& arrival, Instance const& before,
                                            ScopeIndex scope,
                                            std::vector<NodeIndex> const& visits) const {
  auto const open = [&](Instance const& instance) {
    return std::ranges::count_if(instance.scopes, [&](ScopeInstance const& one) {
      return one.scope == scope && !one.is_turn();
    });
  };
  if (open(before) == 0 || open(arrival.made.next) >= open(before)) return false;
  auto const& process = package_.process;
  auto const ends = [&](NodeIndex index) {
    auto const& node = process.nodes[std::size_t(index)];
    for (auto at = scope; at != k_none; at = process.scopes[std::size_t(at)].parent) {
      auto const& around = process.scopes[std::size_t(at)];
      if (node.scope == at && ends_all(node)) return true;
      if (node.kind == NodeKind::boundary_event && node.interrupting &&
          node.attached_to == around.owner)
        return true;
      for (auto const events : around.event_scopes)
        if (process.scopes[std::size_t(events)].start == index && node.interrupting) return true;
    }
    return false;
  };
  bool const fired = arrival.node != k_none && ends(arrival.node);
  return !fired && std::ranges::none_of(visits, ends);
}

/// A thread that lives holds its scope open; it is not among the tokens, so that must not matter.
void Explorer::watch_threads(Arrival const& arrival, std::vector<NodeIndex> const& visits) {
  if (item_ == nullptr || arrival.way.from.empty()) return;
  for (auto const& thread : plan_.threads) {
    auto const scope = package_.process.nodes[std::size_t(thread.event)].scope;
    if (completes_for_want_of_tokens(arrival, item_->instance, scope, visits)) kept_back_ = true;
  }
}

StateKey Explorer::thread_key(Arrival const& arrival) {
  auto const& instance = arrival.made.next;
  auto const moment = moment_of(instance, arrival.today);
  std::vector<std::uint64_t> words{std::uint64_t(arrival.thread)};
  std::vector<NodeIndex> places;
  auto const add_places = [&] {
    std::ranges::sort(places);
    words.push_back(places.size());
    for (auto const place : places) words.push_back(std::uint64_t(place));
    places.clear();
  };
  for (auto const& token : instance.tokens)
    if (plan_.thread_of[std::size_t(token.node)] == arrival.thread) places.push_back(token.node);
  add_places();
  for (auto const& pending : instance.pending) places.push_back(pending.node);
  add_places();
  for (auto const& incident : instance.incidents) places.push_back(incident.node);
  add_places();
  for (auto const& timer : instance.timers) {
    words.push_back(std::uint64_t(timer.node));
    words.push_back(
        ValueCodes::distance(fires_on(timer, days_, arrival.today) - days_.index(arrival.today)));
  }
  there_.look_at(instance.variables);
  for (auto const probe : plan_.thread_reads[std::size_t(arrival.thread)])
    words.push_back(codes_.probe(probe, there_, moment));
  return key_of(words);
}

void Explorer::keep_thread(Arrival&& arrival) {
  auto& instance = arrival.made.next;
  keep_only(instance, arrival.thread);
  auto const key = thread_key(arrival);
  auto const [state, found] = thread_graph_.reach(key, arrival.mask);
  bool const begins = item_ == nullptr || item_->thread < 0;
  if (begins) thread_graph_.begin(state, arrival.mask);
  if (!begins) thread_graph_.connect(going_on_, state, arrival.mask, false);
  if (found == 0) return;
  auto const fault = fault_in(instance);
  if (fault || !waits_in(instance)) thread_graph_.end(state, found);
  std::vector<Origin> fresh;
  discover(arrival, state, found, fresh);
  if (fault)
    find(fault->property, fault->element, fault->text, {.from = fresh, .mask = fresh.front().mask});
  else
    wait(std::move(arrival), key, std::move(fresh));
}

/// The events as they stand with the threads among the tokens, which then have other numbers.
std::vector<Moved> Explorer::script_to(Way const& way) const {
  auto const found = way_to(way);
  std::vector<Moved> script;
  for (auto const& one : found) script.push_back(one.moved);
  if (plan_.threads.empty()) return script;
  auto apart = options_.from.value_or(Instance{});
  auto whole = apart;
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& moved = script[i];
    if (!moved.event) continue;
    auto const token_of = [&](std::int32_t token) {
      return counterpart(token, apart, whole, found[i].node);
    };
    auto event = *moved.event;
    auto& body = moved.event->body;
    if (auto* const result = std::get_if<HandlerResult>(&body))
      result->token = token_of(result->token);
    else if (auto* const again = std::get_if<RetryIncident>(&body))
      again->token = token_of(again->token);
    else if (auto* const stated = std::get_if<ResolveIncident>(&body))
      stated->token = token_of(stated->token);
    else if (auto* const task = std::get_if<CompleteTask>(&body); task && task->token != 0)
      task->token = token_of(task->token);
    auto const in_whole = step(package_, calendar_, whole, *moved.event);
    auto const in_apart = step(package_, calendar_, apart, event);
    if (!in_whole || !in_apart) break;
    whole = in_whole->next;
    apart = in_apart->next;
    bool const goes_on_alone = i + 1 < found.size() && found[i + 1].thread >= 0;
    if (found[i].thread < 0 && !goes_on_alone) keep_only(apart, -1);
    if (goes_on_alone) keep_only(apart, found[i + 1].thread);
  }
  return script;
}

}  // namespace qyzmet::engine
