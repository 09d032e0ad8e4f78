#pragma once
// A changed calendar and the open cases: which of them a proposed one would move, how the one in
// force reaches each of them, and how long the official calendar still lasts. A change recomputes
// open terms only and makes nothing late that has passed (R-CAL-05, E-08).
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "services/casework/library.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

struct MovedDay {
  std::string code;  // of the milestone; "" for the last day of the term
  Date before, after;
};
/// What a calendar changes for one case; nothing of it: the case is not affected.
struct Affected {
  std::vector<MovedDay> days;             // the end of the term first, when it moves
  std::vector<engine::Closure> closures;  // new ones of its office or branch, not over yet
  std::optional<Instant> hearing;         // set for a time at which its office would not work
  bool any() const { return !days.empty() || !closures.empty() || hearing; }
};
struct AffectedCase {
  CaseId id;
  std::string number;
  OfficeId office;
  Affected by;
};
struct CalendarPreview {
  std::int64_t seen = 0;        // open cases that were computed
  std::int64_t unreadable = 0;  // their state cannot be opened; see `qyzmet log check`
  std::vector<AffectedCase> affected;
  bool complete = true;  // false: stopped by the limit, or by `on_progress`
};
/// Computes each open case with the production step under `proposed`, as if it were published at
/// `now`, and writes nothing. Blocking; at most `cases_max` cases. `on_progress` hears how many
/// were seen and answers whether to go on.
CalendarPreview preview_calendar(db::Connection& connection, Library const& library,
                                 engine::Calendar const& proposed, Instant now,
                                 std::int64_t cases_max,
                                 std::function<bool(std::int64_t)> const& on_progress = {});

/// What the calendar alone cannot know: a closure of a code that nobody has ("calendar.error.unit",
/// argument "line"), and hours that would move the acceptance of applications that were told their
/// day ("calendar.error.hours_past", argument "day", to be formatted). `effective`: proposed.
std::vector<Error> opening_errors(db::Connection& connection, Library const& library,
                                  engine::Calendar const& before, engine::Calendar const& proposed,
                                  Date effective);

/// Applies the calendar in force to open cases that do not know it yet, at most `limit`; answers
/// how many were told. Any number of processes may do it: the version check decides.
boost::asio::awaitable<int> apply_calendar(World& world, int limit);

/// How long official days last. An alarm comes before a term could reach beyond them.
struct CalendarHorizon {
  Date last_official;  // the last day before the first provisional year
  int left_wd = 0;     // working days from today to it
  int needed_wd = 0;   // the longest term in force and k_horizon_reserve_wd
  bool alarm() const { return left_wd < needed_wd; }
};
inline constexpr int k_horizon_reserve_wd = 30;
CalendarHorizon calendar_horizon(Library const& library, engine::Calendar const& calendar,
                                 Date today);

}  // namespace qyzmet::casework
