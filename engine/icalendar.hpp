#pragma once
// The calendar as iCalendar (RFC 5545), so that an office program can show and edit it, and what
// differs between two calendars. Pure; safe for concurrent use.
//
// One VEVENT per day that is not a plain one: DTSTART and DTEND (VALUE=DATE; an event of several
// days means each of them), CATEGORIES the kind of R-CAL-05, SUMMARY the basis, DESCRIPTION the
// source. X-QYZMET-YEAR;STATUS=OFFICIAL:2026 (or STATUS=PROVISIONAL) of the VCALENDAR names a year
// that the data covers; X-QYZMET-OPENING holds a line of opening.hpp. Times, recurrence and years
// without such a line are refused: a statutory calendar says each day by itself.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/calendar.hpp"

namespace qyzmet::engine {

/// What calendar_from_icalendar reads; lines of at most 75 octets that end with CRLF.
std::string to_icalendar(Calendar const& calendar);
/// Fails as Calendar::from_csv: "error.invalid_calendar", arguments "line" and "reason".
Result<Calendar> calendar_from_icalendar(std::int64_t version, std::string_view text);
/// By its first line: iCalendar or CSV.
Result<Calendar> read_calendar(std::int64_t version, std::string_view text);

/// A day that is not the same in two calendars; nothing stands for a plain day.
struct CalendarDifference {
  Date date;
  std::optional<CalendarDay> before, after;
};
/// A line of hours or closures (opening.hpp) that only one of two calendars has.
struct OpeningDifference {
  std::string line;
  bool added = false;
};
std::vector<OpeningDifference> opening_differences(Calendar const& before, Calendar const& after);
/// In the order of the days. Days of years that only one of them covers count too.
std::vector<CalendarDifference> differences(Calendar const& before, Calendar const& after);

}  // namespace qyzmet::engine
