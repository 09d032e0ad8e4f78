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
// Numbers that words are made of, below them days since 1970 or microseconds.
constexpr std::uint64_t k_date_number = std::uint64_t{1} << 63;
constexpr std::uint64_t k_instant_number = k_date_number | k_text_bit;
constexpr std::uint64_t k_time_middle = std::uint64_t{1} << 60;

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 30;
  value *= 0xbf58476d1ce4e5b9ULL;
  value ^= value >> 27;
  value *= 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

constexpr std::uint64_t k_odd = 0x2545f4914f6cdd1dULL;

/// Both halves of the product.
std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  auto const product = Wide{a} * b;
  return std::uint64_t(product) ^ std::uint64_t(product >> 64);
}

/// Nothing for a word of anything else.
int days_ahead(std::uint64_t word) {
  if ((word >> 61) != (k_day_bit >> 61)) return 0;
  return int(std::int64_t((word & (k_day_bit - 1)) >> 3) - std::int64_t(k_day_middle >> 1));
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

SeenVariables::SeenVariables(ExplorePlan const& plan, ValueCodes& codes)
    : plan_{plan},
      codes_{codes},
      numbers_(plan.variables.size()),
      known_(plan.variables.size()),
      probe_numbers_(plan.probes.size()),
      probe_known_(plan.probes.size()),
      readers_(plan.variables.size()),
      versions_(plan.probes.size(), 1) {
  for (std::size_t id = 0; id < plan.variables.size(); ++id)
    of_name_[std::string{first_name(plan.variables[id])}].push_back(VariableId(id));
  for (std::size_t id = 0; id < plan.probes.size(); ++id)
    for (auto const variable : plan.probes[id].variables)
      readers_[std::size_t(variable)].push_back(ProbeId(id));
}

void SeenVariables::imagine(Instead const* instead) {
  if (instead == instead_) return;
  instead_ = instead;
  if (instead == nullptr) return;
  auto const [found, fresh] = imagined_.try_emplace(instead);
  imagining_ = &found->second;
  if (!fresh) return;
  auto& [numbers, at, touches, probes, versions] = found->second;
  at.resize(plan_.variables.size());
  touches.resize(plan_.probes.size());
  probes.resize(plan_.probes.size());
  versions.resize(plan_.probes.size());
  for (std::size_t i = 0; i < instead->size(); ++i) {
    auto const& [id, value] = (*instead)[i];
    numbers.push_back(codes_.number(value));
    at[std::size_t(id)] = i + 1;
    for (auto const probe : readers_[std::size_t(id)]) touches[std::size_t(probe)] = true;
  }
}

Context SeenVariables::variables() const {
  auto out = variables_;
  for (auto const& [name, value] : over_) out.insert_or_assign(name, value);
  if (instead_ != nullptr)
    for (auto const& [id, value] : *instead_)
      set_path(out, plan_.variables[std::size_t(id)], value);
  return out;
}

void SeenVariables::look_at(Context const& variables, Context const& over) {
  imagine(nullptr);
  compare(variables_, variables);
  compare(over_, over);
  variables_ = variables;
  over_ = over;
}

void SeenVariables::compare(Context const& before, Context const& now) {
  auto was = before.begin();
  auto is = now.begin();
  if (was == is) return;  // entries that are shared
  while (was != before.end() || is != now.end()) {
    if (was != before.end() && is != now.end() && was->first == is->first) {
      if (was->second != is->second) forget(is->first);
      ++was;
      ++is;
      continue;
    }
    auto const order = was == before.end() ? 1
                       : is == now.end()   ? -1
                                           : was->first.compare(is->first);
    forget((order < 0 ? was : is)->first);
    ++(order < 0 ? was : is);
  }
}

void SeenVariables::forget(std::string_view name) {
  auto const found = of_name_.find(name);
  if (found == of_name_.end()) return;
  for (auto const id : found->second) {
    known_[std::size_t(id)] = false;
    for (auto const probe : readers_[std::size_t(id)]) {
      probe_known_[std::size_t(probe)] = false;
      ++versions_[std::size_t(probe)];
    }
  }
}

std::uint64_t SeenVariables::number(VariableId id) {
  auto const index = std::size_t(id);
  if (instead_ != nullptr && imagining_->at[index] > 0)
    return imagining_->numbers[imagining_->at[index] - 1];
  if (!known_[index]) {
    auto const& path = plan_.variables[index];
    bool const covered = !over_.empty() && over_.contains(first_name(path));
    numbers_[index] = codes_.number(at_path(covered ? over_ : variables_, path));
    known_[index] = true;
  }
  return numbers_[index];
}

std::optional<std::uint64_t> SeenVariables::known(ProbeId id) const {
  auto const index = std::size_t(id);
  if (imagined(id)) {
    if (imagining_->versions[index] != versions_[index]) return std::nullopt;
    return imagining_->probes[index];
  }
  if (!probe_known_[index]) return std::nullopt;
  return probe_numbers_[index];
}

void SeenVariables::keep(ProbeId id, std::uint64_t number) {
  auto const index = std::size_t(id);
  if (imagined(id)) {
    imagining_->probes[index] = number;
    imagining_->versions[index] = versions_[index];
    return;
  }
  probe_numbers_[index] = number;
  probe_known_[index] = true;
}

ValueCodes::ValueCodes(ExplorePlan const& plan, DayTable const& days, Calendar const& calendar)
    : plan_{plan}, days_{days}, calendar_{calendar} {
  for (auto const& probe : plan.probes) {
    auto const parts = ExpressionParts::of(probe.expression);
    auto const* const path = parts.path(parts.root);
    bool const plain = path != nullptr && !probe.truth && probe.conditions.empty();
    plain_.push_back(plain ? plan.variable(*path) : -1);
  }
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
  std::vector<int> marks;
  for (auto const word : words)
    if (auto const days = days_ahead(word); days > 0) marks.push_back(days);
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
    auto const days = days_ahead(word);
    int less = 0;
    for (auto const& [mark, shift] : shifts)
      if (days >= mark) less = shift;
    word -= std::uint64_t(less) << 3;
  }
}

int ValueCodes::first_day_ahead(std::vector<std::uint64_t> const& words) {
  int first = 0;
  for (auto const word : words)
    if (auto const days = days_ahead(word); days > 0 && (first == 0 || days < first)) first = days;
  return first;
}

std::uint64_t ValueCodes::number(std::string const& text) {
  auto const [at, fresh] = texts_.try_emplace(text, k_text_bit | texts_.size());
  if (fresh && plan_.interchangeable.contains(text)) at->second |= k_swapped_bit;
  return at->second;
}

std::uint64_t ValueCodes::number(Value const& value) {
  if (value.is_null()) return 0;
  if (auto const* const truth = value.as<bool>()) return *truth ? 2 : 1;
  if (auto const* const text = value.as<std::string>()) return number(*text);
  if (auto const* const date = value.as<Date>())
    return k_date_number | (k_time_middle + std::uint64_t(date->time_since_epoch().count()));
  if (auto const* const at = value.as<Instant>())
    return k_instant_number | (k_time_middle + std::uint64_t(at->time_since_epoch().count()));
  return number(to_json(value));
}

std::uint64_t ValueCodes::word(std::uint64_t number, Moment const& moment, int past_wd) const {
  if ((number & k_date_number) == 0) return number;
  bool const instant = (number & k_text_bit) != 0;
  auto const since = std::int64_t(number & (k_text_bit - 1)) - std::int64_t(k_time_middle);
  if (!instant) return day(Date{std::chrono::days{since}}, moment, past_wd);
  Instant const at{Instant::duration{since}};
  auto const date = legal_date(at);
  bool const later = date == moment.today && at > moment.at;
  return day(date, moment, past_wd) | (later ? 2 : 1);
}

std::uint64_t ValueCodes::evaluate(Probe const& probe, Context const& environment) {
  for (auto const& condition : probe.conditions)
    if (!condition.expression.is_true(environment, calendar_)) return k_unmet;
  if (probe.truth) return probe.expression.is_true(environment, calendar_) ? 2 : 1;
  return number(probe.expression.evaluate(environment, calendar_));
}

std::uint64_t ValueCodes::probe(ProbeId id, SeenVariables& seen, Moment const& moment) {
  auto const index = std::size_t(id);
  auto const& probe = plan_.probes[index];
  if (plain_[index] >= 0) return word(seen.number(plain_[index]), moment, probe.past_wd);
  if (auto const known = seen.known(id)) return word(*known, moment, probe.past_wd);
  KeyMaker key;
  key.add(index);
  for (auto const variable : probe.variables) key.add(seen.number(variable));
  auto const [at, fresh] = known_.try_emplace(key.key());
  if (fresh) at->second = evaluate(probe, seen.variables());
  seen.keep(id, at->second);
  return word(at->second, moment, probe.past_wd);
}

void ValueCodes::append(std::vector<ProbeId> const& probes, SeenVariables& seen,
                        Moment const& moment, std::vector<std::uint64_t>& words) {
  std::vector<std::uint64_t> swapped;
  for (auto const id : probes) {
    auto const word = probe(id, seen, moment);
    if (!plan_.probes[std::size_t(id)].alike || (word & k_swapped_bit) == 0) {
      words.push_back(word);
      continue;
    }
    auto const found = std::ranges::find(swapped, word);
    words.push_back(k_text_bit | k_swapped_bit | std::uint64_t(found - swapped.begin()));
    if (found == swapped.end()) swapped.push_back(word);
  }
}

std::uint64_t hash_word(std::string_view text) {
  return std::hash<std::string_view>{}(text) & (k_day_bit - 1);
}

void KeyMaker::add(std::uint64_t word) {
  low_ = folded(low_ ^ word, 0x9e3779b97f4a7c15ULL);
  high_ =
      std::rotl(high_, 23) * 0xff51afd7ed558ccdULL + folded(word + k_odd, 0xbf58476d1ce4e5b9ULL);
  ++size_;
}

StateKey KeyMaker::key() const {
  return {.low = low_, .high = mix(high_ + size_)};
}

StateKey key_of(std::vector<std::uint64_t> const& words) {
  KeyMaker out;
  for (auto const word : words) out.add(word);
  return out.key();
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
                           ValueCodes& codes, std::deque<SeenVariables>& inside,
                           Moment const& moment, Order order)
    : instance_{instance},
      plan_{plan},
      days_{days},
      codes_{codes},
      inside_{inside},
      moment_{moment},
      order_{order} {
  for (auto const& timer : instance.timers) dues_.push_back(timer.due);
  std::ranges::sort(dues_);
  dues_.erase(std::ranges::unique(dues_).begin(), dues_.end());
}

void ControlWords::append_to(Words& words) {
  words.push_back(instance_.ended ? 1 : 0);
  children(k_none, k_none, words);
  if (!instance_.ended) return;
  auto ends = instance_.ends;
  std::ranges::sort(ends);
  for (auto const end : ends) words.push_back(std::uint64_t(end));
}

/// Items of a list: their number, then one after the other.
class ControlWords::Items {
 public:
  Items(ControlWords& of, Words& words)
      : of_{of}, words_{words}, number_at_{words.size()}, first_{of.starts_.size()} {
    words.push_back(0);
  }
  void begin(std::initializer_list<std::uint64_t> words) {
    of_.starts_.push_back(words_.size());
    words_.insert(words_.end(), words);
  }
  void end() {
    auto const number = of_.starts_.size() - first_;
    words_[number_at_] = number;
    if (number > 1 && of_.order_ == Order::sorted) sort();
    of_.starts_.resize(first_);
  }

 private:
  void sort() {
    std::vector<Words> items;
    for (auto i = first_; i < of_.starts_.size(); ++i) {
      auto const at = [&](std::size_t index) { return words_.begin() + std::ptrdiff_t(index); };
      bool const last = i + 1 == of_.starts_.size();
      items.emplace_back(at(of_.starts_[i]), last ? words_.end() : at(of_.starts_[i + 1]));
    }
    std::ranges::sort(items);
    words_.resize(of_.starts_[first_]);
    for (auto const& item : items) words_.insert(words_.end(), item.begin(), item.end());
  }

  ControlWords& of_;
  Words& words_;
  std::size_t number_at_, first_;
};

/// Scope instances below a scope (token none) or below a token.
void ControlWords::children(std::int32_t parent, std::int32_t token, Words& words) {
  Items items{*this, words};
  for (auto const& scope : instance_.scopes) {
    if (scope.parent != parent || scope.token != token) continue;
    items.begin({std::uint64_t(scope.scope), scope.is_turn() ? 1U : 0U});
    tokens(scope.id, words);
    waits(k_none, scope.id, words);
    for (auto const events : plan_.package.process.scopes[std::size_t(scope.scope)].event_scopes) {
      auto const start = plan_.package.process.scopes[std::size_t(events)].start;
      values(scope.id, plan_.listening[std::size_t(start)], words);
    }
    children(scope.id, k_none, words);
  }
  items.end();
}

void ControlWords::tokens(std::int32_t scope, Words& words) {
  Items items{*this, words};
  for (auto const& token : instance_.tokens) {
    if (token.scope != scope) continue;
    auto const& node = plan_.package.process.nodes[std::size_t(token.node)];
    bool const joins = node.kind == NodeKind::parallel_gateway;
    items.begin({std::uint64_t(token.node), joins ? std::uint64_t(token.arrived + 1) : 0});
    auto const incident = std::ranges::find(instance_.incidents, token.id, &Incident::token);
    if (incident != instance_.incidents.end()) words.push_back(hash_word(incident->reason));
    auto const loop = std::ranges::find(instance_.loops, token.id, &Loop::token);
    if (loop != instance_.loops.end())
      words.push_back(std::uint64_t(loop->total - loop->completed));
    waits(token.id, k_none, words);
    values(scope, plan_.resting[std::size_t(token.node)], words);
    for (auto const boundary : node.boundary)
      values(scope, plan_.listening[std::size_t(boundary)], words);
    children(scope, token.id, words);
  }
  items.end();
}

void ControlWords::waits(std::int32_t token, std::int32_t scope, Words& words) {
  auto const today = days_.index(moment_.today);
  Items items{*this, words};
  for (auto const& timer : instance_.timers) {
    if (token != k_none ? timer.token != token : timer.token != k_none || timer.scope != scope)
      continue;
    auto const rank = std::ranges::lower_bound(dues_, timer.due) - dues_.begin();
    auto const ahead = fires_on(timer, days_, moment_.today) - today;
    items.begin({std::uint64_t(timer.node), ValueCodes::distance(ahead), std::uint64_t(rank)});
    if (plan_.counts_from_arming[std::size_t(timer.node)] && !instance_.deadlines.extended)
      words.push_back(std::uint64_t(days_.index(legal_date(timer.armed)) -
                                    days_.index(instance_.deadlines.accepted)));
  }
  for (auto const& wait : instance_.subscriptions) {
    if (token != k_none ? wait.token != token : wait.token != k_none || wait.scope != scope)
      continue;
    items.begin({std::uint64_t(wait.node)});
  }
  items.end();
}

static Context const& below_frames(Definition const& process, Instance const& instance,
                                   std::int32_t scope, Context& over);

/// Of a turn or a called process, as it sees its variables; what lives outside counts once, for
/// the whole case.
void ControlWords::values(std::int32_t scope, std::vector<ProbeId> const& probes, Words& words) {
  auto const& process = plan_.package.process;
  if (probes.empty() || !in_frame(process, instance_, scope)) return;
  auto const at = std::ranges::find(instance_.scopes, scope, &ScopeInstance::id);
  auto const place = std::size_t(at - instance_.scopes.begin());
  while (inside_.size() <= place) inside_.emplace_back(plan_, codes_);
  auto& inside = inside_[place];
  looked_at_.resize(instance_.scopes.size());
  if (!looked_at_[place]) {
    Context over;
    auto const& below = below_frames(process, instance_, scope, over);
    inside.look_at(below, over);
  }
  looked_at_[place] = true;
  for (auto const id : probes) words.push_back(codes_.probe(id, inside, moment_));
}

/// The variables around turns, and over them what these hold (`over`); of a called process its own.
Context const& below_frames(Definition const& process, Instance const& instance, std::int32_t scope,
                            Context& over) {
  if (auto const turn = loop_counter(process, instance, scope)) over.emplace("loopCounter", *turn);
  for (auto id = scope; id != k_none;) {
    auto const at = std::ranges::find(instance.scopes, id, &ScopeInstance::id);
    if (at == instance.scopes.end()) break;
    if (at->is_turn()) {
      for (auto const& [name, value] : at->variables) over.emplace(name, value);
    } else if (is_called(process, at->scope)) {
      if (auto const term = instance.variables.find("T"); term != instance.variables.end())
        over.insert_or_assign("T", term->second);
      return at->variables;
    }
    id = at->parent;
  }
  return instance.variables;
}

Context variables_inside(Definition const& process, Instance const& instance, std::int32_t scope) {
  auto out = visible_variables(process, instance, scope);
  if (auto const term = instance.variables.find("T"); term != instance.variables.end())
    out.insert_or_assign("T", term->second);
  if (auto const turn = loop_counter(process, instance, scope))
    out.insert_or_assign("loopCounter", *turn);
  return out;
}

}  // namespace qyzmet::engine
