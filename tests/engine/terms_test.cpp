#include "engine/terms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/law.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {
namespace {

using namespace std::chrono_literals;

Calendar const& calendar() {
  static Calendar const seed = seed_calendar();
  return seed;
}

Date date(std::string_view text) {
  return parse_date(text).value();
}

/// Local time "2026-12-10T17:59".
Instant filed(std::string_view local) {
  auto const number = [&](std::size_t at) {
    return (local[at] - '0') * 10 + (local[at + 1] - '0');
  };
  return start_of(date(local.substr(0, 10))) + std::chrono::hours{number(11)} +
         std::chrono::minutes{number(14)};
}

/// The rows of the package itself: whoever changes one of them meets the examples of the law.
TermRule const& service_77() {
  static auto const package = tests::seed_package("military_id");
  return package->term;
}

Deadlines deadlines(std::string_view local, std::string_view place) {
  return compute_deadlines(service_77(), calendar(), filed(local), place).value();
}

std::vector<std::string> counted(std::vector<CountedDay> const& explanation) {
  std::vector<std::string> days;
  for (CountedDay const& day : explanation)
    if (day.number > 0) days.push_back(to_iso(day.date).substr(5));
  return days;
}
using Days = std::vector<std::string>;

std::string latest(Deadlines const& of, std::string_view code) {
  auto const* found = of.find(code);
  return found == nullptr ? "absent" : to_iso(found->latest);
}

// ---- The examples of the law (V77) -----------------------------------------------------------

struct Example {
  char const* name;
  char const* filed;
  char const* place;
  char const* accepted;
  Days counted;
  char const* notice;
  char const* hearing;
  char const* draft;
  char const* delivery;
  char const* due;
};

std::vector<Example> const& examples() {
  static std::vector<Example> const all{
      {"V77-1",
       "2026-11-21T10:00",
       "city",
       "2026-11-23",
       {"11-24", "11-25", "11-26", "11-27", "11-30", "12-01", "12-02"},
       "2026-11-27",
       "2026-12-01",
       "2026-11-30",
       "2026-12-01",
       "2026-12-02"},
      {"V77-2",
       "2026-11-21T10:00",
       "district",
       "2026-11-23",
       {"11-24", "11-25", "11-26", "11-27", "11-30"},
       "2026-11-25",
       "2026-11-27",
       "2026-11-26",
       "2026-11-27",
       "2026-11-30"},
      {"V77-3",
       "2026-12-10T17:59",
       "district",
       "2026-12-10",
       {"12-11", "12-14", "12-15", "12-17", "12-18"},
       "2026-12-14",
       "2026-12-17",
       "2026-12-15",
       "2026-12-17",
       "2026-12-18"},
      {"V77-4",
       "2026-12-10T18:00",
       "district",
       "2026-12-11",
       {"12-14", "12-15", "12-17", "12-18", "12-21"},
       "2026-12-15",
       "2026-12-18",
       "2026-12-17",
       "2026-12-18",
       "2026-12-21"},
      {"V77-5",
       "2026-12-10T18:00",
       "city",
       "2026-12-11",
       {"12-14", "12-15", "12-17", "12-18", "12-21", "12-22", "12-23"},
       "2026-12-18",
       "2026-12-22",
       "2026-12-21",
       "2026-12-22",
       "2026-12-23"}};
  return all;
}

TEST(Deadlines, AreThoseOfEveryExampleOfService77) {
  for (Example const& example : examples()) {
    SCOPED_TRACE(example.name);
    auto const found = deadlines(example.filed, example.place);
    EXPECT_EQ(to_iso(found.accepted), example.accepted);
    EXPECT_EQ(to_iso(found.due), example.due);
    EXPECT_EQ(counted(found.explanation), example.counted);
    LAW("R77-04");
    EXPECT_EQ(found.days, example.place == std::string_view{"city"} ? 7 : 5);
    LAW("R77-30");
    EXPECT_EQ(latest(found, "registration"), example.accepted);
    LAW("R77-33");
    EXPECT_EQ(latest(found, "hearing_notice"), example.notice);
    LAW("R77-35");
    EXPECT_EQ(latest(found, "hearing"), example.hearing);
    LAW("R77-37");
    EXPECT_EQ(latest(found, "objections"), example.hearing);
    LAW("R77-31");
    EXPECT_EQ(latest(found, "draft"), example.draft);
    LAW("R77-32");
    LAW("E-07");
    EXPECT_EQ(latest(found, "delivery"), example.delivery);
    LAW("R77-41");
    EXPECT_EQ(latest(found, "place_info"), example.due);
    LAW("R77-40");
    EXPECT_EQ(latest(found, "result"), example.due);
    EXPECT_EQ(latest(found, "extension_notice"), "absent");
  }
}

/// Whether the dates of an example come out of these rows.
bool gives(TermRule const& rule, Example const& example) {
  auto const found = compute_deadlines(rule, calendar(), filed(example.filed), example.place);
  return found && to_iso(found->due) == example.due &&
         latest(*found, "registration") == example.accepted &&
         latest(*found, "hearing_notice") == example.notice &&
         latest(*found, "hearing") == example.hearing &&
         latest(*found, "objections") == example.hearing &&
         latest(*found, "draft") == example.draft &&
         latest(*found, "delivery") == example.delivery &&
         latest(*found, "place_info") == example.due && latest(*found, "result") == example.due;
}

// Mutants (decision 28): whoever moves a row by one working day meets the examples of the law.
TEST(Deadlines, OfAMutantWithAMilestoneOffByOneWorkingDayAreSeen) {
  auto const right = [](TermRule const& rule) {
    return std::ranges::count_if(examples(), [&](auto const& each) { return gives(rule, each); });
  };
  EXPECT_EQ(std::size_t(right(service_77())), examples().size());
  for (std::size_t row = 0; row < service_77().milestones.size(); ++row)
    for (int const shift : {-1, 1}) {
      auto mutant = service_77();
      mutant.milestones[row].offset_wd += shift;
      EXPECT_EQ(right(mutant), 0) << mutant.milestones[row].code << " by " << shift;
    }
}

TEST(Deadlines, ExplainEveryDayCountedAndEveryDaySkipped) {
  auto const found = deadlines("2026-12-10T17:59", "district");
  std::vector<std::string> seen;
  for (CountedDay const& day : found.explanation)
    seen.push_back(to_iso(day.date).substr(5) + ' ' + std::to_string(day.number) + ' ' +
                   std::string{to_text(day.kind)} + ' ' + day.basis);
  EXPECT_EQ(seen, (Days{"12-11 1 working ", "12-12 0 weekend ", "12-13 0 weekend ",
                        "12-14 2 working ", "12-15 3 working ", "12-16 0 holiday independence_day",
                        "12-17 4 working ", "12-18 5 working "}));
  EXPECT_EQ(counted(found.find("draft")->explanation), (Days{"12-17", "12-15"}));
  EXPECT_EQ(found.find("draft")->explanation.size(), 3U);  // the 16th is shown as skipped
  EXPECT_EQ(counted(found.find("hearing")->explanation), (Days{"12-15", "12-17"}));
  EXPECT_EQ(counted(found.find("result")->explanation), counted(found.explanation));
  EXPECT_TRUE(found.acceptance.empty());
  EXPECT_TRUE(found.find("registration")->explanation.empty());
}

TEST(Deadlines, ExplainALateAcceptanceDay) {
  auto const found = deadlines("2026-11-21T10:00", "city");
  ASSERT_EQ(found.acceptance.size(), 3U);
  EXPECT_EQ(found.acceptance.begin()[0].date, date("2026-11-21"));
  EXPECT_EQ(found.acceptance.begin()[0].number, 0);
  EXPECT_EQ(found.acceptance.begin()[2].date, date("2026-11-23"));
  EXPECT_EQ(found.acceptance.begin()[2].number, 1);
  EXPECT_EQ(counted(found.find("registration")->explanation), Days{"11-23"});
}

TEST(Deadlines, AreRefusedForAnUnknownPlace) {
  auto const found =
      compute_deadlines(service_77(), calendar(), filed("2026-11-21T10:00"), "village");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().field, "place");
  EXPECT_EQ(found.error().text, "error.unknown_place");
}

TEST(Deadlines, AreReadByExpressions) {
  auto const context = Context{{"T", to_context(deadlines("2026-12-10T17:59", "district"))}};
  EXPECT_EQ(at_path(context, "T.start"), Value{date("2026-12-10")});
  EXPECT_EQ(at_path(context, "T.end"), Value{date("2026-12-18")});
  EXPECT_EQ(at_path(context, "T.days"), Value{5});
  EXPECT_EQ(at_path(context, "T.hearing_notice"), Value{date("2026-12-14")});
  EXPECT_TRUE(at_path(context, "T.extension_notice").is_null());
}

TEST(Deadlines, SayWhenTheyRestOnAForecast) {
  EXPECT_FALSE(deadlines("2026-11-21T10:00", "city").provisional);
  EXPECT_TRUE(deadlines("2026-12-29T10:00", "city").provisional);
  EXPECT_TRUE(deadlines("2027-05-05T10:00", "city").provisional);
  EXPECT_EQ(deadlines("2026-11-21T10:00", "city").calendar_version, calendar().version());
}

// ---- Extension (V79) ---------------------------------------------------------------------------

/// The rows of the package, with another reading of the law.
TermRule service_79(MilestoneRule::Basis basis = MilestoneRule::Basis::start,
                    ExtensionRule::Cap cap = ExtensionRule::Cap::days) {
  static auto const package = tests::seed_rows("correction");
  auto rule = package->term;
  rule.extensions.front().basis = basis;
  rule.extensions.front().cap = cap;
  return rule;
}

Result<Deadlines> extended(TermRule const& rule, std::string_view decided,
                           std::string_view code = "extension") {
  return compute_deadlines(rule, calendar(), filed("2026-11-23T10:00"), "city",
                           Extended{.code = std::string{code}, .on = date(decided)});
}

TEST(ExtendedTerm, CountsFromTheBasisAndUpToTheCapThatTheRowNames) {
  using Basis = MilestoneRule::Basis;
  using Cap = ExtensionRule::Cap;
  auto const due = [](Basis basis, Cap cap, std::string_view decided) {
    return to_iso(extended(service_79(basis, cap), decided)->due);
  };
  LAW("R79-10");
  EXPECT_EQ(due(Basis::start, Cap::days, "2026-11-24"), "2027-04-09");
  EXPECT_EQ(due(Basis::end, Cap::days, "2026-11-24"), "2027-04-13");
  EXPECT_EQ(due(Basis::decision, Cap::days, "2026-11-24"), "2027-04-12");
  LAW("R79-12");
  for (auto const basis : {Basis::start, Basis::end, Basis::decision}) {
    EXPECT_EQ(due(basis, Cap::months, "2026-11-24"), "2027-01-25");  // the 24th is a Sunday
    EXPECT_EQ(due(basis, Cap::earlier, "2026-11-24"), "2027-01-25");
  }
  EXPECT_EQ(due(Basis::start, Cap::earlier, "2027-03-01"), "2027-04-09");
}

TEST(ExtendedTerm, MovesTheEndAndAddsItsMilestones) {
  auto const plain = compute_deadlines(service_79(), calendar(), filed("2026-11-23T10:00"), "city");
  EXPECT_EQ(to_iso(plain->due), "2026-11-25");
  EXPECT_EQ(plain->milestones.size(), 3U);
  auto const found = extended(service_79(), "2026-11-24");
  EXPECT_EQ(to_iso(found->original_due), "2026-11-25");
  EXPECT_EQ(found->days, 90);
  EXPECT_EQ(counted(found->explanation).size(), 90U);
  LAW("INV-02");
  LAW("INV-33");
  EXPECT_EQ(latest(*found, "draft"), "2026-11-24");
  EXPECT_EQ(latest(*found, "extension_notice"), "2026-11-27");
  EXPECT_EQ(counted(found->find("extension_notice")->explanation),
            (Days{"11-25", "11-26", "11-27"}));
  LAW("R79-09");
  EXPECT_EQ(latest(*found, "hearing_notice"), "2027-04-06");
  EXPECT_EQ(latest(*found, "hearing"), "2027-04-08");
  LAW("R79-14");
  auto const context = Context{{"T", to_context(*found)}};
  EXPECT_EQ(at_path(context, "T.extended_on"), Value{date("2026-11-24")});
  EXPECT_EQ(at_path(context, "T.original_end"), Value{date("2026-11-25")});
  EXPECT_EQ(at_path(context, "T.general_end"), Value{date("2027-01-25")});
  EXPECT_TRUE(at_path(Context{{"T", to_context(*plain)}}, "T.extended_on").is_null());
}

TEST(ExtendedTerm, IsDecidedOnceTheApplicationIsAccepted) {
  EXPECT_EQ(extended(service_79(), "2026-11-22").error().text, "error.extension_early");
  EXPECT_EQ(to_iso(extended(service_79(), "2026-11-23")->due), "2027-04-09");
  EXPECT_EQ(extended(service_79(), "2026-11-24", "other").error().text, "error.unknown_extension");
  EXPECT_EQ(extended(service_77(), "2026-11-24").error().text, "error.unknown_extension");
  LAW("INV-25");
}

TEST(ExtendedTerm, NeverShortensTheTerm) {
  auto rule = service_79();
  rule.extensions.front().days = 1;
  EXPECT_EQ(to_iso(extended(rule, "2026-11-24")->due), "2026-11-25");
  EXPECT_EQ(extended(rule, "2026-11-24")->days, 2);
}

// ---- Edges of the acceptance day (law 6.1) ----------------------------------------------------

Date accepted(Instant received) {
  return acceptance_day(calendar(), received, 18h);
}

TEST(AcceptanceDay, EndsWithTheWorkingDayAtSixToTheMicrosecond) {
  auto const six = start_of(date("2026-12-10")) + 18h;
  LAW("E-02");
  LAW("R-GEN-09");
  EXPECT_EQ(accepted(six - 1us), date("2026-12-10"));
  EXPECT_EQ(accepted(six), date("2026-12-11"));
  EXPECT_EQ(accepted(start_of(date("2026-12-11")) - 1us), date("2026-12-11"));
  EXPECT_EQ(accepted(start_of(date("2026-12-11"))), date("2026-12-11"));
}

TEST(AcceptanceDay, BeforeNineAndInTheLunchBreakIsTheSameDay) {
  LAW("R-GEN-10");
  EXPECT_EQ(accepted(filed("2026-12-10T00:00")), date("2026-12-10"));
  EXPECT_EQ(accepted(filed("2026-12-10T08:59")), date("2026-12-10"));
  EXPECT_EQ(accepted(filed("2026-12-10T13:30")), date("2026-12-10"));
}

TEST(AcceptanceDay, OfRestDaysIsTheNextWorkingDay) {
  LAW("E-03");
  EXPECT_EQ(accepted(filed("2026-11-21T10:00")), date("2026-11-23"));  // Saturday
  EXPECT_EQ(accepted(filed("2026-11-22T23:59")), date("2026-11-23"));  // Sunday
  EXPECT_EQ(accepted(filed("2026-12-16T10:00")), date("2026-12-17"));  // holiday
  EXPECT_EQ(accepted(filed("2026-12-15T19:30")), date("2026-12-17"));  // evening before a holiday
  EXPECT_EQ(accepted(filed("2024-05-08T10:00")), date("2024-05-10"));  // moved off, then a holiday
  EXPECT_EQ(accepted(filed("2026-03-20T18:00")), date("2026-03-26"));  // a cascade of six days
  EXPECT_EQ(accepted(filed("2024-05-04T10:00")), date("2024-05-04"));  // a worked Saturday
  EXPECT_EQ(accepted(filed("2024-05-04T18:00")), date("2024-05-06"));
}

TEST(Deadlines, DoNotCountTheDayOfReceipt) {
  LAW("E-01");
  LAW("R-GEN-12");
  auto const found = deadlines("2026-11-23T00:00", "city");
  EXPECT_EQ(found.accepted, date("2026-11-23"));
  EXPECT_EQ(found.explanation.front().date, date("2026-11-24"));
  EXPECT_EQ(found.due, date("2026-12-02"));
}

TEST(Deadlines, SkipAHolidayInsideTheTerm) {
  LAW("E-04");
  EXPECT_EQ(counted(deadlines("2026-12-14T10:00", "district").explanation),
            (Days{"12-15", "12-17", "12-18", "12-21", "12-22"}));
}

TEST(Deadlines, OfASaturdayDeliveryAreMeasuredInWorkingDays) {
  // Due on Monday: the last working day before is Friday, although branches on duty open Saturday.
  auto const found = deadlines("2026-11-21T10:00", "district");
  EXPECT_EQ(std::chrono::weekday{found.due}, std::chrono::Monday);
  EXPECT_EQ(latest(found, "delivery"), "2026-11-27");
}

// ---- Invariants, for every hour of four years -------------------------------------------------

void expect_invariants(Instant received, std::string_view place) {
  auto const found = compute_deadlines(service_77(), calendar(), received, place).value();
  Date const day = legal_date(received);
  bool const in_time = calendar().working(day) && legal_time_of_day(received) < 18h;
  ASSERT_TRUE(calendar().working(found.accepted));
  ASSERT_EQ(found.accepted == day, in_time);
  ASSERT_EQ(calendar().wd_between(day, found.accepted), in_time ? 0 : 1);
  ASSERT_EQ(found.due, calendar().wd_add(found.accepted, found.days));
  ASSERT_TRUE(calendar().working(found.due));
  ASSERT_GT(found.due, found.accepted);
  ASSERT_EQ(calendar().wd_between(found.accepted, found.due), found.days);
  ASSERT_EQ(counted(found.explanation).size(), static_cast<std::size_t>(found.days));
  for (Deadline const& deadline : found.milestones) {
    ASSERT_TRUE(calendar().working(deadline.latest)) << deadline.code;
    ASSERT_GE(deadline.latest, found.accepted) << deadline.code;
    ASSERT_LE(deadline.latest, found.due) << deadline.code;
  }
  for (auto const& [earlier, later] :
       std::vector<std::pair<char const*, char const*>>{{"registration", "hearing_notice"},
                                                        {"hearing_notice", "draft"},
                                                        {"draft", "delivery"},
                                                        {"delivery", "place_info"},
                                                        {"place_info", "result"}})
    ASSERT_LE(found.find(earlier)->latest, found.find(later)->latest);
  ASSERT_EQ(calendar().wd_between(found.find("hearing_notice")->latest, found.due), 3);
  ASSERT_EQ(calendar().wd_between(found.find("hearing")->latest, found.due), 1);
}

TEST(Deadlines, KeepTheirInvariantsOnEveryDayOfFourYears) {
  LAW("INV-01");
  LAW("INV-02");
  LAW("INV-33");
  std::mt19937_64 random{20261121};
  for (Date day = date("2024-01-01"); day <= date("2027-12-31"); day += std::chrono::days{1})
    for (auto const* place : {"city", "district"}) {
      expect_invariants(start_of(day), place);
      expect_invariants(start_of(day) + 18h - 1us, place);
      expect_invariants(start_of(day) + 18h, place);
      auto const within_day = std::chrono::microseconds{std::int64_t(random() % 86'400'000'000)};
      expect_invariants(start_of(day) + within_day, place);
    }
}

TEST(Deadlines, AreTheSameWhoeverComputesThemAgain) {
  LAW("INV-31");
  auto const copy = Calendar::from_csv(calendar().version(), calendar().to_csv()).value();
  for (Example const& example : examples()) {
    auto const first = deadlines(example.filed, example.place);
    auto const again =
        compute_deadlines(service_77(), copy, filed(example.filed), example.place).value();
    EXPECT_EQ(to_json(to_context(first)), to_json(to_context(again)));
    // From D0 alone, too: the hour of receipt plays no part any more.
    auto const from_day =
        compute_deadlines(service_77(), copy, start_of(first.accepted), example.place).value();
    EXPECT_EQ(to_json(to_context(first)), to_json(to_context(from_day)));
  }
}

TEST(Deadlines, NeverComeEarlierForALaterReceipt) {
  Date last_due{};
  for (auto at = filed("2026-01-01T00:00"); at < filed("2027-12-31T00:00"); at += 90min) {
    auto const found = compute_deadlines(service_77(), calendar(), at, "city").value();
    ASSERT_GE(found.due, last_due) << to_iso(at);
    last_due = found.due;
  }
}

}  // namespace
}  // namespace qyzmet::engine
