#pragma once
// What cannot go on by itself, for the administrator's lists: places of cases, and effects on their
// way out. The rows of cases are derived from their state and written with each step (cases.hpp); a
// person retries with engine::RetryIncident. Those of effects are rows of the outbox, which
// outbox.hpp sends back to work.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct CaseIncident {
  CaseId case_id;
  std::string number;  // of the case
  std::int32_t token = 0;
  std::string node;    // BPMN id
  std::string reason;  // key of a text
  Instant since;
};
struct OutboxIncident {
  CaseId case_id;
  std::string number;  // of the case
  std::int32_t token = 0;
  std::string handler, kind, reason;
  int attempts = 0;
  Instant since;
};

/// The longest waiting first; behind the first `offset`.
std::vector<CaseIncident> case_incidents(Connection& connection, int limit, int offset = 0);
std::vector<OutboxIncident> outbox_incidents(Connection& connection, int limit, int offset = 0);

std::optional<CaseIncident> find_case_incident(Connection& connection, CaseId case_id,
                                               std::int32_t token);
std::optional<OutboxIncident> find_outbox_incident(Connection& connection, CaseId case_id,
                                                   std::int32_t token);

}  // namespace qyzmet::db
