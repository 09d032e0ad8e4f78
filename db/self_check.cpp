#include "db/self_check.hpp"

#include "db/packing.hpp"

namespace qyzmet::db {

namespace {

Sql const k_read{"self_check",
                 "select last_case, cases, differences, began, ended from self_check"};
Sql const k_hold{"hold_self_check",
                 "select pg_try_advisory_xact_lock(hashtextextended('self_check', 0))"};
Sql const k_keep{"keep_self_check",
                 "update self_check set last_case = $1, cases = $2, differences = $3, began = $4, "
                 "ended = $5"};
Sql const k_cases{"self_check_cases", "select id from cases where id > $1 order by id limit $2"};
Sql const k_finding{
    "keep_finding",
    "insert into self_check_finding as f (case_id, seq, what) values ($1, $2, $3) "
    "on conflict (case_id) do update set seq = excluded.seq, what = excluded.what, "
    "found_at = clock_timestamp() where (f.seq, f.what) <> (excluded.seq, excluded.what)"};
Sql const k_drop{"drop_finding", "delete from self_check_finding where case_id = $1"};
Sql const k_findings{"self_check_findings",
                     "select f.case_id, c.number, f.seq, f.what, f.found_at "
                     "from self_check_finding f join cases c on c.id = f.case_id "
                     "order by f.found_at, f.case_id limit $1 offset $2"};
Sql const k_replace{"replace_state",
                    "update cases set state_sealed = $3 where id = $1 and version = $2"};
Sql const k_count{"count_findings", "select count(*) from self_check_finding"};

}  // namespace

SelfCheck self_check(Connection& connection) {
  auto const [last, cases, differences, began, ended] =
      *connection
           .one<CaseId, std::int64_t, std::int64_t, std::optional<Instant>, std::optional<Instant>>(
               k_read);
  return {.last = last, .cases = cases, .differences = differences, .began = began, .ended = ended};
}

bool hold_self_check(Connection& connection) {
  return std::get<0>(*connection.one<bool>(k_hold));
}

void keep_self_check(Connection& connection, SelfCheck const& now) {
  connection.execute(k_keep, now.last, now.cases, now.differences, now.began, now.ended);
}

std::vector<CaseId> cases_after(Connection& connection, CaseId last, int limit) {
  std::vector<CaseId> ids;
  for (auto const& [id] : connection.query<CaseId>(k_cases, last, limit)) ids.push_back(id);
  return ids;
}

void keep_finding(Connection& connection, SelfCheckFinding const& finding) {
  connection.execute(k_finding, finding.case_id, finding.seq, finding.what);
}

bool drop_finding(Connection& connection, CaseId id) {
  return connection.execute(k_drop, id) > 0;
}

std::vector<SelfCheckFinding> self_check_findings(Connection& connection, int limit, int offset) {
  std::vector<SelfCheckFinding> out;
  for (auto& [id, number, seq, what, found] :
       connection.query<CaseId, std::string, std::int64_t, std::string, Instant>(k_findings, limit,
                                                                                 offset))
    out.push_back({.case_id = id,
                   .number = std::move(number),
                   .seq = seq,
                   .what = std::move(what),
                   .found = found});
  return out;
}

std::int64_t count_findings(Connection& connection) {
  return std::get<0>(*connection.one<std::int64_t>(k_count));
}

bool replace_state(Connection& connection, CaseId id, std::int64_t version,
                   std::string const& state) {
  auto const sealed =
      seal_packed(connection.vault(), state,
                  {.table = "cases",
                   .column = "state",
                   .row = std::to_string(id.value) + "/" + std::to_string(version)});
  return connection.execute(k_replace, id, version, sealed) == 1;
}

}  // namespace qyzmet::db
