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

using Row = std::tuple<std::string, PersonId, Bytes, Bytes, Instant, std::optional<Bytes>,
                       std::string, std::string, std::string>;

Submission opened(Connection& connection, Row const& row) {
  auto const& [id, person, xml, cms, received, token, status, reason, number] = row;
  auto const& vault = connection.vault();
  return {.id = id,
          .person = person,
          .xml = vault.open(xml, xml_place(id)),
          .cms = vault.open(cms, cms_place(id)),
          .received = received,
          .token = token ? token->value : std::string{},
          .status = status,
          .reason = reason,
          .number = number};
}

template <class Key>
std::vector<Submission> submissions_where(Connection& connection, Sql const& sql, Key const& key) {
  std::vector<Submission> out;
  for (auto const& row :
       connection.query<std::string, PersonId, Bytes, Bytes, Instant, std::optional<Bytes>,
                        std::string, std::string, std::string>(sql, key))
    out.push_back(opened(connection, row));
  return out;
}

Sql const k_keep{"keep_submission", R"(
insert into submission (id, person_id, xml_sealed, cms_sealed, received, token, status)
values ($1, $2, $3, $4, $5, $6, 'pending') on conflict (id) do update
set received = excluded.received, token = excluded.token, status = 'pending', reason = '',
decided_at = null where submission.status = 'rejected')"};
Sql const k_pending{"pending_submissions", R"(
select id, person_id, xml_sealed, cms_sealed, received, token, status, reason, number
from submission where status = 'pending' order by received limit $1)"};
Sql const k_of_person{"submissions_of_person", R"(
select id, person_id, xml_sealed, cms_sealed, received, token, status, reason, number
from submission where person_id = $1 and status <> 'accepted' order by received desc limit 20)"};
Sql const k_decide{"decide_submission", R"(
update submission set status = $2, reason = $3, number = $4, decided_at = clock_timestamp()
where id = $1 and status = 'pending')"};

}  // namespace

void keep_submission(Connection& connection, Submission const& submission) {
  auto const& vault = connection.vault();
  connection.execute(
      k_keep, submission.id, submission.person,
      vault.seal(submission.xml, xml_place(submission.id)),
      vault.seal(submission.cms, cms_place(submission.id)), submission.received,
      submission.token.empty() ? std::optional<Bytes>{} : std::optional{Bytes{submission.token}});
}

std::vector<Submission> pending_submissions(Connection& connection, int limit) {
  return submissions_where(connection, k_pending, limit);
}

std::vector<Submission> submissions_of(Connection& connection, PersonId person) {
  return submissions_where(connection, k_of_person, person);
}

void decide_submission(Connection& connection, std::string const& id, std::string const& status,
                       std::string const& reason, std::string const& number) {
  connection.execute(k_decide, id, status, reason, number);
}

}  // namespace qyzmet::db
