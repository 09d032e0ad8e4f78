#include "db/incidents.hpp"

namespace qyzmet::db {

namespace {

#define QYZMET_INCIDENT                                             \
  "select i.case_id, c.number, i.token, i.node, i.reason, i.since " \
  "from incident i join cases c on c.id = i.case_id "
Sql const k_incidents{"case_incidents",
                      QYZMET_INCIDENT "order by i.since, i.case_id, i.token limit $1 offset $2"};
Sql const k_incident{"case_incident", QYZMET_INCIDENT "where i.case_id = $1 and i.token = $2"};
#undef QYZMET_INCIDENT

template <class... Arguments>
std::vector<CaseIncident> incidents_where(Connection& connection, Sql const& sql,
                                          Arguments const&... arguments) {
  std::vector<CaseIncident> rows;
  for (auto& [id, number, token, node, reason, since] :
       connection.query<CaseId, std::string, std::int32_t, std::string, std::string, Instant>(
           sql, arguments...))
    rows.push_back({.case_id = id,
                    .number = number,
                    .token = token,
                    .node = node,
                    .reason = reason,
                    .since = since});
  return rows;
}

}  // namespace

std::vector<CaseIncident> case_incidents(Connection& connection, int limit, int offset) {
  return incidents_where(connection, k_incidents, limit, offset);
}

std::optional<CaseIncident> find_case_incident(Connection& connection, CaseId case_id,
                                               std::int32_t token) {
  auto found = incidents_where(connection, k_incident, case_id, token);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace qyzmet::db
