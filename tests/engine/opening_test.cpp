// Hours and closures of offices and branches: what the law says of each day, for any minute.
#include "engine/opening.hpp"

#include <random>

#include "engine/base/clock_text.hpp"
#include "engine/environment.hpp"
#include "engine/icalendar.hpp"
#include "engine/machine.hpp"
#include "engine/opening_week.hpp"
#include "tests/engine/story.hpp"

namespace qyzmet::engine {
namespace {

bool open(Calendar const& calendar, Keeper keeper, std::string_view local,
          std::string_view unit = "") {
  return calendar.opening().open(calendar, keeper, unit, at(local)).value();
}

Calendar with(std::string const& lines) {
  return Calendar::from_csv(1, seed().to_csv() + lines).value();
}

TEST(Opening, the_seed_keeps_the_hours_of_the_rules) {
  using enum Keeper;
  for (auto const* local : {"2026-11-23T09:00", "2026-11-23T12:59", "2026-11-23T17:59"})
    EXPECT_TRUE(open(seed(), provider, local)) << local;
  for (auto const* local : {"2026-11-23T08:59", "2026-11-23T13:00", "2026-11-23T13:59",
                            "2026-11-23T18:00", "2026-11-21T10:00", "2026-12-16T10:00"})
    EXPECT_FALSE(open(seed(), provider, local)) << local;
  LAW("R-GEN-11");
  EXPECT_TRUE(open(seed(), branch, "2026-11-23T13:30")) << "no lunch break";
  EXPECT_FALSE(open(seed(), branch, "2026-11-23T18:00"));
  EXPECT_FALSE(open(seed(), branch, "2026-11-21T10:00"));
  EXPECT_TRUE(open(seed(), duty_branch, "2026-11-23T19:59"));
  EXPECT_TRUE(open(seed(), duty_branch, "2026-11-21T12:59"));
  EXPECT_FALSE(open(seed(), duty_branch, "2026-11-21T13:00"));
  EXPECT_FALSE(open(seed(), duty_branch, "2026-03-21T10:00")) << "a holiday on a Saturday";
  EXPECT_FALSE(open(seed(), duty_branch, "2026-11-22T10:00")) << "a Sunday";
  LAW("R77-13");
  EXPECT_TRUE(open(seed(), provider, "2024-05-04T10:00")) << "a moved working Saturday";
  LAW("E-03");
  // The end of the provider's day is the end of the day of acceptance.
  EXPECT_EQ(seed().opening().end_on(seed(), provider, day("2026-11-23")),
            service_77()->term.workday_end);
  LAW("R-GEN-09");
}

TEST(Opening, a_closed_unit_serves_nobody_and_the_others_go_on) {
  auto const calendar = with("closed,esil-1,2026-12-01,2026-12-02,repair\n");
  EXPECT_FALSE(open(calendar, Keeper::branch, "2026-12-01T10:00", "esil-1"));
  EXPECT_TRUE(open(calendar, Keeper::branch, "2026-12-01T10:00", "esil-2"));
  EXPECT_TRUE(open(calendar, Keeper::branch, "2026-12-03T10:00", "esil-1"));
  EXPECT_TRUE(open(calendar, Keeper::branch, "2026-11-30T17:59", "esil-1"));
  EXPECT_FALSE(open(calendar, Keeper::branch, "2026-12-02T17:59", "esil-1")) << "the last day too";
  EXPECT_EQ(calendar.opening().end_on(calendar, Keeper::branch, day("2026-12-01")),
            std::chrono::hours{18})
      << "a closure of one unit is no hour of all";
  EXPECT_EQ(calendar.wd_between(day("2026-11-30"), day("2026-12-03")), 3)
      << "a closure is no day off for a term";
}

TEST(Opening, both_file_forms_keep_every_line) {
  auto const calendar = with("closed,esil-1,2026-12-01,2026-12-02,repair, with dust\n");
  EXPECT_EQ(Calendar::from_csv(1, calendar.to_csv())->opening(), calendar.opening());
  EXPECT_EQ(calendar_from_icalendar(1, to_icalendar(calendar))->to_csv(), calendar.to_csv());
  auto const changed = opening_differences(seed(), calendar);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_TRUE(changed.front().added);
  EXPECT_EQ(changed.front().line, "closed,esil-1,2026-12-01,2026-12-02,repair, with dust");
}

TEST(Opening, no_reason_smuggles_a_line_in) {
  auto const file = to_icalendar(with("closed,esil-1,2026-12-01,2026-12-02,repair\n"));
  for (auto const* const smuggled :
       {"repair\\n2026-12-03\\,holiday\\,x", "repair\\Nclosed\\,b\\,2026-12-01\\,2026-12-02"}) {
    auto bad = file;
    bad.replace(bad.find("repair"), 6, smuggled);
    auto const read = calendar_from_icalendar(1, bad);
    ASSERT_FALSE(read) << smuggled;
    EXPECT_EQ(read.error().arguments.at("reason"), "closure");
  }
}

TEST(Opening, lines_that_mean_nothing_are_refused_by_name) {
  for (auto const& [line, reason] : std::vector<std::pair<std::string, std::string>>{
           {"hours,office,1-5,09:00-18:00", "hours"},
           {"hours,branch,5-1,09:00-18:00", "hours"},
           {"hours,branch,0,09:00-18:00", "hours"},
           {"hours,branch,6,18:00-09:00", "hours"},
           {"hours,branch,6,9:00-18:00", "hours"},
           {"hours,branch,6,09:00-24:01", "hours"},
           {"hours,branch,1,17:00-19:00", "duplicate"},
           {"hours,branch,1,17:00-19:00,soon", "hours"},
           {"hours,branch,1,17:00-19:00,2026-12-01,2026-12-02", "hours"},
           {"closed,b,2026-12-01,2026-12-02,a\x01line", "closure"},
           {"closed,b\x7f,2026-12-01,2026-12-02,", "closure"},
           {"closed,b,2026-12-01,2026-12-02,a\u0085line", "closure"},
           {"closed,b,2026-12-01,2026-12-02,a\u2028line", "closure"},
           {"closed,b,2026-12-01,2026-12-02,back\u202ewards", "closure"},
           {"closed,b,2026-12-01,2026-12-02,isolated\u2067", "closure"},
           {"closed,b,2026-12-01,2026-12-02,half \xd0", "closure"},
           {"closed,,2026-12-01,2026-12-02", "closure"},
           {"closed,b,2026-12-02,2026-12-01", "closure"},
           {"closed,b,soon,2026-12-01", "closure"}}) {
    auto const bad = Calendar::from_csv(1, seed().to_csv() + line + "\n");
    ASSERT_FALSE(bad) << line;
    EXPECT_EQ(bad.error().arguments.at("reason"), reason) << line;
  }
}

TEST(Opening, reasons_in_any_script_stay_as_they_are) {
  auto const line = "closed,b,2026-12-01,2026-12-02,«жөндеу»\u00a0— ремонт № 2…";
  EXPECT_TRUE(with(std::string{line} + "\n").to_csv().contains(line));
}

using std::chrono::hours;

TEST(Opening, a_week_names_days_with_the_same_times_together) {
  auto const rules = seed().opening();
  using Times = decltype(WeekdayHours::times);
  Times const with_lunch{{hours{9}, hours{13}}, {hours{14}, hours{18}}};
  EXPECT_EQ(week_of(rules, Keeper::provider, day("2026-11-23")),
            (std::vector<WeekdayHours>{{1, 5, with_lunch}}));
  EXPECT_EQ(week_of(rules, Keeper::duty_branch, day("2026-11-23")),
            (std::vector<WeekdayHours>{{1, 5, {{hours{9}, hours{20}}}},
                                       {6, 6, {{hours{9}, hours{13}}}}}));
  auto const later = with(
                         "hours,branch,3,14:00-18:00,2026-12-01\n"
                         "hours,branch,1-5,09:00-13:00,2026-12-01\n"
                         "hours,branch,1-2,14:00-18:00,2026-12-01\n")
                         .opening();
  EXPECT_EQ(week_of(later, Keeper::branch, day("2026-11-30")),
            (std::vector<WeekdayHours>{{1, 5, {{hours{9}, hours{18}}}}}));
  EXPECT_EQ(week_of(later, Keeper::branch, day("2026-12-01")),
            (std::vector<WeekdayHours>{{1, 3, with_lunch}, {4, 5, {{hours{9}, hours{13}}}}}));
  EXPECT_EQ(later_weeks(later, Keeper::branch, day("2026-11-30")), std::vector{day("2026-12-01")});
  EXPECT_EQ(later_weeks(later, Keeper::branch, day("2026-12-01")), std::vector<Date>{});
  EXPECT_EQ(week_of(Opening{}, Keeper::branch, day("2026-12-01")), std::vector<WeekdayHours>{});
  EXPECT_EQ(clock_text(hours{24}), "24:00");
  EXPECT_EQ(clock_text(std::chrono::minutes{545}), "09:05");
}

TEST(Opening, for_any_minute_open_means_within_a_row_and_not_closed) {
  std::mt19937 random{20261128};
  auto const calendar = with("closed,x,2026-12-01,2026-12-20,\n");
  auto const& opening = calendar.opening();
  for (int i = 0; i < 5'000; ++i) {
    auto const keeper = Keeper(random() % 3);
    auto const moment = at("2026-01-01T00:00") + std::chrono::minutes{random() % (365 * 24 * 60)};
    auto const date = legal_date(moment);
    bool const anywhere = opening.open(calendar, keeper, "y", moment).value();
    bool const closed = day("2026-12-01") <= date && date <= day("2026-12-20");
    ASSERT_EQ(opening.open(calendar, keeper, "x", moment), anywhere && !closed) << to_iso(moment);
    auto const end = opening.end_on(calendar, keeper, date);
    if (anywhere) ASSERT_LT(legal_time_of_day(moment), end.value()) << to_iso(moment);
    if (keeper != Keeper::duty_branch) ASSERT_EQ(end.has_value(), calendar.working(date));
    if (anywhere && keeper != Keeper::duty_branch) ASSERT_TRUE(calendar.working(date));
  }
}

TEST(Opening, rows_with_a_first_day_replace_the_earlier_ones_from_then_on) {
  auto const calendar = with(
      "hours,provider,1-5,09:00-17:00,2026-12-01\n"
      "hours,branch,1-5,00:00-24:00,2026-12-01\n");
  EXPECT_TRUE(open(calendar, Keeper::provider, "2026-11-30T17:59"));
  EXPECT_FALSE(open(calendar, Keeper::provider, "2026-11-30T13:00")) << "still with lunch";
  EXPECT_TRUE(open(calendar, Keeper::provider, "2026-12-01T13:00"));
  EXPECT_FALSE(open(calendar, Keeper::provider, "2026-12-01T17:00"));
  EXPECT_TRUE(open(calendar, Keeper::duty_branch, "2026-12-01T19:59")) << "not its rows";
  for (auto const* local : {"2026-12-01T00:00", "2026-12-01T23:59"})
    EXPECT_TRUE(open(calendar, Keeper::branch, local)) << local;
  EXPECT_FALSE(open(calendar, Keeper::branch, "2026-11-30T23:59")) << "midnight is the border";
  EXPECT_FALSE(open(calendar, Keeper::branch, "2026-12-05T00:00")) << "Friday ends at midnight";
}

TEST(Opening, hours_of_a_day_that_has_passed_stay) {
  auto const end = service_77()->term.workday_end;
  auto csv = seed().to_csv();
  csv.replace(csv.find("provider,1-5,14:00-18:00"), 24, "provider,1-5,14:00-17:00");
  auto const shorter = Calendar::from_csv(2, csv).value();
  EXPECT_EQ(first_rewritten_day(seed(), shorter, end, day("2026-12-01")), day("2024-01-03"));
  auto const later = with("hours,provider,1-5,09:00-17:00,2026-12-01\n");
  EXPECT_EQ(first_rewritten_day(seed(), later, end, day("2026-12-01")), std::nullopt);
  EXPECT_EQ(first_rewritten_day(seed(), later, end, day("2026-12-02")), day("2026-12-01"));
  auto const bare = Calendar::from_csv(1, "date,kind,basis\nyear,2026,official\n").value();
  EXPECT_EQ(first_rewritten_day(bare, seed(), end, day("2027-01-01")), std::nullopt)
      << "naming the hours that held anyway changes nothing";
}

/// Does a guard let a case with these variables pass?
bool lets_pass(Guard const& guard, Context const& variables, Calendar const& calendar, Instant at,
               Actor const& actor) {
  Instance instance;
  instance.variables = variables;
  auto const seen = environment(calendar, instance, at, actor);
  return (guard.when && !guard.when->is_true(seen, calendar)) ||
         guard.require.is_true(seen, calendar);
}

bool asks(Calendar const& calendar, std::string_view expression) {
  auto const compiled = Expression::compile(expression);
  return compiled && compiled->is_true(Context{}, calendar);
}

TEST(Opening, expressions_ask_for_a_moment) {
  auto const calendar = with("closed,esil-1,2026-12-01,2026-12-02,repair\n");
  Context const moment{{"at", at("2026-12-01T10:00")}};
  auto const open = [&](Calendar const& under, std::string_view expression) {
    return Expression::compile(expression)->evaluate(moment, under);
  };
  EXPECT_EQ(open(calendar, "is_open(\"branch\", null, at)"), Value{true});
  EXPECT_EQ(open(calendar, "is_open(\"branch\", \"esil-1\", at)"), Value{false});
  EXPECT_TRUE(open(calendar, "is_open(\"shop\", null, at)").is_null());
  EXPECT_TRUE(open(Calendar{1, {}, 2026, 2026, {}}, "is_open(\"branch\", null, at)").is_null());
  EXPECT_TRUE(asks(calendar, "is_open(\"branch\", 4, 5) = null"));
}

TEST(Opening, an_application_is_accepted_by_the_hours_of_the_calendar) {
  auto csv = seed().to_csv();
  csv.replace(csv.find("provider,1-5,14:00-18:00"), 24, "provider,1-5,14:00-17:00");
  auto const shorter = Calendar::from_csv(2, csv).value();
  auto const end = service_77()->term.workday_end;
  EXPECT_EQ(acceptance_day(seed(), at("2026-11-23T17:30"), end), day("2026-11-23"));
  EXPECT_EQ(acceptance_day(shorter, at("2026-11-23T17:30"), end), day("2026-11-24"));
  EXPECT_EQ(acceptance_day(shorter, at("2026-11-23T13:30"), end), day("2026-11-23"))
      << "the lunch break is no end of the day";
  LAW("R-GEN-10");
  EXPECT_EQ(acceptance_day(seed(), at("2026-11-23T18:00"), end), day("2026-11-24"));
  EXPECT_EQ(acceptance_day(seed(), at("2026-11-23T00:00"), end), day("2026-11-23"));
  EXPECT_EQ(
      acceptance_day(with("closed,esil,2026-11-23,2026-11-23,\n"), at("2026-11-23T10:00"), end),
      day("2026-11-23"))
      << "an office that is closed is no rest day";
  EXPECT_EQ(acceptance_day(Calendar{1, {}, 2026, 2026, {}}, at("2026-11-23T17:30"), end),
            day("2026-11-23"))
      << "a calendar without hours leaves it to the package";
}

TEST(Opening, hours_that_leave_somebody_out_are_found) {
  auto const codes = [](std::string const& lines) {
    std::vector<std::string> out;
    for (auto const& finding : check_calendar(
             Calendar::from_csv(1, "date,kind,basis\nyear,2026,official\n" + lines).value()))
      out.push_back(finding.code);
    return out;
  };
  using Codes = std::vector<std::string>;
  EXPECT_EQ(codes(""), Codes{});
  EXPECT_EQ(codes("hours,provider,1-5,09:00-18:00\nhours,branch,1,09:00-18:00\n"),
            Codes{"hours_missing"});
  EXPECT_EQ(codes("hours,provider,1-6,09:00-18:00\nhours,branch,1,09:00-18:00\n"
                  "hours,duty_branch,1,09:00-18:00\n"),
            Codes{"provider_weekend"});
  LAW("R-CAL-04");
}

TEST(Opening, the_hand_over_waits_until_the_branch_is_open) {
  auto variables = application("old_sample", "city");
  set_path(variables, "branch.code", "esil-1");
  auto const calendar = with("closed,esil-1,2026-12-01,2026-12-02,repair\n");
  auto const shut = [&](Calendar const& under, std::string_view local) {
    return std::ranges::any_of(service_77()->form("issue")->guards, [&](Guard const& guard) {
      return guard.text == "guard.branch_shut" &&
             !lets_pass(guard, variables, under, at(local), k_operator);
    });
  };
  EXPECT_TRUE(shut(calendar, "2026-12-01T10:00"));
  EXPECT_FALSE(shut(calendar, "2026-12-03T10:00"));
  EXPECT_FALSE(shut(calendar, "2026-12-05T10:00")) << "a duty branch on a Saturday";
}

TEST(Opening, a_hearing_is_offered_when_the_office_works) {
  auto variables = application("old_sample", "city");
  set_path(variables, "office.code", "esil");
  auto const calendar = with("closed,esil,2026-12-01,2026-12-02,move\n");
  auto const offered = [&](std::string_view slot) {
    set_path(variables, "hearing.slot", at(slot));
    return std::ranges::none_of(service_77()->form("notice")->guards, [&](Guard const& guard) {
      return guard.text == "guard.slot_hours" &&
             !lets_pass(guard, variables, calendar, at("2026-11-26T10:00"), k_executor);
    });
  };
  EXPECT_TRUE(offered("2026-11-27T12:30"));
  EXPECT_FALSE(offered("2026-11-27T13:30")) << "lunch";
  EXPECT_FALSE(offered("2026-11-27T18:00"));
  EXPECT_FALSE(offered("2026-12-01T10:00")) << "closed";
  LAW("R-GEN-11");
}

}  // namespace
}  // namespace qyzmet::engine
