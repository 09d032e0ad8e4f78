#pragma once
// The transparency log as it is stored: which event is which leaf, the tiles of the tree, the head.
// What the hashes mean is signing/ledger's; here they are bytes.
//
// A record says of one event what the log promises to keep: canonical JSON with "number" of the
// case, "step", "at", "recorded_at", "kind", "actor", "role", "hash" (that of cases.hpp, salted, so
// that nobody can guess what it covers) and "documents", each with "code" and "sha256". It holds no
// personal data. An entry is the SHA-256 of a record.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct LogHead {
  std::int64_t size = 0;
  std::string note;
  Instant watermark;
};
struct LogRecord {
  CaseId case_id;
  std::int64_t seq = 0;
  Instant recorded_at;
  std::string record;
};
struct LogLeaf {
  std::int64_t index = 0;
  CaseId case_id;
  std::int64_t seq = 0;
  std::string entry;                  // 32 bytes
  std::optional<std::string> record;  // of the event as it is now; nothing when there is none
};
using LogTileId = std::pair<int, std::int64_t>;  // level, index
using LogTiles = std::map<LogTileId, std::string>;

LogHead log_head(Connection& connection);
/// Inside a transaction: keeps everybody else from appending. Nothing when somebody else does.
std::optional<LogHead> lock_log_head(Connection& connection);
/// No event that is recorded before this instant can still appear.
Instant log_watermark(Connection& connection);
/// Events that are not in the log, recorded at `since` or later, in the order of the log.
std::vector<LogRecord> events_to_log(Connection& connection, Instant since, int limit);
LogTiles log_tiles(Connection& connection, std::vector<LogTileId> const& ids);
/// Leaves from head.size on, their tiles as they are then, and the head that goes with them. Inside
/// the transaction that holds the lock.
void append_log(Connection& connection, LogHead const& before, LogHead const& after,
                std::vector<LogRecord> const& records, std::vector<std::string> const& entries,
                LogTiles const& tiles);

/// Leaves from `first` on, with their events.
std::vector<LogLeaf> log_leaves(Connection& connection, std::int64_t first, int limit);
/// The leaf of a step; nothing while it waits for the log.
std::optional<LogLeaf> log_leaf_of(Connection& connection, CaseId id, std::int64_t seq);
/// Only the entries of leaves [first, end).
std::vector<std::string> log_entries(Connection& connection, std::int64_t first, std::int64_t end);

}  // namespace qyzmet::db
