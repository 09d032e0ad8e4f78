#include "services/casework/calendars.hpp"

#include <algorithm>
#include <set>

#include "db/cases.hpp"
#include "db/clock.hpp"
#include "db/people.hpp"
#include "db/vault.hpp"
#include "engine/icalendar.hpp"
#include "engine/step.hpp"
#include "services/casework/act.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr int k_page = 100;

std::vector<MovedDay> moved_days(engine::Deadlines const& before, engine::Deadlines const& after) {
  std::vector<MovedDay> days;
  if (before.due != after.due) days.push_back({"", before.due, after.due});
  for (auto const& milestone : after.milestones) {
    auto const* const old = before.find(milestone.code);
    if (old != nullptr && old->latest != milestone.latest)
      days.push_back({milestone.code, old->latest, milestone.latest});
  }
  return days;
}

std::vector<engine::Closure> new_closures(engine::Instance const& instance,
                                          engine::Calendar const& before,
                                          engine::Calendar const& after, Date today) {
  auto const office = engine::text_at(instance.variables, "office.code"),
             branch = engine::text_at(instance.variables, "branch.code");
  std::vector<engine::Closure> out;
  for (auto const& closure : after.opening().closures())
    if ((closure.unit == office || closure.unit == branch) && closure.last >= today &&
        std::ranges::find(before.opening().closures(), closure) ==
            before.opening().closures().end())
      out.push_back(closure);
  return out;
}

/// The time of a hearing to come that can no longer be kept.
std::optional<Instant> lost_hearing(engine::Instance const& instance,
                                    engine::Calendar const& before, engine::Calendar const& after,
                                    Instant now) {
  auto const value = engine::at_path(instance.variables, "hearing.slot");
  auto const* const slot = value.as<Instant>();
  if (slot == nullptr || *slot < now) return std::nullopt;
  auto const office = engine::text_at(instance.variables, "office.code");
  auto const open = [&](engine::Calendar const& calendar) {
    return calendar.opening().open(calendar, engine::Keeper::provider, office, *slot);
  };
  return open(before) != false && open(after) == false ? std::optional{*slot} : std::nullopt;
}

/// Nothing when the case cannot be computed.
std::optional<Affected> affected_by(db::LoadedCase const& row, Library const& library,
                                    engine::Calendar const& proposed, Instant now) {
  auto const package = library.package(row.package);
  auto const calendar = library.calendar(row.calendar_version);
  if (!package || !calendar) return std::nullopt;
  auto const instance = engine::instance_from_json(row.state, package->term, *calendar);
  if (!instance) return std::nullopt;
  engine::Event const event{.at = std::max(now, instance->at),
                            .actor = {.user = "", .role = "system"},
                            .salt = std::string(32, '0'),
                            .body = engine::CalendarChanged{proposed.version()}};
  auto const step = engine::step(*package, proposed, *instance, event);
  if (!step) return std::nullopt;
  return Affected{.days = moved_days(instance->deadlines, step->next.deadlines),
                  .closures = new_closures(*instance, *calendar, proposed, legal_date(now)),
                  .hearing = lost_hearing(*instance, *calendar, proposed, now)};
}

}  // namespace

CalendarPreview preview_calendar(db::Connection& connection, Library const& library,
                                 engine::Calendar const& proposed, Instant now,
                                 std::int64_t cases_max,
                                 std::function<bool(std::int64_t)> const& on_progress) {
  CalendarPreview out;
  CaseId last{0};
  for (;;) {
    auto const ids = db::open_cases_after(connection, last, k_page);
    if (ids.empty()) return out;
    for (auto const id : ids) {
      last = id;
      if (out.seen == cases_max || (on_progress && !on_progress(out.seen))) {
        out.complete = false;
        return out;
      }
      ++out.seen;
      try {
        auto const row = db::load_case(connection, id);
        if (!row) continue;
        auto by = affected_by(*row, library, proposed, now);
        if (!by)
          ++out.unreadable;
        else if (by->any())
          out.affected.push_back({id, row->number, row->fields.office, *std::move(by)});
      } catch (db::SealBroken const&) {
        ++out.unreadable;
      }
    }
  }
}

std::vector<Error> opening_errors(db::Connection& connection, Library const& library,
                                  engine::Calendar const& before, engine::Calendar const& proposed,
                                  Date effective) {
  std::set<std::string, std::less<>> units;
  for (auto const& office : db::offices(connection)) units.insert(office.code);
  for (auto const& branch : db::branches(connection)) units.insert(branch.code);
  auto const today = legal_date(db::read_clock(connection));
  std::vector<Error> errors;
  for (auto const& each : engine::opening_differences(before, proposed)) {
    auto const unit = each.line.starts_with("closed,")
                          ? each.line.substr(7, each.line.find(',', 7) - 7)
                          : std::string{};
    if (each.added && !unit.empty() && !units.contains(unit))
      errors.push_back({.code = ErrorCode::invalid,
                        .text = "calendar.error.unit",
                        .arguments = {{"line", each.line}, {"unit", unit}},
                        .field = "calendar"});
  }
  auto const until = std::max(effective, today + std::chrono::days{1});
  for (auto const& package : library.services(today)) {
    auto const day =
        engine::first_rewritten_day(before, proposed, package->term.workday_end, until);
    if (!day) continue;
    errors.push_back({.code = ErrorCode::invalid,
                      .text = "calendar.error.hours_past",
                      .arguments = {{"day", to_iso(*day)}, {"first", to_iso(until)}},
                      .field = "calendar"});
    break;
  }
  return errors;
}

asio::awaitable<int> apply_calendar(World& world, int limit) {
  auto const calendar = world.library.calendar();
  if (!calendar) co_return 0;
  auto const version = calendar->version();
  auto const behind = co_await world.database.run([version, limit](db::Connection& connection) {
    return db::cases_behind_calendar(connection, version, limit);
  });
  int told = 0;
  for (auto const id : behind) {
    std::string reason;
    try {
      auto const open = co_await act(
          world, id,
          {.actor = {.user = "", .role = "system"}, .body = engine::CalendarChanged{version}});
      if (open)
        ++told;
      else
        reason = open.error().text;
    } catch (db::SealBroken const& broken) {
      reason = broken.what();  // a case that nobody can read holds no other back
    }
    if (!reason.empty())
      platform::log(platform::Level::warning, "calendar_refused",
                    {{"case", id.value}, {"reason", reason}});
  }
  co_return told;
}

CalendarHorizon calendar_horizon(Library const& library, engine::Calendar const& calendar,
                                 Date today) {
  int longest = 0;
  for (auto const& package : library.services(today))
    longest = std::max(longest, engine::longest_term_wd(package->term));
  auto const last = calendar.last_official();
  return {.last_official = last,
          .left_wd = calendar.wd_between(today, last),
          .needed_wd = longest + k_horizon_reserve_wd};
}

}  // namespace qyzmet::casework
