#include "db/incidents.hpp"

namespace qyzmet::db {

namespace {

Sql const k_incidents{"case_incidents",
                      "select i.case_id, c.number, i.token, i.node, i.reason, i.since "
                      "from incident i join cases c on c.id = i.case_id "
                      "order by i.since, i.case_id, i.token limit $1"};

}  // namespace

std::vector<CaseIncident> case_incidents(Connection& connection, int limit) {
  std::vector<CaseIncident> rows;
  for (auto& [id, number, token, node, reason, since] :
       connection.query<CaseId, std::string, std::int32_t, std::string, std::string, Instant>(
           k_incidents, limit))
    rows.push_back({.case_id = id,
                    .number = number,
                    .token = token,
                    .node = node,
                    .reason = reason,
                    .since = since});
  return rows;
}

}  // namespace qyzmet::db
