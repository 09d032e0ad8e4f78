#include "engine/opening_week.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace qyzmet::engine {

std::vector<WeekdayHours> week_of(Opening const& opening, Keeper keeper, Date day) {
  auto const in_time = [&](OpenHours const& row) {
    return row.keeper == keeper && (!row.since || *row.since <= day);
  };
  std::optional<Date> since;
  for (auto const& row : opening.hours())
    if (in_time(row)) since = std::max(since, row.since);
  std::array<decltype(WeekdayHours::times), 7> days;
  for (auto const& row : opening.hours())
    if (in_time(row) && row.since == since)
      for (int weekday = row.first_weekday; weekday <= row.last_weekday; ++weekday)
        days[std::size_t(weekday - 1)].emplace_back(row.from, row.to);
  std::vector<WeekdayHours> out;
  for (int weekday = 1; weekday <= int(days.size()); ++weekday) {
    auto& times = days[std::size_t(weekday - 1)];
    std::ranges::sort(times);
    if (times.empty()) continue;
    if (!out.empty() && out.back().last_weekday == weekday - 1 && out.back().times == times)
      out.back().last_weekday = weekday;
    else
      out.push_back({weekday, weekday, std::move(times)});
  }
  return out;
}

std::vector<Date> later_weeks(Opening const& opening, Keeper keeper, Date day) {
  std::set<Date> days;
  for (auto const& row : opening.hours())
    if (row.keeper == keeper && row.since && *row.since > day) days.insert(*row.since);
  return {days.begin(), days.end()};
}

}  // namespace qyzmet::engine
