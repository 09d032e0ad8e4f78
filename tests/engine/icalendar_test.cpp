#include "engine/icalendar.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/law.hpp"

namespace qyzmet::engine {
namespace {

Date date(std::string_view text) {
  return parse_date(text).value();
}

std::string wrapped(std::string const& content,
                    std::string const& year = "X-QYZMET-YEAR;STATUS=OFFICIAL:2026\r\n") {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + year + content + "END:VCALENDAR\r\n";
}

std::string event(std::string const& lines) {
  return "BEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\n";
}

std::string reason_of(std::string const& text) {
  auto const read = calendar_from_icalendar(1, text);
  if (read) return "accepted";
  EXPECT_EQ(read.error().text, "error.invalid_calendar");
  return read.error().arguments.at("line") + " " + read.error().arguments.at("reason");
}

TEST(ICalendar, GivesTheSameCalendarBack) {
  auto const seed = seed_calendar();
  auto const text = to_icalendar(seed);
  auto const again = read_calendar(1, text);
  ASSERT_TRUE(again) << again.error().arguments.at("reason");
  EXPECT_EQ(again->to_csv(), seed.to_csv());
  EXPECT_EQ(to_icalendar(*again), text);
  LAW("R-CAL-05");
  EXPECT_EQ(again->info(date("2026-05-11")).kind, DayKind::substitute);
  EXPECT_EQ(again->info(date("2024-05-04")).kind, DayKind::moved_work);
  EXPECT_TRUE(again->provisional(date("2027-02-01")));
  EXPECT_FALSE(again->provisional(date("2026-02-01")));
}

TEST(ICalendar, FoldsLinesAt75OctetsBetweenCharacters) {
  std::string const source = "Еңбек кодексі, 85-бап; Еңбек министрлігінің бұйрығы, № G24G0000436";
  Calendar const calendar{
      1, {{date("2026-01-03"), DayKind::moved_work, "transfer", source}}, 2026, 2026, {}};
  auto const text = to_icalendar(calendar);
  std::size_t begin = 0;
  bool folded = false;
  for (auto end = text.find("\r\n"); end != text.npos; end = text.find("\r\n", begin)) {
    EXPECT_LE(end - begin, 75U);
    // A continuation never begins inside a character.
    if (text[begin] == ' ') {
      folded = true;
      EXPECT_NE(static_cast<unsigned char>(text[begin + 1]) & 0xC0U, 0x80U);
    }
    begin = end + 2;
  }
  EXPECT_TRUE(folded);
  EXPECT_EQ(read_calendar(1, text)->days().at(date("2026-01-03")).source, source);
}

TEST(ICalendar, ReadsWhatAnOfficeProgramWrites) {
  auto const text = wrapped(
      "X-WR-CALNAME:Жұмыс күндері\n"
      "BEGIN:VTIMEZONE\nTZID:Asia/Almaty\nEND:VTIMEZONE\n" +
      event("uid:1\ndtstart;value=date:20260321\ndtend;value=date:20260324\n"
            "summary:nau\n ryz\ncategories:Holiday\ndescription:Law\\, art. 5\n"
            "BEGIN:VALARM\nTRIGGER:-PT15M\nDTSTART:20260101T090000\nEND:VALARM\n"));
  auto const read = read_calendar(7, text);
  ASSERT_TRUE(read) << reason_of(text);
  EXPECT_EQ(read->version(), 7);
  ASSERT_EQ(read->days().size(), 3U);
  EXPECT_EQ(read->days().at(date("2026-03-23")).basis, "nauryz");
  EXPECT_EQ(read->days().at(date("2026-03-23")).source, "Law, art. 5");
}

TEST(ICalendar, SaysWhatItCannotTakeAndWhere) {
  auto const day = [](std::string const& lines) { return wrapped(event(lines)); };
  EXPECT_EQ(reason_of(""), "1 vcalendar");
  EXPECT_EQ(reason_of("no property\n"), "1 property");
  EXPECT_EQ(reason_of(" folded\n"), "1 property");
  EXPECT_EQ(reason_of("BEGIN:VCARD\n"), "1 vcalendar");
  EXPECT_EQ(reason_of("BEGIN:VCALENDAR\nVERSION:2.0\n"), "2 vcalendar");
  EXPECT_EQ(reason_of("BEGIN:VCALENDAR\nEND:VEVENT\n"), "2 nesting");
  EXPECT_EQ(reason_of(wrapped("", "")), "3 no_year");
  EXPECT_EQ(reason_of(wrapped("", "X-QYZMET-YEAR:2026\n")), "3 year");
  EXPECT_EQ(reason_of(wrapped("", "X-QYZMET-YEAR;STATUS=MAYBE:2026\n")), "3 year");
  EXPECT_EQ(reason_of(wrapped("X-QYZMET-YEAR;STATUS=OFFICIAL:2026\n")), "4 duplicate");
  EXPECT_EQ(reason_of(wrapped("X-QYZMET-YEAR;STATUS=OFFICIAL:2028\n")), "5 years");
  EXPECT_EQ(reason_of(day("SUMMARY:x\nCATEGORIES:HOLIDAY\n")), "7 date");
  EXPECT_EQ(reason_of(day("DTSTART:20260101T090000Z\n")), "5 date");
  EXPECT_EQ(reason_of(day("DTSTART:20260230\n")), "5 date");
  EXPECT_EQ(reason_of(day("DTSTART;VALUE=DATE-TIME:20260101\n")), "5 date");
  EXPECT_EQ(reason_of(day("DTSTART:20260102\nDTEND:20260102\nCATEGORIES:HOLIDAY\nSUMMARY:x\n")),
            "9 date");
  EXPECT_EQ(reason_of(day("DTSTART:20260102\nCATEGORIES:WEEKEND\n")), "6 kind");
  EXPECT_EQ(reason_of(day("DTSTART:20260102\nSUMMARY:x\n")), "7 kind");
  EXPECT_EQ(reason_of(day("DTSTART:20260102\nCATEGORIES:HOLIDAY\n")), "7 basis");
  EXPECT_EQ(reason_of(day("DTSTART:20260102\nSUMMARY:a\\,b\nCATEGORIES:HOLIDAY\n")), "8 basis");
  EXPECT_EQ(reason_of(day("DTSTART:20260102\nRRULE:FREQ=YEARLY\n")), "6 recurrence");
  auto const one = event("DTSTART:20260102\nSUMMARY:x\nCATEGORIES:HOLIDAY\n");
  EXPECT_EQ(reason_of(wrapped(one)), "accepted");
  EXPECT_EQ(reason_of(wrapped(one + one)), "13 duplicate");
  EXPECT_EQ(reason_of(wrapped(event("DTSTART:20270102\nSUMMARY:x\nCATEGORIES:HOLIDAY\n"))),
            "9 day_outside_years");
}

TEST(ICalendar, DoesNotLetOneEventFillTheMemory) {
  EXPECT_EQ(reason_of(wrapped(event("DTSTART:00010101\nDTEND:99991231\nSUMMARY:x\n"
                                    "CATEGORIES:HOLIDAY\n"))),
            "9 too_many_lines");
}

TEST(ICalendar, RandomCalendarsSurviveBothCarriers) {
  std::mt19937 random{20261128};
  for (int round = 0; round < 200; ++round) {
    std::vector<CalendarDay> days;
    for (int n = 0; n < 40; ++n) {
      auto const kind = static_cast<DayKind>(2 + random() % 5);
      days.push_back({date("2026-01-01") + std::chrono::days{random() % 730}, kind, "basis",
                      random() % 2 != 0 ? "a, b; c\\d \"e\" ұ" : ""});
    }
    Calendar const calendar{3, days, 2026, 2027, {2027}};
    auto const ical = read_calendar(3, to_icalendar(calendar));
    auto const csv = read_calendar(3, calendar.to_csv());
    ASSERT_TRUE(ical && csv);
    ASSERT_EQ(ical->to_csv(), csv->to_csv());
    ASSERT_TRUE(differences(calendar, *ical).empty());
  }
}

TEST(CalendarDifferences, NameEachDayThatIsNotTheSame) {
  Calendar const before{1,
                        {{date("2026-01-01"), DayKind::holiday, "new_year", "law"},
                         {date("2026-08-31"), DayKind::moved_off, "transfer", "order"}},
                        2026,
                        2026,
                        {}};
  Calendar const after{2,
                       {{date("2026-01-01"), DayKind::holiday, "new_year", "law"},
                        {date("2026-05-27"), DayKind::rest_art84, "kurban_ait", ""}},
                       2026,
                       2026,
                       {}};
  auto const found = differences(before, after);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].date, date("2026-05-27"));
  EXPECT_FALSE(found[0].before);
  EXPECT_EQ(found[0].after->kind, DayKind::rest_art84);
  EXPECT_EQ(found[1].date, date("2026-08-31"));
  EXPECT_FALSE(found[1].after);
}

}  // namespace
}  // namespace qyzmet::engine
