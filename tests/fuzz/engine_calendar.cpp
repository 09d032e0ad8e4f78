// A calendar as CSV: a refusal names the line; an accepted calendar survives writing and reading,
// and its two ways of counting agree.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/calendar.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::engine;

void look_at_counting(Calendar const& calendar, Date from) {
  for (int const n : {-7, -1, 1, 5, 30}) {
    auto const day = calendar.wd_add(from, n);
    check(calendar.working(day), "a count ends on a working day");
    // A day off counts as the working day on its far side (decision 8 of wd_add).
    auto const passed = calendar.wd_between(from, day);
    check(calendar.working(from) ? passed == n : passed == n || passed == n + 1,
          "adding and counting agree");
  }
  auto const next = calendar.wd_add(from, 0);
  check(next >= from && calendar.working(next), "the next working day is one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const csv{reinterpret_cast<char const*>(data), size};
  auto const calendar = Calendar::from_csv(3, csv);
  if (!calendar) {
    auto const& arguments = calendar.error().arguments;
    auto const line = std::stol(arguments.at("line"));
    check(line >= 1 && line <= std::ranges::count(csv, '\n') + 1, "a refusal names its line");
    check(!arguments.at("reason").empty(), "a refusal has a reason");
    return 0;
  }
  auto const written = calendar->to_csv();
  auto const again = Calendar::from_csv(3, written);
  check(again && again->to_csv() == written, "what is written can be read");
  check(again->days().size() == calendar->days().size(), "no day is lost");
  for (auto const& finding : check_calendar(*calendar))
    check(!finding.code.empty(), "a contradiction has a name");
  for (int year = calendar->first_year(); year <= calendar->last_year(); ++year)
    check(calendar->working_days(year) >= 0, "a year has its working days");
  int left = 20;
  for (auto const& [date, day] : calendar->days()) {
    if (left-- == 0) break;
    look_at_counting(*calendar, date);
  }
  return 0;
}
