#include "db/database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <latch>
#include <thread>

#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

namespace asio = boost::asio;

class PoolTest : public DatabaseTest {
 public:
  Options options(std::size_t connections, std::size_t queue = 16) const {
    Options made;
    made.dsn = dsn;
    made.connections = connections;
    made.queue_max = queue;
    return made;
  }
};

Sql const k_one{"pool_one", "select 1"};
Sql const k_sleep{"pool_sleep", "select pg_sleep($1)::text"};

int one(Connection& connection) {
  return std::get<0>(*connection.one<int>(k_one));
}

struct Seen {
  std::thread::id job, resumed;
  int result = 0;
  bool timeout = false;
};

asio::awaitable<void> ask_twice(Database& database, Seen& seen) {
  seen.result = co_await database.run([&seen](Connection& connection) {
    seen.job = std::this_thread::get_id();
    return one(connection);
  });
  seen.resumed = std::this_thread::get_id();
  co_await database.run([](Connection& connection) { one(connection); });
}

asio::awaitable<void> wait_too_long(Database& database, Seen& seen) {
  try {
    co_await database.run([](Connection&) { throw Timeout{"x", "57014"}; });
  } catch (Timeout const&) {
    seen.timeout = true;
  }
}

void run_to_end(asio::awaitable<void> work) {
  asio::io_context context;
  asio::co_spawn(context, std::move(work), [](std::exception_ptr error) { EXPECT_FALSE(error); });
  context.run();
}

TEST_F(PoolTest, ResumesACoroutineOnItsOwnThread) {
  Database database{options(2), vault()};
  Seen seen;
  run_to_end(ask_twice(database, seen));
  EXPECT_EQ(seen.result, 1);
  EXPECT_EQ(seen.resumed, std::this_thread::get_id());
  EXPECT_NE(seen.job, seen.resumed);
}

TEST_F(PoolTest, PassesAnExceptionOfTheJobToTheCoroutine) {
  Database database{options(1), vault()};
  Seen seen;
  run_to_end(wait_too_long(database, seen));
  EXPECT_TRUE(seen.timeout);
}

TEST_F(PoolTest, RefusesWorkBeyondItsQueueAndServesTheRest) {
  Database database{options(1, 2), vault()};
  std::latch running{1};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    database.run_blocking([&](Connection& connection) {
      running.count_down();
      connection.query<std::string>(k_sleep, "0.5");
    });
  });
  running.wait();
  std::atomic<int> done{0}, refused{0};
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      try {
        done += database.run_blocking([](Connection& connection) { return one(connection); });
      } catch (Overloaded const&) {
        ++refused;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 2);
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(database.gauges().refused, 4u);
}

TEST_F(PoolTest, AnswersEveryRequestAfterAllBackendsWereKilled) {
  Database database{options(3), vault()};
  auto const all = [&] {
    std::vector<std::thread> threads;
    std::atomic<int> done{0};
    std::latch together{3};
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        done += database.run_blocking([&](Connection& connection) {
          together.arrive_and_wait();
          return one(connection);
        });
      });
    for (auto& thread : threads) thread.join();
    return done.load();
  };
  ASSERT_EQ(all(), 3);
  value_of<std::int64_t>(connection,
                         "select count(pg_terminate_backend(pid, 1000)) from pg_stat_activity "
                         "where datname = current_database() and pid <> pg_backend_pid()");
  for (int round = 0; round < 3; ++round) EXPECT_EQ(all(), 3);
  EXPECT_GE(database.gauges().reconnected, 3u);
}

TEST_F(PoolTest, AbandonsAConnectionThatDoesNotComeBack) {
  auto slow = options(1);
  slow.job_ms_max = 2000;  // the next job has as long, its new session included
  Database database{slow, vault()};
  EXPECT_THROW(database.run_blocking(
                   [](Connection& connection) { connection.query<std::string>(k_sleep, "8"); }),
               OutcomeUnknown);
  EXPECT_EQ(database.run_blocking([](Connection& connection) { return one(connection); }), 1);
  EXPECT_EQ(database.gauges().abandoned, 1u);
}

TEST_F(PoolTest, DropsASessionThatWasLeftInsideATransaction) {
  Database database{options(1), vault()};
  database.run_blocking([](Connection& connection) { connection.script("begin"); });
  EXPECT_EQ(database.run_blocking([](Connection& connection) { return one(connection); }), 1);
  EXPECT_EQ(database.gauges().reconnected, 1u);
}

TEST_F(PoolTest, SaysUnavailableWhenNoDatabaseIsThere) {
  auto nowhere = options(1);
  nowhere.dsn = "host=/nonexistent dbname=x user=app";
  Database database{nowhere, vault()};
  EXPECT_THROW(database.run_blocking([](Connection& connection) { return one(connection); }),
               Unavailable);
}

}  // namespace qyzmet::db::tests
