#pragma once
// When offices and branches are open, in words of a language ("kk", "ru", "en"). Pure.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "engine/calendar.hpp"
#include "engine/opening_week.hpp"

namespace qyzmet::casework {

engine::Keeper keeper_of(db::Branch const& branch);

/// "Mon–Fri 09:00–13:00, 14:00–18:00; Sat 09:00–13:00"; empty when the calendar names no hours of
/// that keeper on that day.
std::string hours_text(engine::Calendar const& calendar, engine::Keeper keeper, Date day,
                       std::string_view language);
/// The same of a branch; what the register says while the calendar names no hours.
std::string hours_text(engine::Calendar const& calendar, db::Branch const& branch, Date day,
                       std::string_view language);

/// Hours of today and those to come, of each keeper that has any.
struct HoursLine {
  engine::Keeper keeper = engine::Keeper::provider;
  std::string times;
  std::optional<Date> since = {};  // none: now
};
std::vector<HoursLine> hours_lines(engine::Calendar const& calendar, Date today,
                                   std::string_view language);

}  // namespace qyzmet::casework
