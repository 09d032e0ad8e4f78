#pragma once
// Cases that cannot go on by themselves, for the administrator's list. The rows are derived from
// the state of the case and written with each step (cases.hpp); a person retries with
// engine::RetryIncident. Other stops, of effects on their way out, are in outbox.hpp.
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
/// The longest waiting first; behind the first `offset`.
std::vector<CaseIncident> case_incidents(Connection& connection, int limit, int offset = 0);
std::optional<CaseIncident> find_case_incident(Connection& connection, CaseId case_id,
                                               std::int32_t token);

}  // namespace qyzmet::db
