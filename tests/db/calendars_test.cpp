#include "db/calendars.hpp"

#include <algorithm>
#include <functional>

#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {
namespace {

class CalendarsTest : public DatabaseTest {
 public:
  CalendarsTest() {
    scene_ = scene();
    first_ = ensure_user(connection, person(7001));
    second_ = ensure_user(connection, person(7002));
    // A wall clock that the test moves, as the demo clock would.
    connection.script(
        "create table test_day (at timestamptz); insert into test_day values "
        "('2026-11-28T10:00:00+05');"
        "create or replace function qyzmet_now() returns timestamptz language sql volatile as "
        "'select at from test_day'");
  }

 protected:
  void day(std::string const& local) {
    connection.script("update test_day set at = '" + local + "T00:00:00+05'");
  }
  CalendarProposal proposal(std::string csv, std::string_view effective = "0001-01-01") {
    return {.csv = std::move(csv),
            .source = "order 1",
            .first_year = 2026,
            .last_year = 2027,
            .effective = *parse_date(effective),
            .base_version = 1,
            .proposed_by = first_,
            .proposer = {},
            .proposed = {}};
  }
  std::string refusal(std::function<void()> const& work) {
    try {
      work();
    } catch (Conflict const& conflict) {
      return conflict.constraint();
    }
    return "none";
  }

  Scene scene_;
  UserId first_, second_;
};

TEST_F(CalendarsTest, ACalendarIsPublishedOnceByItsBytes) {
  CalendarRow row;
  row.first_year = row.last_year = 2026;
  row.csv = "date,kind,basis\n";
  row.source = "s";
  EXPECT_EQ(publish_calendar(connection, row), 1) << "the bytes of the scene";
  row.csv = "b";
  EXPECT_EQ(publish_calendar(connection, row), 2);
  EXPECT_EQ(publish_calendar(connection, row), 2);
  EXPECT_EQ(current_calendar(connection)->csv, "b");
  EXPECT_EQ(find_calendar(connection, 1)->csv, "date,kind,basis\n");
  EXPECT_FALSE(find_calendar(connection, 3));
  EXPECT_EQ(calendars(connection).size(), 2U);
  EXPECT_THROW(connection.script("update calendar set csv = 'x'"), Conflict);
}

TEST_F(CalendarsTest, OneProposesAndAnotherPublishes) {
  auto const id = propose_calendar(connection, proposal("changed"));
  ASSERT_TRUE(open_calendar_proposal(connection));
  EXPECT_EQ(open_calendar_proposal(connection)->csv, "changed");
  EXPECT_EQ(open_calendar_proposal(connection)->proposer, "Person 107001");
  EXPECT_EQ(refusal([&] { propose_calendar(connection, proposal("other")); }),
            "calendar_proposal_open");
  EXPECT_EQ(refusal([&] { publish_proposal(connection, id, first_); }), "calendar_four_eyes");
  EXPECT_EQ(current_calendar(connection)->version, 1) << "a refusal changes nothing";
  EXPECT_EQ(calendars(connection).size(), 1U);

  auto const published = publish_proposal(connection, id, second_);
  ASSERT_TRUE(published);
  EXPECT_EQ(published->version, 2);
  EXPECT_EQ(to_iso(published->effective), "2026-11-28") << "not in the past";
  EXPECT_EQ(current_calendar(connection)->csv, "changed");
  LAW("R-CAL-05");
  EXPECT_FALSE(publish_proposal(connection, id, second_)) << "decided once";
  EXPECT_FALSE(reject_proposal(connection, id, second_));
  EXPECT_FALSE(open_calendar_proposal(connection));
  EXPECT_EQ(refusal([&] { connection.script("update calendar_proposal set csv = 'x'"); }),
            "append_only");
}

TEST_F(CalendarsTest, AVersionIsInForceFromItsDayOn) {
  auto const id = propose_calendar(connection, proposal("later", "2026-12-10"));
  EXPECT_EQ(to_iso(publish_proposal(connection, id, second_)->effective), "2026-12-10");
  EXPECT_EQ(current_calendar(connection)->version, 1);
  day("2026-12-09");
  EXPECT_EQ(current_calendar(connection)->version, 1);
  day("2026-12-10");
  EXPECT_EQ(current_calendar(connection)->version, 2);
}

TEST_F(CalendarsTest, ALaterVersionIsNotInForceBeforeAnEarlierOne) {
  auto const first = propose_calendar(connection, proposal("a", "2026-12-10"));
  publish_proposal(connection, first, second_);
  auto const second = propose_calendar(connection, proposal("b", "2026-12-01"));
  EXPECT_EQ(to_iso(publish_proposal(connection, second, second_)->effective), "2026-12-10");
  day("2026-12-10");
  EXPECT_EQ(current_calendar(connection)->csv, "b");
}

TEST_F(CalendarsTest, ARejectedProposalMakesRoomForTheNext) {
  auto const id = propose_calendar(connection, proposal("a"));
  EXPECT_TRUE(reject_proposal(connection, id, first_)) << "who proposed may take it back";
  EXPECT_FALSE(publish_proposal(connection, id, second_));
  EXPECT_NO_THROW(propose_calendar(connection, proposal("b")));
}

TEST_F(CalendarsTest, OpenCasesAreWalkedInOrderAndThoseBehindAreKnown) {
  std::vector<CaseId> made;
  for (int n = 0; n < 5; ++n) made.push_back(started(scene_, person(7100 + n)));
  std::ranges::sort(made);
  EXPECT_EQ(open_cases_after(connection, CaseId{0}, 3),
            std::vector<CaseId>(made.begin(), made.begin() + 3));
  EXPECT_EQ(open_cases_after(connection, made[2], 3),
            std::vector<CaseId>(made.begin() + 3, made.end()));
  EXPECT_EQ(cases_behind_calendar(connection, 2, 10).size(), 5U);
  EXPECT_TRUE(cases_behind_calendar(connection, 1, 10).empty());
}

}  // namespace
}  // namespace qyzmet::db::tests
