#pragma once
// Timestamps of an authority outside over checkpoints of the transparency log, one now and then.
// Only added, never changed. Times are legal time.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct LogTimestamp {
  std::int64_t size = 0;  // of the tree in the checkpoint
  std::string note;       // the checkpoint as it was stamped
  std::string token;      // DER
  Instant stamped;        // its genTime
};

/// The checkpoint of now, when it is due to be stamped and the log has grown since the last time.
/// It comes back after `pause` unless a timestamp is kept. `note` and `size` alone are set.
std::optional<LogTimestamp> claim_log_timestamp(Connection& connection, Instant now,
                                                std::chrono::seconds pause);
/// The next one is due at `due`. What is there of that size stays.
void keep_log_timestamp(Connection& connection, LogTimestamp const& timestamp, Instant due);
/// All, in the order of the log.
std::vector<LogTimestamp> log_timestamps(Connection& connection);

}  // namespace qyzmet::db
