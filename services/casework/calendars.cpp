#include "services/casework/calendars.hpp"

#include <algorithm>

#include "db/cases.hpp"
#include "db/vault.hpp"
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

/// Nothing when the case cannot be computed.
std::optional<std::vector<MovedDay>> moved_days(db::LoadedCase const& row, Library const& library,
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
  return moved_days(instance->deadlines, step->next.deadlines);
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
        auto days = moved_days(*row, library, proposed, now);
        if (!days)
          ++out.unreadable;
        else if (!days->empty())
          out.moved.push_back({id, row->number, row->fields.office, *std::move(days)});
      } catch (db::SealBroken const&) {
        ++out.unreadable;
      }
    }
  }
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
