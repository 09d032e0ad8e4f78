#include "db/incidents.hpp"

namespace qyzmet::db {

namespace {

/// What is stuck of one kind: all of it, and one place.
struct Search {
  Sql all, one;
};

#define QYZMET_INCIDENT                                             \
  "select i.case_id, c.number, i.token, i.node, i.reason, i.since " \
  "from incident i join cases c on c.id = i.case_id "
Search const k_cases{
    .all = {"case_incidents",
            QYZMET_INCIDENT "order by i.since, i.case_id, i.token limit $1 offset $2"},
    .one = {"case_incident", QYZMET_INCIDENT "where i.case_id = $1 and i.token = $2"}};
#undef QYZMET_INCIDENT
#define QYZMET_INCIDENT                                                                         \
  "select o.case_id, c.number, o.token, o.handler, o.kind, o.reason, o.attempts, o.changed_at " \
  "from outbox o join cases c on c.id = o.case_id where o.status = 'incident' "
Search const k_effects{
    .all = {"outbox_incidents",
            QYZMET_INCIDENT "order by o.changed_at, o.case_id, o.token limit $1 offset $2"},
    .one = {"outbox_incident", QYZMET_INCIDENT "and o.case_id = $1 and o.token = $2"}};
#undef QYZMET_INCIDENT

template <class... Arguments>
std::vector<CaseIncident> cases_where(Connection& connection, Sql const& sql,
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

template <class... Arguments>
std::vector<OutboxIncident> effects_where(Connection& connection, Sql const& sql,
                                          Arguments const&... arguments) {
  std::vector<OutboxIncident> rows;
  for (auto& [id, number, token, handler, kind, reason, attempts, since] :
       connection.query<CaseId, std::string, std::int32_t, std::string, std::string, std::string,
                        int, Instant>(sql, arguments...))
    rows.push_back({.case_id = id,
                    .number = number,
                    .token = token,
                    .handler = handler,
                    .kind = kind,
                    .reason = reason,
                    .attempts = attempts,
                    .since = since});
  return rows;
}

template <class Incident>
std::optional<Incident> first(std::vector<Incident> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

std::vector<CaseIncident> case_incidents(Connection& connection, int limit, int offset) {
  return cases_where(connection, k_cases.all, limit, offset);
}

std::vector<OutboxIncident> outbox_incidents(Connection& connection, int limit, int offset) {
  return effects_where(connection, k_effects.all, limit, offset);
}

std::optional<CaseIncident> find_case_incident(Connection& connection, CaseId case_id,
                                               std::int32_t token) {
  return first(cases_where(connection, k_cases.one, case_id, token));
}

std::optional<OutboxIncident> find_outbox_incident(Connection& connection, CaseId case_id,
                                                   std::int32_t token) {
  return first(effects_where(connection, k_effects.one, case_id, token));
}

}  // namespace qyzmet::db
