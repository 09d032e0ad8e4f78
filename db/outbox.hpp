#pragma once
// Effects on their way out: claimed by leases with fencing tokens. A claim raises the fence, so a
// worker that slept through its lease can neither complete (StepRow::completes) nor postpone.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "engine/step.hpp"

namespace qyzmet::db {

struct Claimed {
  CaseId case_id;
  std::int32_t token = 0;
  std::int64_t fence = 0;
  int attempt = 1;  // this one
  std::string handler, kind, document;
  std::string sha256;       // of the document that goes out; "" = none
  engine::Context data;     // variables when it was ordered
  std::string broken = {};  // why the data cannot be read; "" when it can
  std::string key;          // idempotency key for the outside: "<case>/<token>"
  Instant ordered;
};

/// `worker` is for people; the fence is what counts. Skips rows that others are claiming.
std::vector<Claimed> claim_outbox(Connection& connection, std::string const& worker, int limit,
                                  std::chrono::milliseconds lease);
/// All three answer false when the lease is lost; nothing was written then.
bool postpone_outbox(Connection& connection, Claimed const& claimed,
                     std::chrono::milliseconds backoff, std::string const& reason);
bool complete_outbox(Connection& connection, Claimed const& claimed);
/// Out of tries: waits as an incident (incidents.hpp) until a person retries it.
bool park_outbox(Connection& connection, Claimed const& claimed, std::string const& reason);
/// Back to work; false when it is no incident.
bool retry_outbox(Connection& connection, CaseId case_id, std::int32_t token);

/// The effect of that `Claimed::key` is tried at once: what it waits for has come. False when
/// nobody waits, or a worker has it just now.
bool wake_outbox(Connection& connection, std::string const& key);

/// Leases an incident to a person who resolves it, so that no retry and no worker comes in between;
/// nullopt when it is none. Its data stay sealed;
/// `broken` tells why it failed.
std::optional<Claimed> take_incident(Connection& connection, CaseId case_id, std::int32_t token,
                                     std::chrono::milliseconds lease);

struct OutboxCounts {
  std::int64_t waiting = 0, leased = 0, incidents = 0;
  std::optional<Instant> oldest;
};
OutboxCounts outbox_counts(Connection& connection);

}  // namespace qyzmet::db
