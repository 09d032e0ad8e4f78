#include "db/submissions.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

constexpr Place xml_place(std::string_view id) {
  return {"submission", "xml", id};
}
constexpr Place cms_place(std::string_view id) {
  return {"submission", "cms", id};
}

using Row =
    std::tuple<std::string, PersonId, Bytes, Bytes, Instant, std::string, std::string, std::string>;

Submission opened(Connection& connection, Row const& row) {
  auto const& [id, person, xml, cms, received, status, reason, number] = row;
  auto const& vault = connection.vault();
  return {.id = id,
          .person = person,
          .xml = vault.open(xml, xml_place(id)),
          .cms = vault.open(cms, cms_place(id)),
          .received = received,
          .status = status,
          .reason = reason,
          .number = number};
}

Sql const k_keep{"keep_submission", R"(
insert into submission (id, person_id, xml_sealed, cms_sealed, received, status)
values ($1, $2, $3, $4, $5, 'pending') on conflict (id) do update
set received = excluded.received, status = 'pending', reason = '', decided_at = null
where submission.status = 'rejected')"};
Sql const k_pending{"pending_submissions", R"(
select id, person_id, xml_sealed, cms_sealed, received, status, reason, number
from submission where status = 'pending' order by received limit $1)"};
Sql const k_of_person{"submissions_of_person", R"(
select id, person_id, xml_sealed, cms_sealed, received, status, reason, number
from submission where person_id = $1 and status <> 'accepted' order by received desc limit 20)"};
Sql const k_decide{"decide_submission", R"(
update submission set status = $2, reason = $3, number = $4, decided_at = clock_timestamp()
where id = $1 and status = 'pending')"};

}  // namespace

void keep_submission(Connection& connection, Submission const& submission) {
  auto const& vault = connection.vault();
  connection.execute(k_keep, submission.id, submission.person,
                     vault.seal(submission.xml, xml_place(submission.id)),
                     vault.seal(submission.cms, cms_place(submission.id)), submission.received);
}

std::vector<Submission> pending_submissions(Connection& connection, int limit) {
  std::vector<Submission> out;
  for (auto const& row : connection.query<std::string, PersonId, Bytes, Bytes, Instant, std::string,
                                          std::string, std::string>(k_pending, limit))
    out.push_back(opened(connection, row));
  return out;
}

std::vector<Submission> submissions_of(Connection& connection, PersonId person) {
  std::vector<Submission> out;
  for (auto const& row : connection.query<std::string, PersonId, Bytes, Bytes, Instant, std::string,
                                          std::string, std::string>(k_of_person, person))
    out.push_back(opened(connection, row));
  return out;
}

void decide_submission(Connection& connection, std::string const& id, std::string const& status,
                       std::string const& reason, std::string const& number) {
  connection.execute(k_decide, id, status, reason, number);
}

}  // namespace qyzmet::db
