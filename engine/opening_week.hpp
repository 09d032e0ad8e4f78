#pragma once
// The hours of a keeper as people read them: the rows of opening.hpp that are in force on a day,
// weekdays with the same times together. Holidays, days of rest and closures do not count. Pure.
#include <chrono>
#include <utility>
#include <vector>

#include "engine/opening.hpp"

namespace qyzmet::engine {

struct WeekdayHours {
  int first_weekday, last_weekday;                                           // 1 is Monday
  std::vector<std::pair<std::chrono::minutes, std::chrono::minutes>> times;  // sorted, half-open
  bool operator==(WeekdayHours const&) const = default;
};
/// Empty when no hours of that keeper are in force.
std::vector<WeekdayHours> week_of(Opening const& opening, Keeper keeper, Date day);
/// The days after `day` on which other hours of that keeper come into force, sorted.
std::vector<Date> later_weeks(Opening const& opening, Keeper keeper, Date day);

}  // namespace qyzmet::engine
