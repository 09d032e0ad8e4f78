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

}  // namespace qyzmet::casework
