#include "db/audit.hpp"

namespace qyzmet::db {

namespace {

constexpr int k_attempts_max = 20;

// Number, time and hash are set by the trigger of the table.
Sql const k_log{
    "log_reads",
    "insert into read_log (person_id, reader_id, role, case_id, purpose, fields, client_id) "
    "select p, nullif(r, 0), o, nullif(c, 0), u, f, nullif(k, 0) from unnest($1::bigint[], "
    "$2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[]) "
    "x(p, r, o, c, u, f, k) order by p"};
Sql const k_reads{
    "reads_of",
    "select coalesce(l.reader_id, 0), l.role, l.case_id, l.purpose, l.fields, l.seq, l.at, "
    "coalesce(p.name, k.name), coalesce(c.number, ''), l.client_id from read_log l "
    "left join app_user u on u.id = l.reader_id left join person p on p.id = u.person_id "
    "left join api_client k on k.id = l.client_id left join cases c on c.id = l.case_id "
    "where l.person_id = $1 order by l.seq desc offset $2 limit $3"};
Sql const k_act{"log_act", "insert into act_log (actor_id, act, details) values ($1, $2, $3)"};

/// Two readers of one person ask for the same next number: the second tries again.
template <class Append>
void append(Append&& write) {
  for (int attempt = 1;; ++attempt) {
    try {
      write();
      return;
    } catch (Conflict const& conflict) {
      if (conflict.sqlstate() != "23505" || attempt == k_attempts_max) throw;
    } catch (Retry const&) {
      if (attempt == k_attempts_max) throw;
    }
  }
}

}  // namespace

void log_read(Connection& connection, ReadEntry const& entry) {
  log_reads(connection, {entry});
}

void log_reads(Connection& connection, std::vector<ReadEntry> const& entries) {
  std::vector<PersonId> persons;
  std::vector<UserId> readers;
  std::vector<CaseId> cases;
  std::vector<ClientId> clients;
  std::vector<std::string> roles, purposes, fields;
  for (auto const& entry : entries) {
    persons.push_back(entry.person);
    readers.push_back(entry.reader);
    roles.push_back(entry.role);
    cases.push_back(entry.case_id.value_or(CaseId{}));
    clients.push_back(entry.client.value_or(ClientId{}));
    purposes.push_back(entry.purpose);
    fields.push_back(entry.fields);
  }
  if (entries.empty()) return;
  append([&] {
    connection.execute(k_log, persons, readers, roles, cases, purposes, fields, clients);
  });
}

std::vector<ReadEntry> reads_of(Connection& connection, PersonId person, int offset, int limit) {
  std::vector<ReadEntry> rows;
  for (auto& [reader, role, case_id, purpose, fields, seq, at, name, number, client] :
       connection.query<UserId, std::string, std::optional<CaseId>, std::string, std::string,
                        std::int64_t, Instant, std::string, std::string, std::optional<ClientId>>(
           k_reads, person, offset, limit))
    rows.push_back({.person = person,
                    .reader = reader,
                    .role = role,
                    .case_id = case_id,
                    .purpose = purpose,
                    .fields = fields,
                    .seq = seq,
                    .at = at,
                    .reader_name = name,
                    .number = number,
                    .client = client});
  return rows;
}

void log_act(Connection& connection, std::optional<UserId> actor, std::string const& act,
             std::string const& details_json) {
  append([&] { connection.execute(k_act, actor, act, details_json); });
}

}  // namespace qyzmet::db
