// What tells states apart: the words that their keys are made of.
#include <algorithm>
#include <bit>
#include <set>
#include <string_view>

#include "engine/explore_search.hpp"

namespace qyzmet::engine {

namespace {

constexpr int k_remembered_wd = 20;  // without reduction: days further back are alike

}  // namespace

/// What lives in a state in which the `open` observers can still be broken.
Explorer::Living const& Explorer::living(Instance const& instance, std::uint64_t open) {
  std::vector<std::int32_t> places;  // nodes where tokens rest, then as below
  std::vector<NodeIndex> waiting;
  auto const& process = package_.process;
  auto const add_waiting = [&](NodeIndex event, std::int32_t token, std::int32_t scope) {
    auto const waits = [&](auto const& wait) {
      return wait.node == event && wait.token == token && (token != k_none || wait.scope == scope);
    };
    if (process.nodes[std::size_t(event)].event == EventKind::error ||
        std::ranges::any_of(instance.timers, waits) ||
        std::ranges::any_of(instance.subscriptions, waits))
      waiting.push_back(event);
  };
  for (auto const& token : instance.tokens) {
    if (in_frame(process, instance, token.scope)) continue;
    places.push_back(token.node);
    for (auto const boundary : process.nodes[std::size_t(token.node)].boundary)
      add_waiting(boundary, token.id, k_none);
  }
  for (auto const& scope : instance.scopes) {
    if (in_frame(process, instance, scope.id)) continue;
    for (auto const events : process.scopes[std::size_t(scope.scope)].event_scopes)
      add_waiting(process.scopes[std::size_t(events)].start, k_none, scope.id);
  }
  // An event by itself, or over each place.
  auto const nodes = std::int32_t(process.nodes.size());
  auto const resting = places;
  for (auto const event : waiting) {
    auto const& over = plan_.listening_over[std::size_t(event)];
    if (over.empty()) places.push_back(-2 - event);
    for (auto const node : resting)
      if (!over.empty() && !over[std::size_t(node)].empty())
        places.push_back(-2 - event - nodes * (1 + node));
  }
  std::ranges::sort(places);
  places.erase(std::ranges::unique(places).begin(), places.end());
  KeyMaker key;
  key.add(open);
  for (auto const place : places) key.add(std::uint64_t(std::int64_t{place}));
  auto const [at, fresh] = living_.try_emplace(key.key());
  if (!fresh) return at->second;
  std::set<ProbeId> found;
  for (auto rest = open; rest != 0; rest &= rest - 1) {
    auto const& list = plan_.observed[std::size_t(std::countr_zero(rest))];
    found.insert(list.begin(), list.end());
  }
  for (auto const place : places) {
    auto const event = (-2 - place) % nodes;
    auto const over = (-2 - place) / nodes - 1;
    auto const& list = place >= 0 ? plan_.resting[std::size_t(place)]
                       : over < 0 ? plan_.listening[std::size_t(event)]
                                  : plan_.listening_over[std::size_t(event)][std::size_t(over)];
    found.insert(list.begin(), list.end());
  }
  auto& [plain, mixed, pieces] = at->second;
  for (auto const id : found) (plan_.probes[std::size_t(id)].mixed ? mixed : plain).push_back(id);
  pieces = plan_.given_pieces({mixed.begin(), mixed.end()});
  return at->second;
}

Explorer::Memory const& Explorer::memory_of(Instance const& instance, std::uint64_t registers) {
  std::uint64_t asking = 0;
  for (auto const& token : instance.tokens) asking |= plan_.asking[std::size_t(token.node)];
  KeyMaker key;
  key.add(asking);
  key.add(registers);
  for (auto const& breach : instance.breaches) key.add(codes_.number(breach));
  auto const [at, fresh] = memories_.try_emplace(key.key());
  auto& open = at->second.open;
  auto& words = at->second.words;
  if (!fresh) return at->second;
  std::uint64_t bits = 0;
  std::set<std::string_view> breaches;
  for (; asking != 0; asking &= asking - 1) {
    auto const number = std::size_t(std::countr_zero(asking));
    auto const known = remembered(observers_[number], registers, instance.breaches);
    if (!known) continue;
    open |= std::uint64_t{1} << number;
    bits |= known->registers;
    breaches.insert(known->breaches.begin(), known->breaches.end());
  }
  at->second.bits = registers & bits;
  at->second.breaches.assign(breaches.begin(), breaches.end());
  for (auto const mask : {open, registers & bits})  // in halves: a whole one could look like a day
    words.insert(words.end(), {mask >> 32, mask & 0xffffffffU});
  words.push_back(breaches.size());
  for (auto const breach : breaches) words.push_back(hash_word(breach));
  return at->second;
}

/// Does each observer that the other memory still lets break break at least as soon with this one,
/// whatever happens?
bool Explorer::as_bad(Memory const& one, Memory const& other) const {
  auto const recorded = [](Memory const& memory, std::string_view breach) {
    return std::ranges::binary_search(memory.breaches, breach);
  };
  for (auto rest = other.open; rest != 0; rest &= rest - 1) {
    auto const number = std::size_t(std::countr_zero(rest));
    auto const& leans = leanings_[number];
    if (((one.open >> number) & 1U) == 0) return false;
    if ((one.bits & ~other.bits & leans.helps) != 0) return false;
    if ((other.bits & ~one.bits & leans.harms) != 0) return false;
    for (auto const breach : leans.breaches_help)
      if (recorded(one, breach) && !recorded(other, breach)) return false;
    for (auto const breach : leans.breaches_harm)
      if (recorded(other, breach) && !recorded(one, breach)) return false;
  }
  return true;
}

/// What is known of it already, by states that differ from it in nothing but a worse memory: no
/// step depends on that, and what breaks from here breaks from there. Answers what is not.
Mask Explorer::take_known(StateKey key, Memory const& memory, Mask mask, Way const& way) {
  for (auto const& [other, state] : kin_[key]) {
    auto const known = mask & graph_.reached(state);
    if (other == &memory || known == 0 || !as_bad(*other, memory)) continue;
    connect(way, state, known);
    mask &= ~known;
  }
  return mask;
}

/// Without any reduction.
void Explorer::append_everything(Instance const& instance, std::uint64_t registers,
                                 Moment const& moment, std::vector<std::uint64_t>& words) {
  words.insert(words.end(), {registers >> 32, registers & 0xffffffffU});
  for (auto const& breach : instance.breaches) words.push_back(hash_word(breach));
  ControlWords{instance, plan_, days_, codes_, frames_, moment, ControlWords::Order::as_it_came}
      .append_to(words);
  auto const values = [&](auto const& self, Context const& variables) -> void {
    words.push_back(variables.size());
    for (auto const& [name, value] : variables) {
      words.push_back(hash_word(name));
      if (auto const* const inner = value.as<Context>())
        self(self, *inner);
      else
        words.push_back(codes_.word(codes_.number(value), moment, k_remembered_wd));
    }
  };
  values(values, instance.variables);
  for (auto const& scope : instance.scopes) values(values, scope.variables);
}

void Explorer::cut_gaps(std::vector<std::uint64_t>& words, Instance const& instance) const {
  if (options_.reduced) ValueCodes::cut_gaps(words, plan_.window_wd(instance.tokens));
}

/// What tells the state apart but for the probes that read what the application brought along.
std::vector<std::uint64_t> Explorer::words_of(Instance const& instance, std::uint64_t registers,
                                              Moment const& moment, Living const*& lives) {
  static Living const nothing;
  lives = &nothing;
  std::vector<std::uint64_t> words;
  if (!options_.reduced) {
    append_everything(instance, registers, moment, words);
    return words;
  }
  auto const& memory = memory_of(instance, registers);
  auto const reading = memory.open & observing_;
  words.insert(words.end(), {reading >> 32, reading & 0xffffffffU});
  ControlWords{instance, plan_, days_, codes_, frames_, moment}.append_to(words);
  if (instance.ended) return words;
  lives = &living(instance, memory.open);
  there_.look_at(instance.variables);
  codes_.append(lives->plain, there_, moment, words);
  return words;
}

/// With these, as far off as days to come may be.
std::vector<std::uint64_t> Explorer::all_words_of(Instance const& instance, std::uint64_t registers,
                                                  Date today) {
  auto const moment = moment_of(instance, today);
  Living const* lives = nullptr;
  auto words = words_of(instance, registers, moment, lives);
  codes_.append(lives->mixed, there_, moment, words);
  if (!options_.reduced) return words;
  auto const& memory = memory_of(instance, registers);
  words.insert(words.end(), memory.words.begin(), memory.words.end());
  return words;
}

/// Of the item that is gone on from.
std::vector<std::uint64_t> const& Explorer::words_now(Item const& item) {
  if (!words_now_) words_now_ = all_words_of(item.instance, item.registers, item.today);
  return *words_now_;
}

/// What those that are asked of the mixed ones read of the application.
std::vector<ProbeId> const& Explorer::pieces_of(Living const& living,
                                                std::vector<ProbeId> const& asked) {
  if (asked.size() == living.mixed.size()) return living.pieces;
  auto const [at, fresh] = pieces_.try_emplace(asked);
  if (fresh) at->second = plan_.given_pieces({asked.begin(), asked.end()});
  return at->second;
}

/// Of two arrivals that have it in common the same can be done under the same names: whatever an
/// expression is for a variant here, it is there.
StateKey Explorer::alike_key(std::vector<std::uint64_t> const& words, Living const& living,
                             Arrival const& arrival, Moment const& moment) {
  auto const& instance = arrival.made.next;
  KeyMaker key;
  for (auto const word : words) key.add(word);
  key.add(std::uint64_t(arrival.today.time_since_epoch().count()));
  key.add(arrival.registers);
  for (auto const& breach : instance.breaches) key.add(codes_.number(breach));
  for (auto const& token : instance.tokens) key.add(std::uint64_t(token.id));
  for (auto const& scope : instance.scopes) key.add(std::uint64_t(scope.id));
  key.add(std::uint64_t(instance.at.time_since_epoch().count()));
  for (auto const id : living.mixed) {
    auto& examples = examples_[id];
    if (examples.empty())
      for (auto const part : parts(all_variants(), interned(plan_.given_pieces({id}))))
        examples.push_back(std::size_t(std::countr_zero(part)));
    for (auto const variant : examples) {
      there_.imagine(&variants_[variant]);
      key.add(codes_.probe(id, there_, moment));
    }
  }
  there_.imagine(nullptr);
  return key.key();
}

/// One key for each difference that the variants make to the probes that read them.
std::vector<std::pair<StateKey, Mask>> Explorer::keys(std::vector<std::uint64_t> const& words,
                                                      Living const& living, Arrival const& arrival,
                                                      Moment const& moment) {
  std::vector<ProbeId> asked;
  for (auto const id : living.mixed)
    if (auto const gate = plan_.gates[std::size_t(id)];
        gate < 0 || codes_.probe(gate, there_, moment) == ValueCodes::k_true)
      asked.push_back(id);
  std::vector<std::pair<StateKey, Mask>> out;
  auto whole = words;
  cut_gaps(whole, arrival.made.next);
  KeyMaker plain;  // as far as no day of the application counts
  for (auto const word : whole) plain.add(word);
  std::vector<std::uint64_t> mixed(living.mixed.size());
  for (auto const part : parts(arrival.mask, pieces_of(living, asked))) {
    bool const held = ((part >> arrival.held) & 1U) != 0;
    there_.imagine(held ? nullptr : &variants_[std::size_t(std::countr_zero(part))]);
    auto next = asked.begin();
    for (std::size_t i = 0; i < mixed.size(); ++i) {
      bool const is_asked = next != asked.end() && living.mixed[i] == *next;
      mixed[i] = is_asked ? codes_.probe(*next++, there_, moment) : ValueCodes::k_unmet;
    }
    auto key = plain;
    if (ValueCodes::first_day_ahead(mixed) > 0) {
      whole = words;
      whole.insert(whole.end(), mixed.begin(), mixed.end());
      cut_gaps(whole, arrival.made.next);
      key = {};
      for (auto const word : whole) key.add(word);
    } else {
      for (auto const word : mixed) key.add(word);
    }
    auto const same = std::ranges::find(out, key.key(), &std::pair<StateKey, Mask>::first);
    if (same == out.end())
      out.emplace_back(key.key(), part);
    else
      same->second |= part;
  }
  there_.imagine(nullptr);
  return out;
}

}  // namespace qyzmet::engine
