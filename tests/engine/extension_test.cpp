// A term that is extended once: its days, its milestones, and the timers that read them.
#include <gtest/gtest.h>

#include "tests/engine/game.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::engine {
namespace {

using Basis = MilestoneRule::Basis;

MilestoneRule row(std::string code, Basis basis, int offset, std::string basis_code = {}) {
  return {.code = std::move(code),
          .basis = basis,
          .basis_code = std::move(basis_code),
          .offset_wd = offset,
          .rule = "R79-07",
          .cite = ""};
}

/// Service 79 as paragraph 79 has it: 2 working days, or 90 (law.md 8.3, V79-2).
TermRule term_79(Basis basis = Basis::start) {
  TermRule term;
  term.days_by_place["city"] = 2;
  term.milestones = {row("registration", Basis::start, 0), row("draft", Basis::start, 1),
                     row("result", Basis::end, 0)};
  ExtensionRule extension{.code = "archive",
                          .days = 90,
                          .basis = basis,
                          .rule = "R79-07",
                          .cite = "",
                          .milestones = {}};
  extension.milestones = {row("extension_notice", Basis::decision, 3),
                          row("hearing_notice", Basis::end, -3),
                          row("objections", Basis::milestone, 2, "hearing_notice")};
  term.extensions = {extension};
  return term;
}

TEST(Extension, counts_ninety_working_days_and_moves_what_hangs_on_the_end) {
  auto const filed = at("2026-11-23T10:00");
  auto const plain = compute_deadlines(term_79(), seed(), filed, "city");
  ASSERT_TRUE(plain);
  EXPECT_EQ(to_iso(plain->due), "2026-11-25");
  EXPECT_EQ(plain->find("extension_notice"), nullptr);
  Extended const decided{.code = "archive", .on = day("2026-11-24")};
  auto const longer = compute_deadlines(term_79(), seed(), filed, "city", decided);
  ASSERT_TRUE(longer);
  EXPECT_EQ(to_iso(longer->due), "2027-04-09");
  LAW("R79-07");
  EXPECT_EQ(longer->days, 90);
  LAW("R79-10");
  EXPECT_EQ(to_iso(longer->find("extension_notice")->latest), "2026-11-27");
  LAW("R79-09");
  EXPECT_EQ(to_iso(longer->find("draft")->latest), "2026-11-24") << "counts from D0 as before";
  EXPECT_EQ(to_iso(longer->find("result")->latest), "2027-04-09");
  EXPECT_EQ(to_iso(longer->find("hearing_notice")->latest), "2027-04-06");
  EXPECT_EQ(to_iso(longer->find("objections")->latest), "2027-04-08");
  EXPECT_EQ(to_iso(compute_deadlines(term_79(Basis::end), seed(), filed, "city", decided)->due),
            "2027-04-13");
  EXPECT_EQ(
      to_iso(compute_deadlines(term_79(Basis::decision), seed(), filed, "city", decided)->due),
      "2027-04-12");
  EXPECT_EQ(compute_deadlines(term_79(), seed(), filed, "city",
                              Extended{.code = "whim", .on = day("2026-11-24")})
                .error()
                .text,
            "error.unknown_extension");
}

std::shared_ptr<Package const> extending() {
  auto const body =
      start() +
      sub_process(start("is") + task("t") +
                  node("serviceTask", "x", "", "wf:handler=\"term.extend\" wf:kind=\"archive\"") +
                  task("u") +
                  node("serviceTask", "y", "", "wf:handler=\"term.extend\" wf:kind=\"archive\"") +
                  end("ie") + flows({"is>t>x>u>y>ie"})) +
      end() + boundary("late", "sub", timer("T.result"), false) + end("el") +
      boundary("near", "sub", timer("wd_add(T.end, -1)"), false) + end("en") +
      boundary("fixed", "sub", timer("wd_add(event.date, 5)"), false) + end("ef") +
      flows({"s>sub>e", "late>el", "near>en", "fixed>ef"});
  auto out = std::make_shared<Package>(*package(body));
  out->term = term_79();
  return out;
}

std::string due_of(Game const& game, std::string_view id) {
  auto const index = game.package->process.find(id);
  auto const found = std::ranges::find(game.now.timers, index, &Timer::node);
  return found == game.now.timers.end() ? "" : to_iso(legal_date(found->due));
}

TEST(Extension, moves_open_timers_that_read_the_term_in_the_same_step) {
  Game game{extending()};
  DONE(game.begun);
  EXPECT_EQ(due_of(game, "late"), "2026-11-26") << "the midnight after the day";
  auto const before = game.now;
  DONE(game.done("t", "2026-11-24T10:00"));
  EXPECT_EQ(due_of(game, "late"), "2027-04-10");
  EXPECT_EQ(due_of(game, "near"), "2027-04-09");
  EXPECT_EQ(due_of(game, "fixed"), "2026-12-01") << "does not read the term";
  EXPECT_EQ(changes(before, game.now).timers_moved.size(), 2U);
  EXPECT_EQ(game.count("term_extended"), 1);
  auto const bytes = state_json(game.now);
  auto const read = instance_from_json(bytes, game.package->term, seed());
  ASSERT_TRUE(read);
  EXPECT_EQ(state_json(*read), bytes);
  EXPECT_EQ(to_iso(read->deadlines.due), "2027-04-09");
}

TEST(Extension, happens_once) {
  Game game{extending()};
  DONE(game.done("t", "2026-11-24T10:00"));
  DONE(game.done("u", "2026-11-24T11:00"));
  ASSERT_EQ(game.now.incidents.size(), 1U);
  EXPECT_EQ(game.now.incidents[0].reason, "error.term_already_extended");
  LAW("R79-11");
  EXPECT_EQ(to_iso(game.now.deadlines.due), "2027-04-09");
}

TEST(Extension, a_calendar_change_counts_the_extended_term_again) {
  Game game{extending()};
  DONE(game.done("t", "2026-11-24T10:00"));
  auto csv = seed().to_csv();
  // A working day of January becomes a day off: the end moves by one.
  auto calendar = Calendar::from_csv(2, csv + "2027-01-20,moved_off,transfer,test\n");
  if (!calendar) GTEST_FAIL() << calendar.error().text;
  auto next = step(*game.package, *calendar, game.now,
                   game.event("2026-11-25T10:00", k_system, CalendarChanged{.version = 2}));
  ASSERT_TRUE(next) << next.error().text;
  EXPECT_EQ(to_iso(next->next.deadlines.due), "2027-04-12");
  auto const index = game.package->process.find("fixed");
  auto const fixed = std::ranges::find(next->next.timers, index, &Timer::node);
  EXPECT_EQ(to_iso(legal_date(fixed->due)), "2026-12-01") << "counted from the day it was armed";
}

}  // namespace
}  // namespace qyzmet::engine
