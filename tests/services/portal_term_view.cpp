// What people are told about a term: the ribbon, the last day and why it is that day.
#include <fstream>
#include <sstream>

#include "engine/package.hpp"
#include "services/portal/term_view.hpp"
#include "templates/assets.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::portal {
namespace {

namespace json = boost::json;

std::string source_file(std::string const& name) {
  std::ifstream in{std::string{QYZMET_SOURCE_DIR} + "/" + name, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

engine::Calendar const& calendar() {
  static auto const loaded =
      engine::Calendar::from_csv(1, source_file("engine/calendars/kz.csv")).value();
  return loaded;
}

/// Terms and milestones of service 77, as its service.xml has them.
engine::Package const& package() {
  static auto const made = [] {
    engine::Package out;
    out.version = "1427";
    out.service = "military_id";
    out.term.days_by_place = {{"city", 7}, {"district", 5}};
    out.term.acceptance_cite = "a30.7";
    out.term.milestones = {
        {.code = "hearing_notice",
         .basis_code = {},
         .offset_wd = -3,
         .rule = "R77-33",
         .cite = "p77"},
        {.code = "delivery", .basis_code = {}, .offset_wd = -1, .rule = "R77-32", .cite = "p77"}};
    out.citations["a30.7"] = {
        .id = "a30.7", .text = {{"en", "Annex 30, section 7"}}, .source = "x"};
    out.citations["p77"] = {.id = "p77", .text = {{"en", "paragraph 77"}}, .source = "x"};
    return out;
  }();
  return made;
}

templates::Catalogue const& texts() {
  static auto const loaded = templates::load_catalogue();
  return loaded;
}

Instant local(std::string_view date, int hour, int minute) {
  return start_of(*parse_date(date)) + std::chrono::hours{hour} + std::chrono::minutes{minute};
}

struct Filed {
  engine::Deadlines deadlines;
  Term term;
  Filed(Instant at, std::string_view place, Instant now)
      : deadlines{engine::compute_deadlines(package().term, calendar(), at, place).value()},
        term{.package = package(), .calendar = calendar(), .deadlines = deadlines, .now = now} {}
};

Reader reader(std::string language = "en") {
  return {.language = std::move(language), .texts = texts()};
}

json::object const& day(json::object const& ribbon, std::size_t index) {
  return ribbon.at("days").as_array().at(index).as_object();
}

std::string all_steps(json::object const& why) {
  std::string out;
  for (auto const& step : why.at("steps").as_array())
    out += std::string{step.at("text").as_string()} + "\n";
  return out;
}

TEST(TermView, TheRibbonNumbersWorkingDaysAndSaysWhyOthersAreSkipped) {
  Filed const filed{local("2026-11-21", 10, 0), "city", local("2026-11-27", 9, 0)};
  auto const ribbon = ribbon_json(filed.term, milestone_marks(filed.term, reader()), reader());
  EXPECT_EQ(ribbon.at("total").as_int64(), 7);
  ASSERT_EQ(ribbon.at("days").as_array().size(), 10U);
  EXPECT_EQ(day(ribbon, 0).at("date").as_string(), "2026-11-23");
  EXPECT_TRUE(day(ribbon, 0).contains("start"));
  EXPECT_EQ(day(ribbon, 0).at("state").as_string(), "done");
  EXPECT_EQ(day(ribbon, 4).at("state").as_string(), "now");
  EXPECT_EQ(day(ribbon, 4).at("number").as_int64(), 4);
  EXPECT_EQ(day(ribbon, 5).at("reason").as_string(), "weekend");
  EXPECT_FALSE(day(ribbon, 5).contains("number"));
  EXPECT_TRUE(day(ribbon, 9).contains("last"));
  EXPECT_EQ(day(ribbon, 9).at("date").as_string(), "2026-12-02");
  EXPECT_TRUE(day(ribbon, 8).contains("marks")) << "delivery on the working day before";
  EXPECT_TRUE(day(ribbon, 8).contains("month")) << "1 December names its month";
}

TEST(TermView, TheHolidayInsideATermIsNamed) {
  LAW("R-GEN-12");
  Filed const filed{local("2026-12-10", 17, 59), "district", local("2026-12-10", 18, 0)};
  auto const steps = all_steps(why_json(filed.term, reader()));
  EXPECT_NE(steps.find("16 December"), std::string::npos) << steps;
  EXPECT_NE(steps.find("Independence Day"), std::string::npos) << steps;
  EXPECT_NE(steps.find("5 working days"), std::string::npos) << steps;
  EXPECT_NE(steps.find("Friday, 18 December 2026"), std::string::npos) << steps;
}

TEST(TermView, WhyThisDateTellsReceiptAfterHoursFromADayOff) {
  LAW("R-GEN-09");
  Filed const late{local("2026-12-10", 18, 0), "district", local("2026-12-10", 18, 0)};
  EXPECT_NE(all_steps(why_json(late.term, reader())).find("Working time was over"),
            std::string::npos);
  Filed const saturday{local("2026-11-21", 10, 0), "city", local("2026-11-21", 10, 0)};
  EXPECT_NE(all_steps(why_json(saturday.term, reader())).find("not a working day"),
            std::string::npos);
  Filed const in_time{local("2026-12-10", 17, 59), "city", local("2026-12-10", 18, 0)};
  auto const why = why_json(in_time.term, reader());
  EXPECT_NE(all_steps(why).find("accepted the same day"), std::string::npos);
  EXPECT_EQ(why.at("steps").as_array().front().at("cite").at("text").as_string(),
            "Annex 30, section 7");
}

TEST(TermView, DaysLeftCountWorkingDaysAndTurnNegative) {
  auto const due = *parse_date("2026-12-02");
  EXPECT_EQ(days_left(calendar(), *parse_date("2026-11-27"), due), 3);
  EXPECT_EQ(days_left(calendar(), *parse_date("2026-11-28"), due), 3);
  EXPECT_EQ(days_left(calendar(), due, due), 0);
  EXPECT_EQ(days_left(calendar(), *parse_date("2026-12-03"), due), -1);
  // A Saturday after a Friday is late as well, though no working day has passed.
  EXPECT_EQ(days_left(calendar(), *parse_date("2026-12-05"), *parse_date("2026-12-04")), -1);
}

TEST(TermView, EveryMilestoneExplainsItsCount) {
  LAW("R77-33");
  Filed const filed{local("2026-11-21", 10, 0), "city", local("2026-11-23", 9, 0)};
  auto const why = why_milestone_json(filed.term, "hearing_notice", reader());
  auto const steps = all_steps(why);
  EXPECT_NE(steps.find("3 working days before"), std::string::npos) << steps;
  EXPECT_NE(steps.find("Friday, 27 November 2026"), std::string::npos) << steps;
  EXPECT_NE(steps.find("28 November, 29 November"), std::string::npos) << steps;
  EXPECT_TRUE(why_milestone_json(filed.term, "unknown", reader()).empty());
  auto const versions = "Counted by version 1427 of the rules and version " +
                        std::to_string(calendar().version()) + " of the calendar.";
  EXPECT_NE(steps.find(versions), std::string::npos) << steps;
  EXPECT_NE(all_steps(why_json(filed.term, reader())).find(versions), std::string::npos);
  LAW("R-GEN-29");
}

TEST(TermView, LongTermsFoldWeeksButNeverTodayOrTheLastDay) {
  auto longer = package();
  longer.term.days_by_place["city"] = 90;
  auto const deadlines =
      engine::compute_deadlines(longer.term, calendar(), local("2026-03-02", 10, 0), "city")
          .value();
  Term const term{.package = longer,
                  .calendar = calendar(),
                  .deadlines = deadlines,
                  .now = local("2026-04-15", 12, 0)};
  auto const ribbon = ribbon_json(term, {}, reader());
  auto const& days = ribbon.at("days").as_array();
  EXPECT_LT(days.size(), 45U);
  int today = 0, last = 0, folded = 0;
  for (auto const& each : days) {
    auto const& cell = each.as_object();
    if (cell.contains("until")) {
      ++folded;
      EXPECT_NE(cell.at("state").as_string(), "now");
      continue;
    }
    if (cell.at("state").as_string() == "now") ++today;
    if (cell.contains("last")) ++last;
  }
  EXPECT_EQ(today, 1);
  EXPECT_EQ(last, 1);
  EXPECT_GT(folded, 10);
}

TEST(TermView, TheMiniBarShowsWhatIsLeft) {
  auto const accepted = *parse_date("2026-11-23"), due = *parse_date("2026-12-02");
  auto const calm = mini_json(calendar(), accepted, due, *parse_date("2026-11-26"));
  EXPECT_EQ(calm.at("left").as_int64(), 4);
  EXPECT_EQ(calm.at("total").as_int64(), 7);
  EXPECT_EQ(calm.at("tone").as_string(), "calm");
  EXPECT_EQ(calm.at("cells").as_array().size(), 7U);
  auto const late = mini_json(calendar(), accepted, due, *parse_date("2026-12-04"));
  EXPECT_EQ(late.at("late").as_int64(), 2);
  EXPECT_EQ(late.at("tone").as_string(), "late");
}

TEST(TermView, AllThreeLanguagesHaveEveryText) {
  Filed const filed{local("2026-12-10", 18, 0), "district", local("2026-12-11", 18, 0)};
  for (auto const* language : {"kk", "ru", "en"}) {
    why_json(filed.term, reader(language));
    ribbon_json(filed.term, milestone_marks(filed.term, reader(language)), reader(language));
    why_milestone_json(filed.term, "delivery", reader(language));
    due_json(filed.term, reader(language));
  }
  EXPECT_TRUE(texts().missing().empty()) << texts().missing().front();
}

}  // namespace
}  // namespace qyzmet::portal
