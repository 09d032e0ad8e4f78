#include <limits>

#include "db/database.hpp"
#include "engine/base/failpoint.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

class ConnectionTest : public DatabaseTest {};

static Sql const k_echo{
    "echo",
    "select $1::text, $2::bigint, $3::bool, $4::bytea, $5::timestamptz, $6::date, "
    "$7::text[], $8::bigint[], $9::text"};

TEST_F(ConnectionTest, GivesEveryValueBackAsItWas) {
  std::string const text = "It's \"қазақ\" \\ {,} :name $1";
  Bytes const bytes{std::string("\0\xff\x01\\", 4)};
  auto const instant = at("2026-11-21", 13) + std::chrono::microseconds{123456};
  auto const day = *parse_date("2024-02-29");
  std::vector<std::string> const words{"", "NULL", "a,b", "\"", "{x}", "\\"};
  std::vector<std::int64_t> const numbers{std::numeric_limits<std::int64_t>::min(), 0, 7};
  auto const row = connection.one<std::string, std::int64_t, bool, Bytes, Instant, Date,
                                  std::vector<std::string>, std::vector<std::int64_t>,
                                  std::optional<std::string>>(
      k_echo, text, std::int64_t{-5}, true, bytes, instant, day, words, numbers, std::nullopt);
  EXPECT_EQ(*row, std::tuple(text, std::int64_t{-5}, true, bytes, instant, day, words, numbers,
                             std::optional<std::string>{}));
}

TEST_F(ConnectionTest, RefusesNulInTextInsteadOfCuttingIt) {
  static Sql const one{"one", "select $1::text"};
  EXPECT_THROW(connection.one<std::string>(one, std::string("abc\0def", 7)), QueryError);
  EXPECT_EQ(std::get<0>(*connection.one<std::string>(one, "abc")), "abc");
}

TEST_F(ConnectionTest, NamesTheConstraintAndNeverTheValue) {
  static Sql const insert{
      "insert_twice",
      "insert into login_challenge (id, text, expires) values ($1, 's3cret', now())"};
  connection.execute(insert, "s3cret");
  try {
    connection.execute(insert, "s3cret");
    FAIL();
  } catch (Conflict const& conflict) {
    EXPECT_EQ(conflict.constraint(), "login_challenge_pkey");
    EXPECT_EQ(std::string{conflict.what()}.find("s3cret"), std::string::npos);
  }
  EXPECT_TRUE(connection.usable());
}

TEST_F(ConnectionTest, TellsTimeoutsFromOtherFaults) {
  Connection hasty{dsn, nullptr, {.statement_ms_max = 50, .lock_ms_max = 50}};
  static Sql const sleep{"sleep", "select pg_sleep(5)::text"};
  EXPECT_THROW(hasty.query<std::string>(sleep), Timeout);
  static Sql const broken{"broken", "select nonsense from nowhere"};
  EXPECT_THROW(hasty.query<std::string>(broken), QueryError);
  EXPECT_THROW((Connection{"host=/nonexistent dbname=x", nullptr}), Unavailable);
}

TEST_F(ConnectionTest, RollsATransactionBackWhenItsWorkThrows) {
  EXPECT_THROW(connection.transaction([&] {
    connection.script("create table gone (x int)");
    throw std::runtime_error{"stop"};
  }),
               std::runtime_error);
  EXPECT_TRUE(connection.usable());
  EXPECT_TRUE(value_of<bool>(connection, "select to_regclass('gone') is null"));
}

TEST_F(ConnectionTest, TakesACancelledReplicationWaitForAnUnknownOutcome) {
  connection.script("create table t (x int)");
  connection.script("set application_name = 'waiter'");
  Connection other{admin_dsn(), nullptr};
  other.script("alter system set synchronous_standby_names = 'nobody'");
  other.script("select pg_reload_conf()");
  std::thread canceller{[&] {
    static Sql const cancel{"cancel",
                            "select count(pg_cancel_backend(pid)) from pg_stat_activity "
                            "where application_name = 'waiter' and wait_event = 'SyncRep'"};
    for (int i = 0; i < 100; ++i) {
      if (std::get<0>(*other.one<std::int64_t>(cancel)) > 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }};
  static Sql const insert{"insert_unconfirmed", "insert into t values (1)"};
  // Until the server has taken the setting over, commits do not wait.
  auto const repeated = [&] {
    for (int i = 0; i < 200; ++i) {
      connection.execute(insert);
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  };
  EXPECT_THROW(repeated(), OutcomeUnknown);
  canceller.join();
  other.script("alter system reset synchronous_standby_names");
  other.script("select pg_reload_conf()");
}

#ifdef QYZMET_FAILPOINTS
TEST_F(ConnectionTest, CanFailBeforeWhileAndAfterAnyStatement) {
  connection.script("create table t (x int)");
  static Sql const insert{"mine", "insert into t values (1)"};
  for (auto const& [point, rows] :
       {std::pair{"mine.before=throw", 0}, std::pair{"mine.committed=throw", 1},
        std::pair{"mine.sent=throw", 1}}) {
    Connection own{dsn, nullptr};
    connection.script("truncate t");
    set_failpoints(point);
    EXPECT_THROW(own.execute(insert), FailpointThrown) << point;
    set_failpoints("");
    for (int i = 0; i < 100 && count("t") != rows; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    EXPECT_EQ(count("t"), rows) << point;
  }
  set_failpoints("sql.before:2=throw");
  static Sql const select{"select_one", "select 1"};
  EXPECT_NO_THROW(connection.query<int>(select));
  EXPECT_THROW(connection.query<int>(select), FailpointThrown);
  EXPECT_NO_THROW(connection.query<int>(select));
  set_failpoints("mine.sent=drop");
  EXPECT_THROW(connection.execute(insert), Unavailable);
  EXPECT_FALSE(connection.usable());
  set_failpoints("");
}
#endif

}  // namespace qyzmet::db::tests
