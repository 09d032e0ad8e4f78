#include "engine/environment.hpp"

#include <algorithm>
#include <cstdlib>

namespace qyzmet::engine {

namespace {

constexpr std::int64_t k_months_max = 12 * 100;
constexpr std::int64_t k_seconds_max = 100LL * 366 * 24 * 3600;

/// Calendar months keep the day of the month where it exists and the legal time of day.
Instant plus(Instant at, Duration duration) {
  auto const time = legal_time_of_day(at);
  std::chrono::year_month_day day{legal_date(at)};
  day += std::chrono::months{duration.months};
  if (!day.ok()) day = day.year() / day.month() / std::chrono::last;
  return start_of(Date{day}) + time + std::chrono::seconds{duration.seconds};
}

List document_codes(Context const& variables) {
  List codes;
  auto const* const documents = at_path(variables, "documents").as<List>();
  if (documents == nullptr) return codes;
  for (auto const& document : *documents)
    if (auto const* const fields = document.as<Context>(); fields != nullptr)
      codes.emplace_back(text_at(*fields, "code"));
  return codes;
}

}  // namespace

Value const& Environment::find(Path path, Value& room) const {
  if (covers_.contains(path.first)) return at_path(covers_, path);
  return derive(path, room) ? room : at_path(variables_, path);
}

bool Environment::derive(Path path, Value& room) const {
  if (!act_) return false;
  auto const [first, rest] = path;
  if (first == "T")
    room = rest.empty() ? Value{to_context(*act_->deadlines)} : term_value(*act_->deadlines, rest);
  else if (first == "event")
    room = of_event(rest);
  else if (first == "actor")
    room = of_actor(rest);
  else if (first == "document_codes")
    room = rest.empty() ? Value{document_codes(as_given_)} : Value{};
  else
    return false;
  return true;
}

Value Environment::of_event(std::string_view name) const {
  auto const at = act_->at;
  auto const day = legal_date(at);
  if (name == "at") return at;
  if (name == "date") return day;
  if (name == "minutes_of_day")
    return std::int64_t{
        std::chrono::duration_cast<std::chrono::minutes>(legal_time_of_day(at)).count()};
  if (name == "weekday") return int(std::chrono::weekday{day}.iso_encoding());
  if (name == "working_day") return act_->calendar->working(day);
  if (name == "day_kind") return to_text(act_->calendar->info(day).kind);
  if (!name.empty()) return {};
  Context event;
  for (auto const* each : {"at", "date", "minutes_of_day", "weekday", "working_day", "day_kind"})
    event.emplace(each, of_event(each));
  return event;
}

Value Environment::of_actor(std::string_view name) const {
  auto const& actor = *act_->actor;
  if (name == "user") return actor.user;
  if (name == "role") return actor.role;
  if (name == "unit") return actor.unit;
  if (!name.empty()) return {};
  return Context{{"user", actor.user}, {"role", actor.role}, {"unit", actor.unit}};
}

void Environment::set(std::string_view path, Value const& value) {
  auto const first = first_name(path);
  if (Value room; !covers_.contains(first) && derive(Path{first}, room))
    cover(first, std::move(room));
  if (covers_.contains(first)) engine::set_path(covers_, path, value);
  if (!holds(variables_, Path{path}, value)) engine::set_path(variables_, path, value);
}

Context Environment::all() const {
  auto out = variables_;
  for (auto const* name : {"document_codes", "T", "event", "actor"})
    if (Value room; derive(Path{name}, room)) out.insert_or_assign(name, std::move(room));
  for (auto const& [name, value] : covers_) out.insert_or_assign(name, value);
  return out;
}

Environment environment(Calendar const& calendar, Instance const& instance, Instant at,
                        Actor const& actor) {
  return {instance.variables, calendar, instance.deadlines, std::max(at, instance.at), actor};
}

Context environment(Calendar const& calendar, Instance const& instance, Event const& event) {
  return environment(calendar, instance, event.at, event.actor).all();
}

Context environment(Package const& package, Calendar const& calendar, Instance const& instance,
                    Event const& event, std::int32_t scope) {
  return environment_in(package.process, instance, scope, calendar, std::max(event.at, instance.at),
                        event.actor)
      .all();
}

Environment environment_in(Definition const& definition, Instance const& instance,
                           std::int32_t scope, Calendar const& calendar, Instant at,
                           Actor const& actor) {
  Environment out{visible_variables(definition, instance, scope), calendar, instance.deadlines, at,
                  actor};
  if (auto const turn = loop_counter(definition, instance, scope)) out.cover("loopCounter", *turn);
  return out;
}

std::optional<std::int64_t> loop_counter(Definition const& definition, Instance const& instance,
                                         std::int32_t scope) {
  for (auto id = scope;;) {
    auto const at = std::ranges::find(instance.scopes, id, &ScopeInstance::id);
    if (at == instance.scopes.end()) return std::nullopt;
    if (at->is_turn()) return std::int64_t{at->loop} + 1;
    if (is_called(definition, at->scope)) return std::nullopt;
    id = at->parent;
  }
}

std::optional<Instant> due_at(Value const& value, Instant at) {
  if (auto const* const day = value.as<Date>()) return end_of(*day);
  if (auto const* const instant = value.as<Instant>()) return *instant;
  auto const* const duration = value.as<Duration>();
  if (duration != nullptr && std::abs(duration->months) <= k_months_max &&
      std::abs(duration->seconds) <= k_seconds_max)
    return plus(at, *duration);
  return std::nullopt;
}

}  // namespace qyzmet::engine
