#include <algorithm>
#include <cstdlib>

#include "engine/machine.hpp"

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

Context environment_at(Calendar const& calendar, Instance const& instance, Instant at,
                       Actor const& actor) {
  auto const day = legal_date(at);
  auto const info = calendar.info(day);
  auto const minutes =
      std::chrono::duration_cast<std::chrono::minutes>(legal_time_of_day(at)).count();
  auto environment = instance.variables;
  environment["document_codes"] = document_codes(environment);
  environment["T"] = to_context(instance.deadlines);
  environment["event"] = Context{{"at", at},
                                 {"date", day},
                                 {"minutes_of_day", std::int64_t{minutes}},
                                 {"weekday", int(std::chrono::weekday{day}.iso_encoding())},
                                 {"working_day", info.working},
                                 {"day_kind", to_text(info.kind)}};
  environment["actor"] = Context{{"user", actor.user}, {"role", actor.role}, {"unit", actor.unit}};
  return environment;
}

Context environment(Calendar const& calendar, Instance const& instance, Event const& event) {
  return environment_at(calendar, instance, std::max(event.at, instance.at), event.actor);
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

void assign(std::vector<Assignment> const& assignments, Context& variables, Context& environment,
            Calendar const& calendar) {
  for (auto const& assignment : assignments) {
    if (assignment.when && !assignment.when->is_true(environment, calendar)) continue;
    auto const value = assignment.value.evaluate(environment, calendar);
    set_path(variables, assignment.path, value);
    set_path(environment, assignment.path, value);
  }
}

}  // namespace qyzmet::engine
