#include "engine/explore_values.hpp"

#include <algorithm>
#include <bit>

#include "engine/environment.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::chrono::days k_table_before{200};
constexpr std::chrono::days k_table_after{1'200};
constexpr std::uint64_t k_text_bit = std::uint64_t{1} << 62;
constexpr std::uint64_t k_swapped_bit = std::uint64_t{1} << 60;  // of interchangeable texts
constexpr std::uint64_t k_day_bit = std::uint64_t{1} << 61;
constexpr std::uint64_t k_day_middle = std::uint64_t{1} << 32;

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9ULL;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

}  // namespace

DayTable::DayTable(Calendar const& calendar, Date around) : first_{around - k_table_before} {
  int count = 0;
  for (auto day = first_; day <= around + k_table_after; day += std::chrono::days{1}) {
    if (calendar.working(day)) {
      ++count;
      days_.push_back(day);
    }
    indices_.push_back(count);
  }
}

std::size_t DayTable::place(Date day) const {
  auto const offset = (day - first_).count();
  return std::size_t(std::clamp<std::int64_t>(offset, 0, std::int64_t(indices_.size()) - 1));
}

int DayTable::index(Date day) const {
  return indices_[place(day)];
}

bool DayTable::working(Date day) const {
  auto const at = place(day);
  return at > 0 && indices_[at] != indices_[at - 1];
}

Date DayTable::day(int index) const {
  return days_[std::size_t(std::clamp(index, 1, int(days_.size())) - 1)];
}

// A day is k_day_bit, twice its distance from today (one more when it is a free day) above
// k_day_middle, and two bits for the time of an instant.

std::uint64_t ValueCodes::distance(int working_days) {
  return k_day_bit | ((k_day_middle + std::uint64_t(std::int64_t{2} * working_days)) << 2);
}

std::uint64_t ValueCodes::day(Date day, Moment const& moment, int past_wd) const {
  auto const between = days_.index(day) - days_.index(moment.today);
  auto const offset = std::max(2 * between + (days_.working(day) ? 0 : 1), -2 * past_wd);
  return k_day_bit | ((k_day_middle + std::uint64_t(std::int64_t{offset})) << 2);
}

void ValueCodes::cut_gaps(std::vector<std::uint64_t>& words, int window_wd) {
  auto const ahead = [](std::uint64_t word) {
    if ((word >> 61) != (k_day_bit >> 61)) return 0;
    return int(std::int64_t((word & (k_day_bit - 1)) >> 3) - std::int64_t(k_day_middle >> 1));
  };
  std::vector<int> marks;
  for (auto const word : words)
    if (auto const days = ahead(word); days > 0) marks.push_back(days);
  std::ranges::sort(marks);
  int from = 0, too_much = 0;
  std::vector<std::pair<int, int>> shifts;  // beginning with a day, so many less
  for (auto const mark : marks) {
    if (mark - from > window_wd) {
      too_much += mark - from - window_wd;
      shifts.emplace_back(mark, too_much);
    }
    from = mark;
  }
  if (shifts.empty()) return;
  for (auto& word : words) {
    auto const days = ahead(word);
    int less = 0;
    for (auto const& [mark, shift] : shifts)
      if (days >= mark) less = shift;
    word -= std::uint64_t(less) << 3;
  }
}

std::uint64_t ValueCodes::text(std::string const& text) {
  auto const [at, fresh] = texts_.try_emplace(text, k_text_bit | texts_.size());
  if (fresh && plan_.interchangeable.contains(text)) at->second |= k_swapped_bit;
  return at->second;
}

std::uint64_t ValueCodes::code(Value const& value, Moment const& moment, int past_wd) {
  if (value.is_null()) return 0;
  if (auto const* const truth = value.as<bool>()) return *truth ? 2 : 1;
  if (auto const* const date = value.as<Date>()) return day(*date, moment, past_wd);
  if (auto const* const words = value.as<std::string>()) return text(*words);
  if (auto const* const at = value.as<Instant>()) {
    auto const date = legal_date(*at);
    bool const later = date == moment.today && *at > moment.at;
    return day(date, moment, past_wd) | (later ? 2 : 1);
  }
  return text(to_json(value));
}

std::uint64_t ValueCodes::probe(ProbeId id, Context const& environment, Calendar const& calendar,
                                Moment const& moment) {
  auto const& probe = plan_.probes[std::size_t(id)];
  for (auto const& condition : probe.conditions)
    if (!condition.expression.is_true(environment, calendar)) return 3;
  if (probe.truth) return probe.expression.is_true(environment, calendar) ? 2 : 1;
  return code(probe.expression.evaluate(environment, calendar), moment, probe.past_wd);
}

void ValueCodes::append(std::vector<ProbeId> const& probes, Context const& environment,
                        Calendar const& calendar, Moment const& moment,
                        std::vector<std::uint64_t>& words) {
  std::vector<std::uint64_t> seen;
  for (auto const id : probes) {
    auto const word = probe(id, environment, calendar, moment);
    if (!plan_.probes[std::size_t(id)].alike || (word & k_swapped_bit) == 0) {
      words.push_back(word);
      continue;
    }
    auto const found = std::ranges::find(seen, word);
    words.push_back(k_text_bit | k_swapped_bit | std::uint64_t(found - seen.begin()));
    if (found == seen.end()) seen.push_back(word);
  }
}

std::uint64_t hash_word(std::string_view text) {
  return std::hash<std::string_view>{}(text) & (k_day_bit - 1);
}

StateKey key_of(std::vector<std::uint64_t> const& words) {
  StateKey key{.low = 0x9e3779b97f4a7c15ULL, .high = words.size()};
  for (auto const word : words) {
    key.low = mix(key.low ^ word);
    key.high = std::rotl(key.high, 23) * 0xff51afd7ed558ccdULL + mix(word + 0x2545f4914f6cdd1dULL);
  }
  key.high = mix(key.high);
  return key;
}

int fires_on(Timer const& timer, DayTable const& days, Date today) {
  return std::max(days.index_from(legal_date(timer.due)), days.index(today) + 1);
}

bool in_frame(Definition const& process, Instance const& instance, std::int32_t scope) {
  for (auto id = scope;;) {
    auto const at = std::ranges::find(instance.scopes, id, &ScopeInstance::id);
    if (at == instance.scopes.end()) return false;
    if (at->is_turn() || is_called(process, at->scope)) return true;
    id = at->parent;
  }
}

ControlWords::ControlWords(Instance const& instance, ExplorePlan const& plan, DayTable const& days,
                           Calendar const& calendar, ValueCodes& codes, Moment const& moment,
                           Order order)
    : instance_{instance},
      plan_{plan},
      days_{days},
      calendar_{calendar},
      codes_{codes},
      moment_{moment},
      order_{order} {
  for (auto const& timer : instance.timers) dues_.push_back(timer.due);
  std::ranges::sort(dues_);
  dues_.erase(std::ranges::unique(dues_).begin(), dues_.end());
}

void ControlWords::append_to(Words& words) {
  words.push_back(instance_.ended ? 1 : 0);
  append(children(k_none, k_none), words);
  if (!instance_.ended) return;
  auto ends = instance_.ends;
  std::ranges::sort(ends);
  for (auto const end : ends) words.push_back(std::uint64_t(end));
}

void ControlWords::sort(std::vector<Words>& items) const {
  if (order_ == Order::sorted) std::ranges::sort(items);
}

void ControlWords::append(std::vector<Words> const& items, Words& words) {
  words.push_back(items.size());
  for (auto const& item : items) words.insert(words.end(), item.begin(), item.end());
}

/// Scope instances below a scope (token none) or below a token.
std::vector<ControlWords::Words> ControlWords::children(std::int32_t parent, std::int32_t token) {
  std::vector<Words> out;
  for (auto const& scope : instance_.scopes) {
    if (scope.parent != parent || scope.token != token) continue;
    Words words{std::uint64_t(scope.scope), scope.is_turn() ? 1U : 0U};
    append(tokens(scope.id), words);
    waits(k_none, scope.id, words);
    for (auto const events : plan_.package.process.scopes[std::size_t(scope.scope)].event_scopes) {
      auto const start = plan_.package.process.scopes[std::size_t(events)].start;
      values(scope.id, plan_.listening[std::size_t(start)], words);
    }
    append(children(scope.id, k_none), words);
    out.push_back(std::move(words));
  }
  sort(out);
  return out;
}

std::vector<ControlWords::Words> ControlWords::tokens(std::int32_t scope) {
  std::vector<Words> out;
  for (auto const& token : instance_.tokens) {
    if (token.scope != scope) continue;
    bool const joins =
        plan_.package.process.nodes[std::size_t(token.node)].kind == NodeKind::parallel_gateway;
    Words words{std::uint64_t(token.node), joins ? std::uint64_t(token.arrived + 1) : 0};
    auto const incident = std::ranges::find(instance_.incidents, token.id, &Incident::token);
    if (incident != instance_.incidents.end()) words.push_back(hash_word(incident->reason));
    auto const loop = std::ranges::find(instance_.loops, token.id, &Loop::token);
    if (loop != instance_.loops.end())
      words.push_back(std::uint64_t(loop->total - loop->completed));
    waits(token.id, k_none, words);
    values(scope, plan_.resting[std::size_t(token.node)], words);
    for (auto const boundary : plan_.package.process.nodes[std::size_t(token.node)].boundary)
      values(scope, plan_.listening[std::size_t(boundary)], words);
    append(children(scope, token.id), words);
    out.push_back(std::move(words));
  }
  sort(out);
  return out;
}

void ControlWords::waits(std::int32_t token, std::int32_t scope, Words& words) const {
  auto const today = days_.index(moment_.today);
  std::vector<Words> out;
  for (auto const& timer : instance_.timers) {
    if (token != k_none ? timer.token != token : timer.token != k_none || timer.scope != scope)
      continue;
    auto const rank = std::ranges::lower_bound(dues_, timer.due) - dues_.begin();
    auto const ahead = fires_on(timer, days_, moment_.today) - today;
    out.push_back({std::uint64_t(timer.node), ValueCodes::distance(ahead), std::uint64_t(rank)});
    if (plan_.counts_from_arming[std::size_t(timer.node)] && !instance_.deadlines.extended)
      out.back().push_back(std::uint64_t(days_.index(legal_date(timer.armed)) -
                                         days_.index(instance_.deadlines.accepted)));
  }
  for (auto const& wait : instance_.subscriptions) {
    if (token != k_none ? wait.token != token : wait.token != k_none || wait.scope != scope)
      continue;
    out.push_back({std::uint64_t(wait.node)});
  }
  sort(out);
  append(out, words);
}

/// Of a turn or a called process, as it sees its variables; what lives outside counts once, for
/// the whole case.
void ControlWords::values(std::int32_t scope, std::vector<ProbeId> const& probes, Words& words) {
  auto const& process = plan_.package.process;
  if (probes.empty() || !in_frame(process, instance_, scope)) return;
  auto visible = visible_variables(process, instance_, scope);
  if (auto const term = instance_.variables.find("T"); term != instance_.variables.end())
    visible.insert_or_assign("T", term->second);
  if (auto const turn = loop_counter(process, instance_, scope))
    visible.insert_or_assign("loopCounter", *turn);
  for (auto const id : probes) words.push_back(codes_.probe(id, visible, calendar_, moment_));
}

}  // namespace qyzmet::engine
