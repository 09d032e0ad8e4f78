#include "services/casework/opening_text.hpp"

#include "engine/base/clock_text.hpp"
#include "templates/dates.hpp"

namespace qyzmet::casework {

namespace {

constexpr Date k_some_sunday{std::chrono::days{3}};  // 1970-01-04

std::string weekday_text(int weekday, std::string_view language) {
  return templates::format_moment(templates::DateForm::weekday_short, language,
                                  to_iso(k_some_sunday + std::chrono::days{weekday}));
}

}  // namespace

engine::Keeper keeper_of(db::Branch const& branch) {
  return branch.is_duty ? engine::Keeper::duty_branch : engine::Keeper::branch;
}

std::string hours_text(engine::Calendar const& calendar, engine::Keeper keeper, Date day,
                       std::string_view language) {
  std::string out;
  for (auto const& row : engine::week_of(calendar.opening(), keeper, day)) {
    if (!out.empty()) out += "; ";
    out += weekday_text(row.first_weekday, language);
    if (row.last_weekday != row.first_weekday)
      out += "–" + weekday_text(row.last_weekday, language);
    auto const* separator = " ";
    for (auto const& [from, to] : row.times) {
      out += separator + clock_text(from) + "–" + clock_text(to);
      separator = ", ";
    }
  }
  return out;
}

std::string hours_text(engine::Calendar const& calendar, db::Branch const& branch, Date day,
                       std::string_view language) {
  auto text = hours_text(calendar, keeper_of(branch), day, language);
  return text.empty() ? branch.hours : text;
}

std::vector<HoursLine> hours_lines(engine::Calendar const& calendar, Date today,
                                   std::string_view language) {
  std::vector<HoursLine> out;
  for (auto const keeper :
       {engine::Keeper::provider, engine::Keeper::branch, engine::Keeper::duty_branch}) {
    auto const add = [&](Date day, std::optional<Date> since) {
      auto times = hours_text(calendar, keeper, day, language);
      if (!times.empty())
        out.push_back({.keeper = keeper, .times = std::move(times), .since = since});
    };
    add(today, std::nullopt);
    for (auto const day : engine::later_weeks(calendar.opening(), keeper, today)) add(day, day);
  }
  return out;
}

}  // namespace qyzmet::casework
