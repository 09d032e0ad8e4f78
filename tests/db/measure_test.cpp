#include <cstdio>

#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

class MeasureTest : public DatabaseTest {};

std::int64_t wal(Connection& connection) {
  return value_of<std::int64_t>(connection, "select (pg_current_wal_insert_lsn() - '0/0')::bigint");
}
std::int64_t statistic(Connection& connection, std::string const& column) {
  connection.script("select pg_stat_force_next_flush()");
  return value_of<std::int64_t>(connection, "select sum(" + column +
                                                ")::bigint from pg_stat_user_tables "
                                                "where relname <> 'person'");
}

TEST_F(MeasureTest, AStepIsOneRoundTripOneCommitAndFewRows) {
  constexpr int k_steps = 200;
  auto const stage = scene();
  auto const id = started(stage, stage.person);
  // The full-page images of the first touch after a checkpoint are not the price of a step.
  for (int i = 0; i < 20; ++i) write_step(connection, step_row(id));
  std::int64_t bytes = 0, trips = 0;
  auto const inserted = statistic(connection, "n_tup_ins"),
             updated = statistic(connection, "n_tup_upd"),
             hot = statistic(connection, "n_tup_hot_upd");
  auto const commits = value_of<std::int64_t>(connection, "select txid_current()::text::bigint");
  auto const began = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration spent{};
  for (int i = 0; i < k_steps; ++i) {
    auto const row = step_row(id, "k" + std::to_string(i));
    auto const before = wal(connection), sent = connection.statements();
    auto const start = std::chrono::steady_clock::now();
    ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, row)));
    spent += std::chrono::steady_clock::now() - start;
    trips += connection.statements() - sent;
    bytes += wal(connection) - before;
  }
  auto const ended = value_of<std::int64_t>(connection, "select txid_current()::text::bigint");
  EXPECT_EQ(trips, k_steps);
  // The server's own housekeeping may take a number now and then.
  EXPECT_GE(ended - commits - 1, k_steps);
  EXPECT_LE(ended - commits - 1, k_steps + k_steps / 10);
  EXPECT_EQ(statistic(connection, "n_tup_ins") - inserted, 2 * k_steps) << "event, idempotency";
  auto const updates = statistic(connection, "n_tup_upd") - updated,
             hot_updates = statistic(connection, "n_tup_hot_upd") - hot;
  EXPECT_EQ(updates, k_steps);
  EXPECT_GE(double(hot_updates), 0.9 * double(updates));
  EXPECT_LE(bytes / k_steps, 2'000) << "with the sealed state and event of this test";
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::minutes{1});
  std::printf(
      "write_step: 1 round trip, 1 commit, 2 inserts, 1 update (%.0f %% HOT), %lld B of "
      "WAL, %.0f us (fsync off)\n",
      100.0 * double(hot_updates) / double(updates), static_cast<long long>(bytes / k_steps),
      std::chrono::duration<double, std::micro>{spent}.count() / k_steps);
}

}  // namespace qyzmet::db::tests
