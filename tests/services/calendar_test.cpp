// A changed calendar on its whole way: the page of one administrator, what it would move, the
// decision of another, and every open case told of it. With the real server and database.
#include <gtest/gtest.h>

#include "db/alerts.hpp"
#include "db/calendars.hpp"
#include "db/cases.hpp"
#include "db/verify.hpp"
#include "engine/icalendar.hpp"
#include "services/casework/act.hpp"
#include "services/casework/calendars.hpp"
#include "services/cli/commands.hpp"
#include "services/work/alerts.hpp"
#include "tests/engine/story.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/paper.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_page = "/en/admin/calendar";
constexpr char const* k_first_iin = "700101100011";
constexpr char const* k_second_iin = "700101100012";

Instant legal(std::string_view day, int hour) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour};
}

class CalendarChange : public testing::Test {
 protected:
  CalendarChange() : rig_{"calendar_change_" + std::to_string(++databases_)} {
    rig_.set_clock(legal("2026-11-23", 10));
    db::Grant const admin{.role = "admin", .office = {}, .branch = {}};
    first_ = rig_.invite(k_first_iin, "Бірінші Әкімші", {admin});
    second_ = rig_.invite(k_second_iin, "Екінші Әкімші", {admin});
  }

  std::string start_case(std::string const& iin = "800101100021") {
    applicant_ = rig_.invite(iin, "Өтініш беруші");
    auto const user = std::to_string(applicant_.user.value);
    auto variables = engine::application("dismissed", "district");
    variables.erase("number");
    variables["applicant"] = user;
    engine::set_path(variables, "office.id", std::to_string(place_.office.id.value));
    engine::set_path(variables, "office.code", "1170");
    engine::set_path(variables, "branch.id", std::to_string(place_.branch.id.value));
    engine::set_path(variables, "branch.code", "burabay-1");
    auto const started = rig_.wait(casework::start_case(
        rig_.world(),
        {.package = rig_.world().library.in_force("military_id", *parse_date("2026-11-23")),
         .received = rig_.world().clock.now(),
         .actor = {.user = user, .role = "citizen"},
         .variables = std::move(variables),
         .applicant = applicant_.person,
         .language = "kk",
         .draft = {},
         .documents = {},
         .idempotency_key = iin}));
    EXPECT_TRUE(started);
    return started->number;
  }

  /// The calendar of the program with one more day off.
  static std::string changed_csv() {
    return engine::seed_calendar().to_csv() + "2026-11-26,holiday,constitution_day,decree\n";
  }
  PageAnswer propose(std::string const& csv, std::string const& day = "") {
    rig_.get(first_, k_page);
    return rig_.post(first_, "/en/admin/calendar/propose",
                     {{"calendar", csv}, {"source", "decree"}, {"effective_from", day}});
  }
  std::string proposal_id() {
    return rig_.in_database([](db::Connection& connection) {
      auto const open = db::open_calendar_proposal(connection);
      return open ? std::to_string(open->id) : std::string{};
    });
  }
  PageAnswer publish(Guest const& guest) {
    return rig_.post(guest, "/en/admin/calendar/publish", {{"proposal", proposal_id()}});
  }
  std::string due(std::string const& number) {
    return to_iso(rig_.wait(casework::open_case(rig_.world(), number))->row.fields.due);
  }
  std::string page(Guest const& guest, std::string const& query = "") {
    return unescaped(rig_.get(guest, k_page + query).body);
  }
  std::string text(std::string_view key) { return rig_.text("en", key); }

  static inline int databases_ = 0;
  SiteRig rig_;
  Place const place_ = make_place(rig_);
  Guest first_, second_, applicant_;
};

TEST_F(CalendarChange, MovesOpenTermsOnceTwoAdministratorsAgree) {
  auto const number = start_case();
  EXPECT_EQ(due(number), "2026-11-30");
  auto const proposed = propose(changed_csv());
  ASSERT_EQ(proposed.status, 303) << proposed.body;

  auto const preview = page(first_, "?preview=1");
  EXPECT_TRUE(preview.contains(number)) << preview;
  EXPECT_TRUE(preview.contains("Open cases: 1; affected: 1."));
  EXPECT_TRUE(preview.contains(text("calendar.error.four_eyes")));
  EXPECT_EQ(due(number), "2026-11-30") << "a look changes nothing";

  auto const own = publish(first_);
  EXPECT_EQ(own.status, 403);
  EXPECT_TRUE(unescaped(own.body).contains(text("calendar.error.four_eyes")));
  EXPECT_EQ(publish(second_).status, 303);
  EXPECT_EQ(publish(second_).status, 409) << "decided once";

  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 1);
  EXPECT_EQ(due(number), "2026-12-01");
  LAW("R-CAL-05");
  LAW("E-08");
  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 0) << "told once";
  auto const version = rig_.wait(casework::open_case(rig_.world(), number))->row.version;
  EXPECT_EQ(version, 2) << "one event, not two";
  auto const report = rig_.in_database(
      [](db::Connection& connection) { return db::verify_history(connection).faults.size(); });
  EXPECT_EQ(report, 0U);
}

TEST_F(CalendarChange, TellsTheExecutorOfATermThatEndsEarlier) {
  auto const at_office = [&](std::string role) {
    return db::Grant{.role = std::move(role), .office = place_.office.id, .branch = {}};
  };
  auto const registrar = rig_.invite("861028400119", "Тіркеуова", {at_office("registrar")});
  auto const executor = rig_.invite("880602300074", "Орындаушиев", {at_office("executor")});
  auto const other = rig_.invite("880602300173", "Басқабаев", {at_office("executor")});
  auto const head = rig_.invite("700101300088", "Басшыева", {at_office("head")});
  auto const number = start_case(), nobodys = start_case("800101100023");
  EXPECT_EQ(rig_.post(registrar, "/en/work/cases/" + number + "/tasks/Task_Register",
                      {{"executor", std::to_string(executor.user.value)}, {"key", "register"}})
                .status,
            303);
  EXPECT_EQ(due(number), "2026-11-30");
  auto const told_of = [&](Guest const& guest, std::string const& which) {
    auto const list = unescaped(rig_.get(guest, "/en/work").body);
    return list.contains("No. " + which + ". The term ends earlier: the last day is");
  };
  auto const told = [&](Guest const& guest) { return told_of(guest, number); };
  auto const raise = [&] { rig_.wait(work::raise_alerts(rig_.world())); };
  raise();
  EXPECT_FALSE(told(executor));
  ASSERT_EQ(propose(engine::seed_calendar().to_csv() + "2026-11-28,moved_work,transfer,decree\n" +
                    "2026-12-18,moved_off,transfer,decree\n")
                .status,
            303);
  ASSERT_EQ(publish(second_).status, 303);
  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 2);
  EXPECT_EQ(due(number), "2026-11-28");
  EXPECT_EQ(due(nobodys), "2026-11-28");
  raise();
  EXPECT_TRUE(told(executor));
  EXPECT_FALSE(told(other)) << "it is not his case";
  EXPECT_FALSE(told(head)) << "it has an executor";
  EXPECT_TRUE(told_of(registrar, nobodys)) << "who is to give it to somebody";
  EXPECT_TRUE(told_of(head, nobodys));
  EXPECT_FALSE(told_of(executor, nobodys));
  keep_for_looking("earlier.html", rig_.get(executor, "/ru/work").body);
  raise();
  auto const alerts = rig_.in_database([&](db::Connection& connection) {
    return db::alerts_at(
        connection,
        {.role = "executor", .user = executor.user, .office = place_.office.id, .branch = {}}, 20);
  });
  EXPECT_EQ(std::ranges::count(alerts, "earlier", &db::Alert::kind), 1) << "once";
  LAW("E-08");
}

TEST_F(CalendarChange, IsInForceFromItsDay) {
  auto const number = start_case();
  ASSERT_EQ(propose(changed_csv(), "2026-11-24").status, 303);
  ASSERT_EQ(publish(second_).status, 303);
  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 0);
  EXPECT_EQ(due(number), "2026-11-30");
  rig_.set_clock(legal("2026-11-24", 1));
  rig_.in_database([this](db::Connection& c) { rig_.world().library.refresh(c); });
  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 1);
  EXPECT_EQ(due(number), "2026-12-01");
}

TEST_F(CalendarChange, NamesWhatIsWrongAndKeepsWhatWasTyped) {
  auto const bad = [&](std::string const& csv, std::string const& day = "") {
    auto const answer = propose(csv, day);
    EXPECT_EQ(answer.status, 422);
    return unescaped(answer.body);
  };
  auto const form = bad("date,kind,basis\nyear,2026,official\n2026-13-01,holiday,x\n");
  EXPECT_TRUE(form.contains("Line 3: " + text("calendar.reason.date"))) << form;
  EXPECT_TRUE(form.contains("2026-13-01,holiday,x")) << "typed text stays";
  auto const rules = bad("date,kind,basis\nyear,2026,official\n2026-03-21,holiday,nauryz\n");
  EXPECT_TRUE(rules.contains("has to be the day off for a holiday on a weekend")) << rules;
  LAW("R-CAL-01");
  EXPECT_TRUE(bad(changed_csv(), "2026-11-22").contains(text("calendar.error.past")));
  EXPECT_TRUE(bad(changed_csv(), "soon").contains(text("error.field_date")));
  EXPECT_TRUE(proposal_id().empty());

  ASSERT_EQ(propose(engine::to_icalendar(engine::seed_calendar())).status, 303);
  EXPECT_TRUE(page(second_).contains(text("calendar.no_differences")));
  EXPECT_EQ(propose(changed_csv()).status, 409);
  EXPECT_EQ(rig_.post(second_, "/en/admin/calendar/reject", {{"proposal", proposal_id()}}).status,
            303);
  EXPECT_TRUE(proposal_id().empty());
}

TEST_F(CalendarChange, ShowsAndPublishesHoursAndClosures) {
  EXPECT_TRUE(page(first_).contains("Mon–Fri 09:00–13:00, 14:00–18:00")) << "hours in force";
  auto csv =
      engine::seed_calendar().to_csv() + "closed,burabay-1,2026-12-01,2026-12-02,ремонт <b>\n";
  csv.replace(csv.find("branch,1-5,09:00-18:00"), 22, "branch,1-5,09:00-17:00");
  ASSERT_EQ(propose(csv).status, 303);
  auto const proposal = page(second_);
  EXPECT_TRUE(proposal.contains("closed,burabay-1,2026-12-01,2026-12-02,ремонт <b>")) << proposal;
  EXPECT_TRUE(proposal.contains("hours,branch,1-5,09:00-17:00"));
  EXPECT_TRUE(proposal.contains("hours,branch,1-5,09:00-18:00")) << "and what goes";
  ASSERT_EQ(publish(second_).status, 303);
  auto const now = page(first_);
  EXPECT_TRUE(now.contains("Mon–Fri 09:00–17:00")) << now;
  EXPECT_TRUE(now.contains("<b>Бурабай-1</b> (burabay-1)"));
  EXPECT_TRUE(rig_.get(first_, "/en/admin/calendar/2.ics").body.contains("X-QYZMET-OPENING"));
}

TEST_F(CalendarChange, ActsOnAcceptanceFromTheFirstDayOfNewHours) {
  auto const shorter = "hours,provider,1-5,09:00-17:00,2026-11-24\n";
  ASSERT_EQ(propose(engine::seed_calendar().to_csv() + shorter, "2026-11-24").status, 303);
  ASSERT_EQ(publish(second_).status, 303);
  rig_.set_clock(legal("2026-11-23", 17) + std::chrono::minutes{30});
  EXPECT_EQ(due(start_case()), "2026-11-30") << "the day before";
  rig_.set_clock(legal("2026-11-24", 17));
  rig_.in_database([this](db::Connection& c) { rig_.world().library.refresh(c); });
  EXPECT_EQ(due(start_case("800101100022")), "2026-12-02") << "17:00 is over: as of the 25th";
  LAW("R-GEN-09");
  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 1);
  EXPECT_TRUE(page(first_).contains("Mon–Fri 09:00–17:00")) << page(first_);
}

TEST_F(CalendarChange, LeavesTheHoursOfDaysThatHaveBegun) {
  auto csv = engine::seed_calendar().to_csv();
  csv.replace(csv.find("provider,1-5,14:00-18:00"), 24, "provider,1-5,14:00-17:00");
  auto const rewritten = propose(csv);
  EXPECT_EQ(rewritten.status, 422);
  EXPECT_TRUE(unescaped(rewritten.body).contains("Hours of a day that has begun"))
      << rewritten.body;
  auto const today = "hours,provider,1-5,09:00-17:00,2026-11-23\n";
  EXPECT_EQ(propose(engine::seed_calendar().to_csv() + today).status, 422);

  auto const tomorrow = "hours,provider,1-5,09:00-17:00,2026-11-24\n";
  ASSERT_EQ(propose(engine::seed_calendar().to_csv() + tomorrow, "2026-11-24").status, 303);
  rig_.set_clock(legal("2026-11-24", 10));
  auto const late = publish(second_);
  EXPECT_EQ(late.status, 409) << "people have applied under the old hours today";
  EXPECT_TRUE(unescaped(late.body).contains(text("calendar.error.outdated"))) << late.body;
}

TEST_F(CalendarChange, KeepsAnInstallationWithoutHours) {
  auto bare = engine::seed_calendar().to_csv();
  while (bare.contains("\nhours,")) {
    auto const at = bare.find("\nhours,") + 1;
    bare.erase(at, bare.find('\n', at) + 1 - at);
  }
  ASSERT_EQ(propose(bare).status, 303);
  ASSERT_EQ(publish(second_).status, 303);
  EXPECT_TRUE(page(first_).contains(text("calendar.hours.none")));
  rig_.set_clock(legal("2026-11-23", 18));
  EXPECT_EQ(due(start_case()), "2026-12-01") << "the package's end of the day holds";
  ASSERT_EQ(propose(engine::seed_calendar().to_csv()).status, 303)
      << "naming the hours that hold anyway moves nobody";
}

TEST_F(CalendarChange, TellsWhichOpenCasesAClosureConcerns) {
  auto const number = start_case();
  auto const closed = [](std::string const& unit) {
    return engine::Calendar::from_csv(1, engine::seed_calendar().to_csv() + "closed," + unit +
                                             ",2026-12-01,2026-12-02,repair\n")
        .value();
  };
  auto const unknown = propose(closed("nowhere").to_csv());
  EXPECT_EQ(unknown.status, 422);
  EXPECT_TRUE(unescaped(unknown.body).contains("no office or branch has the code “nowhere”"));
  ASSERT_EQ(propose(engine::to_icalendar(closed("burabay-1"))).status, 303) << "as iCalendar";
  auto const preview = page(first_, "?preview=1");
  EXPECT_TRUE(preview.contains("Open cases: 1; affected: 1.")) << preview;
  EXPECT_TRUE(preview.contains(number));
  EXPECT_TRUE(preview.contains("Бурабай-1 is closed:"));
  ASSERT_EQ(publish(second_).status, 303);
  EXPECT_EQ(rig_.wait(casework::apply_calendar(rig_.world(), 100)), 1);
  EXPECT_EQ(due(number), "2026-11-30") << "a closure moves no term";
  auto const own = unescaped(rig_.get(applicant_, "/en/cabinet/cases/" + number).body);
  EXPECT_TRUE(own.contains("Mon–Fri 09:00–18:00")) << own;
  EXPECT_TRUE(own.contains("closed 01.12.2026 – 02.12.2026")) << own;
}

TEST_F(CalendarChange, NamesWhatIsWrongWithHours) {
  auto const answer = propose(engine::seed_calendar().to_csv() + "hours,branch,8,1-2\n");
  EXPECT_EQ(answer.status, 422);
  EXPECT_TRUE(unescaped(answer.body).contains(text("calendar.reason.hours"))) << answer.body;
  auto const missing = propose("date,kind,basis\nyear,2026,official\nhours,branch,1,09:00-10:00\n");
  EXPECT_TRUE(unescaped(missing.body).contains(text("calendar.finding.hours_missing")));
}

TEST_F(CalendarChange, IsForAdministratorsAlone) {
  auto const citizen = rig_.invite("800101100022", "Азамат");
  EXPECT_EQ(rig_.get(citizen, k_page).status, 403);
  EXPECT_EQ(rig_.post(citizen, "/en/admin/calendar/publish", {{"proposal", "1"}}).status, 403);
  EXPECT_EQ(rig_.get(citizen, "/en/admin/calendar/1.csv").status, 403);
}

TEST_F(CalendarChange, ExportsEachVersionInBothForms) {
  EXPECT_EQ(rig_.get(first_, "/en/admin/calendar/1.csv").body, engine::seed_calendar().to_csv());
  EXPECT_EQ(rig_.get(first_, "/en/admin/calendar/1.ics").body,
            engine::to_icalendar(engine::seed_calendar()));
  for (auto const* missing : {"2.csv", "1.pdf", "x.csv"})
    EXPECT_EQ(rig_.get(first_, std::string{"/en/admin/calendar/"} + missing).status, 404);
}

TEST_F(CalendarChange, AlarmsBeforeATermCouldReachBeyondTheOfficialCalendar) {
  auto const& library = rig_.world().library;
  auto const seed = engine::seed_calendar();
  auto const early = casework::calendar_horizon(library, seed, *parse_date("2026-10-01"));
  EXPECT_EQ(to_iso(early.last_official), "2026-12-31");
  EXPECT_EQ(early.left_wd, seed.wd_between(*parse_date("2026-10-01"), *parse_date("2026-12-31")));
  EXPECT_GE(early.needed_wd, 37) << "the longest term and the reserve";
  auto const late = casework::calendar_horizon(library, seed, *parse_date("2026-12-15"));
  EXPECT_TRUE(late.alarm());
  EXPECT_TRUE(page(first_).contains("Enter next year"))
      << "25 working days are left on 23 November";
}

TEST_F(CalendarChange, GoesByCommandLineToo) {
  auto const file = std::filesystem::temp_directory_path() / "calendar-change.csv";
  std::ofstream{file} << changed_csv();
  auto const run = [this](int (*command)(cli::Arguments), std::vector<std::string> words) {
    words.insert(words.end(), {"--config", rig_.config_file()});
    std::vector<std::string_view> const views(words.begin(), words.end());
    return command(views);
  };
  auto const number = start_case();
  std::vector<std::string_view> const check{file.native()};
  EXPECT_EQ(cli::run_calendar_check(check), 0);
  std::vector<std::string> const import{file.string(), "--source", "decree", "--by"};
  auto by = import;
  by.emplace_back("800101100021");
  EXPECT_EQ(run(cli::run_calendar_import, by), 1) << "no administrator";
  by.back() = k_first_iin;
  EXPECT_EQ(run(cli::run_calendar_import, by), 0);
  EXPECT_EQ(run(cli::run_calendar_import, by), 1) << "one at a time";
  testing::internal::CaptureStdout();
  EXPECT_EQ(run(cli::run_calendar_preview, {}), 0);
  auto const preview = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(preview.contains(number + ": due 2026-11-30 -> 2026-12-01")) << preview;
  EXPECT_EQ(run(cli::run_calendar_publish, {"--by", k_first_iin}), 1) << "four eyes";
  EXPECT_EQ(run(cli::run_calendar_publish, {"--by", k_second_iin}), 0);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run(cli::run_calendar_export, {}), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            engine::Calendar::from_csv(1, changed_csv())->to_csv());
  std::filesystem::remove(file);
}

TEST(CalendarCheck, RefusesWhatContradictsItself) {
  auto const file = std::filesystem::temp_directory_path() / "calendar-check.csv";
  std::vector<std::string_view> const words{file.native()};
  std::ofstream{file} << "date,kind,basis\nyear,2026,official\n2026-03-21,holiday,nauryz\n";
  testing::internal::CaptureStdout();
  EXPECT_EQ(cli::run_calendar_check(words), 1);
  EXPECT_TRUE(testing::internal::GetCapturedStdout().contains("2026-03-23: missing_substitute"));
  LAW("INV-34");
  std::ofstream{file} << "nonsense";
  testing::internal::CaptureStdout();
  EXPECT_EQ(cli::run_calendar_check(words), 1);
  EXPECT_TRUE(testing::internal::GetCapturedStdout().contains(":1: header"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace qyzmet::tests
