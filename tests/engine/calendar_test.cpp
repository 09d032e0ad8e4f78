#include "engine/calendar.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/law.hpp"

namespace qyzmet::engine {
namespace {

using std::chrono::days;

Date date(std::string_view text) {
  return parse_date(text).value();
}

Calendar const& seed() {
  static Calendar const calendar = seed_calendar();
  return calendar;
}

Calendar with(std::vector<CalendarDay> entries) {
  return {1, std::move(entries), 2024, 2027, {}};
}

// ---- The data ---------------------------------------------------------------------------------

TEST(SeedCalendar, HasTheWorkingDaysThatTheLawGivesPerYearAndMonth) {
  LAW("R-CAL-05");
  EXPECT_EQ(seed().working_days(2024), 249);
  EXPECT_EQ(seed().working_days(2025), 246);
  EXPECT_EQ(seed().working_days(2026), 247);
  EXPECT_EQ(seed().working_days(2027), 247);
  std::map<int, std::vector<int>> const months{
      {2026, {19, 20, 18, 22, 17, 22, 22, 21, 22, 21, 21, 22}},
      {2027, {18, 20, 18, 22, 18, 22, 21, 22, 22, 20, 22, 22}}};
  for (auto const& [year, expected] : months)
    for (unsigned month = 1; month <= 12; ++month) {
      auto const first = std::chrono::year{year} / std::chrono::month{month} / 1;
      Date const from = Date{first} - days{1};
      Date const to = Date{first + std::chrono::months{1}} - days{1};
      EXPECT_EQ(seed().wd_between(from, to), expected[month - 1]) << year << '-' << month;
    }
}

TEST(SeedCalendar, HasExactlyTheNonWorkingWeekdaysAndWorkedWeekendsOfTheLaw) {
  std::set<std::string> const off{
      "2024-01-01", "2024-01-02", "2024-03-08", "2024-03-21", "2024-03-22", "2024-03-25",
      "2024-05-01", "2024-05-07", "2024-05-08", "2024-05-09", "2024-07-08", "2024-08-30",
      "2024-10-25", "2024-12-16", "2025-01-01", "2025-01-02", "2025-01-03", "2025-01-07",
      "2025-03-10", "2025-03-21", "2025-03-24", "2025-03-25", "2025-05-01", "2025-05-07",
      "2025-05-09", "2025-06-06", "2025-07-07", "2025-09-01", "2025-10-27", "2025-12-16",
      "2026-01-01", "2026-01-02", "2026-01-07", "2026-03-09", "2026-03-23", "2026-03-24",
      "2026-03-25", "2026-05-01", "2026-05-07", "2026-05-11", "2026-05-27", "2026-07-06",
      "2026-10-26", "2026-12-16", "2027-01-01", "2027-01-04", "2027-01-07", "2027-03-08",
      "2027-03-15", "2027-03-22", "2027-03-23", "2027-03-24", "2027-05-03", "2027-05-07",
      "2027-05-10", "2027-07-06", "2027-10-25", "2027-12-16"};
  std::set<std::string> const worked{"2024-05-04", "2025-01-05"};
  for (Date day = date("2024-01-01"); day <= date("2027-12-31"); day += days{1}) {
    unsigned const weekday = std::chrono::weekday{day}.iso_encoding();
    bool const expected = weekday > 5 ? worked.contains(to_iso(day)) : !off.contains(to_iso(day));
    EXPECT_EQ(seed().working(day), expected) << to_iso(day);
  }
}

TEST(SeedCalendar, HoldsNoContradiction) {
  LAW("INV-34");
  EXPECT_EQ(check_calendar(seed()), std::vector<CalendarFinding>{});
}

TEST(SeedCalendar, NamesTheBasisAndTheSourceOfEveryDay) {
  for (auto const& [day, entry] : seed().days()) {
    EXPECT_FALSE(entry.basis.empty()) << to_iso(day);
    EXPECT_FALSE(entry.source.empty()) << to_iso(day);
  }
  auto const info = seed().info(date("2026-12-16"));
  EXPECT_EQ(info.kind, DayKind::holiday);
  EXPECT_EQ(info.basis, "independence_day");
  EXPECT_EQ(seed().info(date("2026-12-15")).basis, "");
  EXPECT_EQ(seed().info(date("2026-12-19")).kind, DayKind::weekend);
}

TEST(SeedCalendar, IsProvisionalWhereNoOfficialCalendarExists) {
  for (auto const* day : {"2027-01-01", "2027-12-31", "2028-06-01", "2023-12-31"})
    EXPECT_TRUE(seed().provisional(date(day))) << day;
  for (auto const* day : {"2024-01-01", "2025-06-01", "2026-12-31"})
    EXPECT_FALSE(seed().provisional(date(day))) << day;
}

TEST(SeedCalendar, KnowsWhichHolidaysMoveAndWhichRestDaysDoNot) {
  LAW("R-CAL-01");
  // 21 and 22 March 2026 fall on a weekend, the 23rd is a holiday itself.
  EXPECT_EQ(seed().info(date("2026-03-24")).kind, DayKind::substitute);
  EXPECT_EQ(seed().info(date("2026-03-25")).kind, DayKind::substitute);
  EXPECT_TRUE(seed().working(date("2026-03-26")));
  LAW("R-CAL-02");
  EXPECT_EQ(seed().info(date("2024-01-07")).kind, DayKind::rest_art84);  // a Sunday
  EXPECT_TRUE(seed().working(date("2024-01-08")));
  EXPECT_EQ(seed().info(date("2024-06-16")).kind, DayKind::rest_art84);  // a Sunday
  EXPECT_TRUE(seed().working(date("2024-06-17")));
  EXPECT_FALSE(seed().working(date("2026-05-27")));
  LAW("R-CAL-03");
  EXPECT_TRUE(seed().working(date("2024-05-04")));  // a Saturday
  EXPECT_FALSE(seed().working(date("2024-05-08")));
  LAW("R-CAL-04");
  EXPECT_FALSE(seed().working(date("2026-11-21")));
  EXPECT_FALSE(seed().working(date("2026-11-22")));
}

// ---- Arithmetic -------------------------------------------------------------------------------

TEST(WorkingDays, FollowTheExamplesOfTheLaw) {  // V-WD
  EXPECT_EQ(seed().wd_add(date("2025-03-20"), 1), date("2025-03-26"));
  EXPECT_EQ(seed().wd_add(date("2026-07-07"), -1), date("2026-07-03"));
  EXPECT_EQ(seed().wd_add(date("2026-12-15"), 1), date("2026-12-17"));
  EXPECT_TRUE(seed().working(date("2026-08-31")));
  EXPECT_TRUE(seed().working(date("2024-05-04")));
  EXPECT_TRUE(seed().working(date("2025-01-05")));
  EXPECT_FALSE(seed().working(date("2025-01-03")));
}

TEST(WorkingDays, AreCountedFromRestDaysToo) {
  EXPECT_EQ(seed().wd_add(date("2026-11-21"), 1), date("2026-11-23"));
  EXPECT_EQ(seed().wd_add(date("2026-11-21"), -1), date("2026-11-20"));
  EXPECT_EQ(seed().wd_add(date("2026-11-21"), 0), date("2026-11-23"));
  EXPECT_EQ(seed().wd_add(date("2026-11-20"), 0), date("2026-11-20"));
  EXPECT_EQ(seed().wd_between(date("2026-11-20"), date("2026-11-23")), 1);
  EXPECT_EQ(seed().wd_between(date("2026-11-23"), date("2026-11-20")), -1);
  EXPECT_EQ(seed().wd_between(date("2026-11-21"), date("2026-11-22")), 0);
}

TEST(WorkingDays, CountOnlyWeekendsOutsideTheData) {
  EXPECT_EQ(seed().wd_between(date("1969-12-28"), date("1970-01-04")), 5);
  EXPECT_EQ(seed().wd_between(date("1900-01-01"), date("1900-01-08")), 5);
  EXPECT_EQ(seed().wd_add(date("2030-01-01"), 5), date("2030-01-08"));
}

/// The second judge: the days laid out one by one, without any of the calendar's arithmetic.
struct Naive {
  Date first = date("2023-06-01");
  std::vector<bool> works = {};

  Naive() {
    std::set<Date> off;
    std::set<Date> worked;
    for (auto const& [day, entry] : seed().days())
      (entry.kind == DayKind::moved_work ? worked : off).insert(day);
    for (Date day = first; day <= date("2028-06-30"); day += days{1}) {
      unsigned const weekday = std::chrono::weekday{day}.c_encoding();
      bool const weekend = weekday == 0 || weekday == 6;
      works.push_back(worked.contains(day) || (!weekend && !off.contains(day)));
    }
  }
  std::size_t index(Date day) const { return static_cast<std::size_t>((day - first).count()); }
};

TEST(WorkingDays, AgreeWithANaiveCountForEveryDayAndEveryTerm) {
  Naive const naive;
  LAW("INV-32");
  LAW("INV-33");
  for (Date day = date("2024-01-01"); day <= date("2027-12-31"); day += days{1}) {
    auto const own = naive.index(day);
    auto same = own;
    while (!naive.works[same]) ++same;
    ASSERT_EQ(seed().wd_add(day, 0), naive.first + days{static_cast<int>(same)}) << to_iso(day);
    for (int const direction : {1, -1}) {
      auto at = own;
      for (int n = direction; n != direction * 61; n += direction) {
        do {
          at += static_cast<std::size_t>(direction);
        } while (!naive.works[at]);
        Date const found = seed().wd_add(day, n);
        ASSERT_EQ(found, naive.first + days{static_cast<int>(at)}) << to_iso(day) << ' ' << n;
        ASSERT_TRUE(seed().working(found));
        if (!naive.works[own] || (n % 20 != 0 && n * direction > 20)) continue;
        ASSERT_EQ(seed().wd_between(day, found), n) << to_iso(day) << ' ' << n;
        ASSERT_EQ(seed().wd_add(found, -n), day) << to_iso(day) << ' ' << n;
      }
    }
  }
}

TEST(WorkingDays, BetweenAnyTwoDaysAgreeWithANaiveCount) {
  Naive const naive;
  for (Date a = date("2024-01-01"); a <= date("2027-12-31"); a += days{13}) {
    int count = 0;
    for (Date b = a; b <= date("2028-01-31"); b += days{1}) {
      if (b > a && naive.works[naive.index(b)]) ++count;
      ASSERT_EQ(seed().wd_between(a, b), count) << to_iso(a) << ' ' << to_iso(b);
      ASSERT_EQ(seed().wd_between(b, a), -count);
    }
  }
}

// ---- Checking a calendar ----------------------------------------------------------------------

std::vector<std::string> codes(Calendar const& calendar) {
  std::vector<std::string> codes;
  for (auto const& finding : check_calendar(calendar))
    codes.push_back(to_iso(finding.date) + ' ' + finding.code);
  return codes;
}
using Codes = std::vector<std::string>;

TEST(CheckCalendar, FindsEveryKindOfContradiction) {
  LAW("INV-34");
  auto const saturday = date("2026-11-21");
  EXPECT_EQ(codes(with({{saturday, DayKind::holiday, "x"}})),
            Codes{"2026-11-23 missing_substitute"});
  EXPECT_EQ(codes(with({{date("2026-11-24"), DayKind::substitute, "x"}})),
            Codes{"2026-11-24 extra_substitute"});
  EXPECT_EQ(codes(with({{saturday, DayKind::substitute, "x"}})),
            Codes{"2026-11-21 substitute_at_weekend"});
  EXPECT_EQ(codes(with({{date("2026-11-23"), DayKind::moved_off, "x"}})),
            Codes{"2026-01-01 moved_days_unequal"});
  EXPECT_EQ(codes(with({{saturday, DayKind::moved_off, "x"},
                        {date("2026-11-24"), DayKind::moved_work, "x"}})),
            (Codes{"2026-11-21 moved_off_at_weekend", "2026-11-24 moved_work_on_weekday"}));
  // A day of rest of article 84 has no substitute, so one in its name is too many.
  EXPECT_EQ(codes(with({{saturday, DayKind::rest_art84, "x"}})), Codes{});
  EXPECT_EQ(codes(with({{saturday, DayKind::rest_art84, "x"},
                        {date("2026-11-23"), DayKind::substitute, "x"}})),
            Codes{"2026-11-23 extra_substitute"});
}

TEST(CheckCalendar, AcceptsTheMovedDaysOfAWeekAndCascades) {
  EXPECT_EQ(codes(with({{date("2026-11-21"), DayKind::holiday, "x"},
                        {date("2026-11-22"), DayKind::holiday, "x"},
                        {date("2026-11-23"), DayKind::holiday, "x"},
                        {date("2026-11-24"), DayKind::rest_art84, "x"},
                        {date("2026-11-25"), DayKind::substitute, "x"},
                        {date("2026-11-26"), DayKind::substitute, "x"},
                        {date("2026-11-27"), DayKind::moved_off, "x"},
                        {date("2026-11-28"), DayKind::moved_work, "x"}})),
            Codes{});
}

// ---- Reading and writing ----------------------------------------------------------------------

TEST(CalendarCsv, ComesBackTheSame) {
  auto const csv = seed().to_csv();
  auto const read = Calendar::from_csv(7, csv);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to_csv(), csv);
  EXPECT_EQ(read->version(), 7);
  EXPECT_EQ(read->first_year(), 2024);
  EXPECT_EQ(read->last_year(), 2027);
}

TEST(CalendarCsv, TakesWindowsLineEndsAndNoSource) {
  auto const read = Calendar::from_csv(
      1, "date,kind,basis\r\nyear,2026,official\r\n2026-12-16,holiday,independence_day\r\n");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->working(date("2026-12-16")));
}

TEST(CalendarCsv, IsRefusedWithLineAndReason) {
  auto const reason = [](std::string const& lines) {
    auto const read = Calendar::from_csv(1, lines);
    if (read) return std::string{"accepted"};
    return read.error().arguments.at("line") + ' ' + read.error().arguments.at("reason");
  };
  std::string const head = "date,kind,basis,source\nyear,2026,official\n";
  EXPECT_EQ(reason("day,kind\n"), "1 header");
  EXPECT_EQ(reason("date,kind,basis,source\n"), "1 no_year");
  EXPECT_EQ(reason(head + "year,2028,official\n"), "3 years");
  EXPECT_EQ(reason(head + "year,2026,official\n"), "3 duplicate");
  EXPECT_EQ(reason(head + "year,twenty,official\n"), "3 year");
  EXPECT_EQ(reason(head + "year,2027,maybe\n"), "3 year");
  EXPECT_EQ(reason(head + "2026-02-30,holiday,x,y\n"), "3 date");
  EXPECT_EQ(reason(head + "2026-02-20,weekend,x,y\n"), "3 kind");
  EXPECT_EQ(reason(head + "2026-02-20,holiday,,y\n"), "3 basis");
  EXPECT_EQ(reason(head + "2026-02-20,holiday,x\n2026-02-20,holiday,x\n"), "4 duplicate");
  EXPECT_EQ(reason(head + "2025-02-20,holiday,x\n"), "3 day_outside_years");
}

TEST(SeedCalendar, IsTheFileInTheTree) {
  std::ifstream file{QYZMET_SOURCE_DIR "/engine/calendars/kz.csv", std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  auto const read = Calendar::from_csv(1, text.str());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to_csv(), seed().to_csv());
}

// R-CAL-06: one zone, five hours before UTC, whatever the machine's zone data say.
TEST(LegalTime, IsFiveHoursBeforeUtc) {
  LAW("R-CAL-06");
  auto const at = parse_instant("2026-11-21T18:59:59.999999Z").value();
  EXPECT_EQ(to_iso(legal_date(at)), "2026-11-21");
  EXPECT_EQ(to_iso(legal_date(at + std::chrono::microseconds{1})), "2026-11-22");
  EXPECT_EQ(to_iso(start_of(date("2026-11-22"))), "2026-11-21T19:00:00.000000Z");
  EXPECT_EQ(to_iso(end_of(date("2026-11-21"))), "2026-11-21T19:00:00.000000Z");
}

}  // namespace
}  // namespace qyzmet::engine
