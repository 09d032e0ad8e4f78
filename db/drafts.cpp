#include "db/drafts.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

constexpr int k_files_max = 10;

Sql const k_create{"create_draft",
                   "insert into draft (id, person_id, service, answers_sealed, nonce) "
                   "values ($1, $2, $3, $4, $5)"};
#define QYZMET_DRAFT                                                                         \
  "select d.id, d.person_id, d.service, d.answers_sealed, d.nonce, d.version, d.changed_at " \
  "from draft d where d.person_id = $1 "
Sql const k_load{"load_draft", QYZMET_DRAFT "and d.id = $2"};
Sql const k_mine{"drafts_of", QYZMET_DRAFT "order by d.changed_at desc"};
#undef QYZMET_DRAFT
Sql const k_files{"draft_files",
                  "select f.code, f.sha256, f.name, d.media_type, d.size from draft_file f "
                  "join document d on d.sha256 = f.sha256 where f.draft_id = $1 "
                  "order by f.added_at, f.code, f.sha256"};
Sql const k_save{"save_draft",
                 "update draft set answers_sealed = $3, nonce = $4, version = version + 1, "
                 "changed_at = clock_timestamp() where id = $1 and version = $2 "
                 "and person_id = $5"};
// The row lock of the draft keeps two uploads from passing the limit together.
Sql const k_add_file{
    "add_draft_file",
    "with d as (update draft set version = version + 1, changed_at = clock_timestamp() "
    "where id = $1 and person_id = $2 and "
    "(select count(*) from draft_file where draft_id = $1) < $6 returning id) "
    "insert into draft_file (draft_id, code, sha256, name) select d.id, $3, $4, $5 from d "
    "on conflict (draft_id, code, sha256) do update set name = excluded.name"};
Sql const k_lock{"lock_draft", "select 1 from draft where id = $1 and person_id = $2 for update"};
Sql const k_remove_file{
    "remove_draft_file",
    "with d as (update draft set version = version + 1, changed_at = clock_timestamp() "
    "where id = $1 and person_id = $2 returning id) "
    "delete from draft_file f using d where f.draft_id = d.id and f.code = $3 and f.sha256 = $4"};
Sql const k_delete{"delete_draft", "delete from draft where id = $1 and person_id = $2"};

Bytes sealed(Connection& connection, Draft const& draft) {
  return connection.vault().seal(draft.answers,
                                 {.table = "draft", .column = "answers", .row = draft.id});
}

template <class... Arguments>
std::vector<Draft> drafts_where(Connection& connection, Sql const& sql,
                                Arguments const&... arguments) {
  std::vector<Draft> drafts;
  for (auto& [id, person, service, answers, nonce, version, changed] :
       connection
           .query<std::string, PersonId, std::string, Bytes, std::string, std::int64_t, Instant>(
               sql, arguments...))
    drafts.push_back({.id = id,
                      .person = person,
                      .service = service,
                      .answers = connection.vault().open(
                          answers, {.table = "draft", .column = "answers", .row = id}),
                      .nonce = nonce,
                      .files = {},
                      .version = version,
                      .changed = changed});
  for (auto& draft : drafts)
    for (auto& [code, hash, name, media_type, size] :
         connection.query<std::string, std::string, std::string, std::string, std::int64_t>(
             k_files, draft.id))
      draft.files.push_back(
          {.code = code, .sha256 = hash, .name = name, .media_type = media_type, .size = size});
  return drafts;
}

}  // namespace

void create_draft(Connection& connection, Draft const& draft) {
  connection.execute(k_create, draft.id, draft.person, draft.service, sealed(connection, draft),
                     draft.nonce);
}

std::optional<Draft> load_draft(Connection& connection, std::string const& id, PersonId person) {
  auto drafts = drafts_where(connection, k_load, person, id);
  if (drafts.empty()) return std::nullopt;
  return std::move(drafts.front());
}
std::vector<Draft> drafts_of(Connection& connection, PersonId person) {
  return drafts_where(connection, k_mine, person);
}

bool save_draft(Connection& connection, Draft const& draft) {
  return connection.execute(k_save, draft.id, draft.version, sealed(connection, draft), draft.nonce,
                            draft.person) == 1;
}

bool add_draft_file(Connection& connection, std::string const& id, PersonId person,
                    DraftFile const& file) {
  return connection.transaction([&] {
    connection.query<std::int64_t>(k_lock, id, person);
    return connection.execute(k_add_file, id, person, file.code, file.sha256, file.name,
                              k_files_max) == 1;
  });
}

bool remove_draft_file(Connection& connection, std::string const& id, PersonId person,
                       std::string const& code, std::string const& sha256) {
  return connection.execute(k_remove_file, id, person, code, sha256) == 1;
}

bool delete_draft(Connection& connection, std::string const& id, PersonId person) {
  return connection.execute(k_delete, id, person) == 1;
}

}  // namespace qyzmet::db
