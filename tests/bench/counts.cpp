#include "tests/bench/counts.hpp"

#include <chrono>
#include <thread>

namespace qyzmet::bench {

namespace {

// A session reports its statistics at the latest after ten idle seconds (PGSTAT_IDLE_INTERVAL).

constexpr std::chrono::milliseconds k_report{10'500};

db::Sql const k_rows{"bench_rows",
                     "select coalesce(sum(n_tup_ins), 0)::bigint, "
                     "coalesce(sum(n_tup_upd), 0)::bigint, "
                     "coalesce(sum(n_tup_hot_upd), 0)::bigint, "
                     "coalesce(sum(n_tup_del), 0)::bigint from pg_stat_user_tables"};
db::Sql const k_log{"bench_log",
                    "select (pg_current_wal_insert_lsn() - '0/0')::bigint, "
                    "txid_snapshot_xmax(txid_current_snapshot())::bigint, "
                    "(select xact_commit from pg_stat_database where datname = "
                    "current_database())::bigint"};

}  // namespace

Counts Counts::operator-(Counts const& other) const {
  return {.round_trips = round_trips - other.round_trips,
          .durable = durable - other.durable,
          .inserted = inserted - other.inserted,
          .updated = updated - other.updated,
          .hot = hot - other.hot,
          .deleted = deleted - other.deleted,
          .wal = wal - other.wal};
}

Counts read_counts(db::Connection& connection) {
  std::this_thread::sleep_for(k_report);
  auto const [inserted, updated, hot, deleted] =
      *connection.one<std::int64_t, std::int64_t, std::int64_t, std::int64_t>(k_rows);
  auto const [wal, next, commits] =
      *connection.one<std::int64_t, std::int64_t, std::int64_t>(k_log);
  return {.round_trips = commits,
          .durable = next,
          .inserted = inserted,
          .updated = updated,
          .hot = hot,
          .deleted = deleted,
          .wal = wal};
}

}  // namespace qyzmet::bench
