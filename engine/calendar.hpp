#pragma once
// The working-day calendar: versioned data and exact arithmetic on it (law: LC 84-85, LH 5).
// Immutable after loading; safe for concurrent reading. Units are working days (wd).
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/opening.hpp"

namespace qyzmet::engine {

/// R-CAL-05. `weekend` is never stored: it is what a Saturday or Sunday is without an entry.
enum class DayKind : std::uint8_t {
  working,
  weekend,
  holiday,
  substitute,
  rest_art84,
  moved_off,
  moved_work
};

std::string_view to_text(DayKind kind);

struct CalendarDay {
  Date date;
  DayKind kind = DayKind::holiday;
  std::string basis;  // what makes the day what it is, as a key: "independence_day", "transfer"
  std::string source = {};  // the act and its article; empty when not known
};

/// What a calendar says of one day.
struct DayInfo {
  DayKind kind = DayKind::working;
  // Empty for plain working days and weekends; live as long as the calendar.
  std::string_view basis;
  std::string_view source = {};
  bool working = true;
};

class Calendar {
 public:
  /// `years` are the years that the data covers; `provisional` those without an official calendar.
  Calendar(std::int64_t version, std::vector<CalendarDay> days, int first_year, int last_year,
           std::vector<int> provisional);

  /// CSV: "date,kind,basis[,source]" with that header line (no quotes; the source may hold commas);
  /// a line "year,YYYY,official|provisional" per year, the years without a gap; "#" begins a
  /// comment line; lines of hours and closures: opening.hpp. Fails with "error.invalid_calendar",
  /// arguments "line" and "reason".
  static Result<Calendar> from_csv(std::int64_t version, std::string_view csv);

  std::int64_t version() const { return version_; }
  int first_year() const { return first_year_; }
  int last_year() const { return last_year_; }
  std::map<Date, CalendarDay> const& days() const { return days_; }
  /// Hours and closures of offices and branches; empty when the data names none.
  Opening const& opening() const { return opening_; }
  /// Days of years without an official calendar, and of all years outside the data.
  bool provisional(Date day) const;
  /// Is one of the days from `first` to `last` such a one?
  bool touches_provisional(Date first, Date last) const;
  /// The last day before the first provisional year.
  Date last_official() const;
  DayInfo info(Date day) const;
  bool working(Date day) const {
    auto const at = (day - table_begin_).count();
    if (at < 0 || std::size_t(at) >= table_.size()) return info(day).working;
    return (table_[std::size_t(at)] & k_works) != 0;
  }

  /// FEEL wd_add: n > 0: n-th working day after `day`; n < 0: backwards; n = 0: `day` if it is
  /// a working day, else the next one. Years outside the data count weekends alone.
  Date wd_add(Date day, int n) const;
  /// Working days in (a, b]; negative when b < a.
  int wd_between(Date a, Date b) const;
  /// Of a whole year.
  int working_days(int year) const;
  /// What from_csv reads.
  std::string to_csv() const;

 private:
  static constexpr std::uint8_t k_works = 1, k_has_entry = 2;

  /// A day without an entry.
  static DayInfo plain(Date day);

  std::int64_t version_;
  std::map<Date, CalendarDay> days_;
  int first_year_;
  int last_year_;
  std::vector<int> provisional_;
  Opening opening_;
  Date table_begin_;
  std::vector<std::uint8_t> table_;  // a byte for each day of the years of the data
};

/// A contradiction in a calendar. `code`: missing_substitute, extra_substitute,
/// substitute_at_weekend, moved_off_at_weekend, moved_work_on_weekday, moved_days_unequal (date = 1
/// January of the year); of the hours (date = the first day of the data): hours_missing,
/// provider_weekend.
struct CalendarFinding {
  Date date;
  std::string code;
  auto operator<=>(CalendarFinding const&) const = default;
};
/// INV-34: each holiday on a weekend has exactly one substitute, the next working day after it
/// (R-CAL-01; days of rest have none, R-CAL-02); as many days off were moved as were made up. Who
/// keeps hours keeps them of all kinds, and the provider's week has five days (R-CAL-04).
std::vector<CalendarFinding> check_calendar(Calendar const& calendar);

/// The calendar that the program ships, calendars/kz.csv; its version is 1.
std::string_view seed_calendar_csv();
Calendar seed_calendar();

}  // namespace qyzmet::engine
