#include "db/log_timestamps.hpp"

namespace qyzmet::db {

namespace {

Sql const k_claim{"claim_log_timestamp",
                  "with claimed as (update log_timestamp_due set due = $1::timestamptz + $2 * "
                  "interval '1 second' where due <= $1 and (select size from log_head) > "
                  "coalesce((select max(size) from log_timestamp), 0) returning single) "
                  "select size, note from log_head join claimed using (single)"};
Sql const k_keep{"keep_log_timestamp",
                 "with kept as (insert into log_timestamp (size, note, token, stamped) "
                 "values ($1, $2, $3, $4) on conflict (size) do nothing) "
                 "update log_timestamp_due set due = $5"};
Sql const k_all{"log_timestamps",
                "select size, note, token, stamped from log_timestamp order by size"};

}  // namespace

std::optional<LogTimestamp> claim_log_timestamp(Connection& connection, Instant now,
                                                std::chrono::seconds pause) {
  auto row = connection.one<std::int64_t, std::string>(k_claim, now, std::int64_t{pause.count()});
  if (!row) return std::nullopt;
  auto& [size, note] = *row;
  return LogTimestamp{.size = size, .note = std::move(note), .token = {}, .stamped = {}};
}

void keep_log_timestamp(Connection& connection, LogTimestamp const& timestamp, Instant due) {
  connection.execute(k_keep, timestamp.size, timestamp.note, Bytes{timestamp.token},
                     timestamp.stamped, due);
}

std::vector<LogTimestamp> log_timestamps(Connection& connection) {
  std::vector<LogTimestamp> out;
  for (auto& [size, note, token, stamped] :
       connection.query<std::int64_t, std::string, Bytes, Instant>(k_all))
    out.push_back({.size = size,
                   .note = std::move(note),
                   .token = std::move(token.value),
                   .stamped = stamped});
  return out;
}

}  // namespace qyzmet::db
