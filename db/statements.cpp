#include "db/statements.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_keep{"keep_statement",
                 "insert into statement (sha256, person_id, case_id, xml_sealed, expires) "
                 "values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second')"};
Sql const k_find{"find_statement",
                 "select xml_sealed, exists (select from case_document d where d.case_id = "
                 "s.case_id and d.sha256 = s.sha256) from statement s where sha256 = $1 and "
                 "person_id = $2 and case_id = $3 and expires > clock_timestamp()"};

Place place_of(std::string const& sha256) {
  return {.table = "statement", .column = "xml", .row = sha256};
}

}  // namespace

void keep_statement(Connection& connection, Statement const& statement,
                    std::chrono::seconds lifetime) {
  connection.execute(k_keep, statement.sha256, statement.person, statement.case_id,
                     connection.vault().seal(statement.xml, place_of(statement.sha256)),
                     std::int64_t{lifetime.count()});
}

std::optional<Statement> find_statement(Connection& connection, std::string const& sha256,
                                        PersonId person, CaseId case_id) {
  auto const row = connection.one<Bytes, bool>(k_find, sha256, person, case_id);
  if (!row) return std::nullopt;
  auto const& [xml, accepted] = *row;
  return Statement{.sha256 = sha256,
                   .person = person,
                   .case_id = case_id,
                   .xml = connection.vault().open(xml, place_of(sha256)),
                   .accepted = accepted};
}

}  // namespace qyzmet::db
