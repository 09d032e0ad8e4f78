// While the log grows, an authority outside stamps its checkpoint every hour; `qyzmet log check`
// judges the timestamps, and finds a history that does not fit to them.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "engine/base/failpoint.hpp"
#include "services/casework/ledger.hpp"
#include "services/casework/ledger_check.hpp"
#include "services/casework/log_timestamps.hpp"
#include "services/work/workers.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/command.hpp"
#include "tests/services/remade_log.hpp"

namespace qyzmet::tests {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Each;
using testing::HasSubstr;

Instant morning(int hour) {
  return start_of(*parse_date("2026-12-10")) + hours{hour};
}

class LogTimestamps : public testing::Test {
 protected:
  ~LogTimestamps() override {
    set_failpoints("");
    rig_.pki().tsa_faults().set("none");
  }

  void apply(std::string const& person) {
    auto const guest = invite_signer(rig_, person);
    auto const signing = fill_in(rig_, guest, place_);
    EXPECT_EQ(send_signature(rig_, guest, signing, rig_.sign(person, signing.xml)).status, 303);
    while (rig_.wait(work::append_log(rig_.world())) > 0) {
    }
  }
  bool stamp() { return rig_.wait(casework::stamp_log(rig_.world())); }
  std::vector<db::LogTimestamp> kept() {
    return rig_.in_database(
        [](db::Connection& connection) { return db::log_timestamps(connection); });
  }
  std::int64_t logged() {
    return rig_.in_database(
        [](db::Connection& connection) { return db::log_head(connection).size; });
  }
  Answer check(std::vector<std::string_view> words = {}) {
    auto const file = rig_.config_file();
    words.insert(words.end(), {"--config", file});
    return tests::run(cli::run_log_check, words);
  }
  /// What is wrong once somebody with all rights in the database has done this.
  std::vector<std::string> faults_after(std::string const& sql) {
    auto const& world = rig_.world();
    return rig_.in_database([&](db::Connection& connection) {
      connection.script("begin; set local session_replication_role = replica;" + sql);
      std::vector<std::string> out;
      for (auto const& fault :
           casework::check_log(connection, world.ledger.signer().key(), {}, world.trust).faults)
        out.push_back(fault.check);
      connection.script("rollback");
      return out;
    });
  }

  static inline int tests_ = 0;
  SiteRig rig_{"log_timestamps_" + std::to_string(++tests_)};
  Place place_ = make_place(rig_);
};

TEST_F(LogTimestamps, come_every_hour_while_the_log_grows) {
  rig_.set_clock(morning(9));
  EXPECT_FALSE(stamp()) << "the log is empty";
  apply("arman");
  EXPECT_TRUE(stamp());
  EXPECT_FALSE(stamp()) << "just done";
  auto const first = kept();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].size, logged());
  EXPECT_LT(first[0].stamped - morning(9), minutes{1});
  EXPECT_TRUE(casework::is_stamped(first[0], rig_.world().trust));

  rig_.set_clock(morning(10) + minutes{1});
  EXPECT_FALSE(stamp()) << "nothing has happened since";
  apply("yermek");
  EXPECT_TRUE(stamp());
  rig_.set_clock(morning(10) + minutes{50});
  apply("saule");
  EXPECT_FALSE(stamp()) << "within the hour";
  auto const both = kept();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_LT(both[1].size, logged());

  auto const told = check();
  EXPECT_EQ(told.code, 0) << told.out << told.error;
  EXPECT_THAT(told.out, HasSubstr("Stamped 2 times by an authority outside; the first " +
                                  std::to_string(both[1].size) + " entries were there at " +
                                  to_iso(both[1].stamped)));
  auto const counted = boost::json::parse(check({"--json"}).out).as_object();
  EXPECT_EQ(counted.at("timestamps"), 2);
  EXPECT_EQ(counted.at("stamped"), both[1].size);
  EXPECT_TRUE(counted.at("faults").as_array().empty());
}

TEST_F(LogTimestamps, of_a_silent_authority_come_later) {
  rig_.set_clock(morning(9));
  apply("arman");
  for (auto const* fault : {"unavailable", "stale", "wrong_nonce", "garbage"}) {
    rig_.pki().tsa_faults().set(fault);
    EXPECT_FALSE(stamp()) << fault;
    rig_.pki().tsa_faults().set("none");
    EXPECT_FALSE(stamp()) << "after a pause";
    rig_.set_clock(rig_.world().clock.now() + seconds{61});
  }
  EXPECT_TRUE(kept().empty());
  EXPECT_TRUE(stamp());
}

TEST_F(LogTimestamps, are_neither_lost_nor_doubled_when_the_server_dies_with_the_answer_in_hand) {
  rig_.set_clock(morning(9));
  apply("arman");
  set_failpoints("log_timestamp_answered=throw");
  EXPECT_THROW(stamp(), FailpointThrown);
  set_failpoints("keep_log_timestamp.committed=throw");
  rig_.set_clock(morning(9) + seconds{61});
  EXPECT_THROW(stamp(), FailpointThrown);
  set_failpoints("");
  rig_.set_clock(morning(9) + seconds{122});
  EXPECT_FALSE(stamp()) << "it was kept, though nobody heard of it";
  EXPECT_EQ(kept().size(), 1U);
  EXPECT_EQ(check().code, 0);
}

TEST_F(LogTimestamps, show_what_was_changed_behind_them) {
  rig_.set_clock(morning(9));
  apply("arman");
  ASSERT_TRUE(stamp());
  rig_.set_clock(morning(11));
  apply("yermek");
  ASSERT_TRUE(stamp());
  EXPECT_TRUE(faults_after("").empty());
  for (std::string const change :
       {"update log_timestamp set stamped = stamped - interval '1 day'",
        "update log_timestamp set size = size + 1000",
        "update log_timestamp set note = note || ' '",
        "update log_timestamp t set token = o.token from log_timestamp o where o.size <> t.size",
        "update log_timestamp set token = set_byte(token, 300, 255 - get_byte(token, 300))",
        "update log_timestamp set token = ''"}) {
    auto const found = faults_after(change);
    EXPECT_FALSE(found.empty()) << change;
    EXPECT_THAT(found, Each(std::string{"log_timestamp"})) << change;
  }
  EXPECT_THAT(faults_after("delete from log_leaf; delete from log_tile;"
                           "update log_head set size = 0, note = ''"),
              testing::Contains("log_timestamp"))
      << "the log is gone, and what was stamped is not";
  EXPECT_THROW(rig_.in_database([](db::Connection& connection) {
    connection.script("update log_timestamp set stamped = stamped");
  }),
               db::Conflict);
}

/// The log is made anew over a changed history, and signed by the unsuspecting server.
TEST_F(LogTimestamps, show_a_log_that_was_made_anew) {
  rig_.set_clock(morning(9));
  apply("arman");
  ASSERT_TRUE(stamp());
  auto const& signer = rig_.world().ledger.signer();
  auto const found = rig_.in_database([&](db::Connection& connection) {
    connection.script(
        "begin; set local session_replication_role = replica;"
        "update event set recorded_at = recorded_at - interval '1 day'");
    remake_log(connection, signer);
    auto const verdict =
        casework::check_log(connection, signer.key(), {}, rig_.world().trust).faults;
    connection.script("rollback");
    return verdict;
  });
  ASSERT_EQ(found.size(), 1U) << "everything else fits together";
  EXPECT_EQ(found[0].check, "log_timestamp");
  EXPECT_THAT(found[0].detail, HasSubstr("the tree is not the one that was stamped"));
}

}  // namespace
}  // namespace qyzmet::tests
