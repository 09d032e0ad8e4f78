#include "db/documents.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_store{"store_document",
                  "insert into document (sha256, media_type, size, content_sealed, path, verdict) "
                  "values ($1, $2, $3, $4, $5, $6) on conflict (sha256) do nothing"};
Sql const k_find{"find_document",
                 "select media_type, size, content_sealed, path, verdict from document "
                 "where sha256 = $1"};
Sql const k_store_page{"store_document_page",
                       "insert into document_page (document, content_sealed) values ($1, $2) "
                       "on conflict (document) do nothing"};
Sql const k_page{"find_document_page",
                 "select content_sealed from document_page where document = $1"};
Sql const k_sweep{
    "sweep_documents",
    "with gone as (delete from document d where d.stored_at < clock_timestamp() - "
    "$1 * interval '1 hour' and not exists (select from case_document c where c.sha256 = d.sha256) "
    "and not exists (select from draft_file f where f.sha256 = d.sha256) "
    "and not exists (select from notice n where n.document = d.sha256) "
    "and not exists (select from signature s where s.document = d.sha256) returning path) "
    "select path from gone where path is not null"};

Sql const k_store_signature{
    "store_signature",
    "with fresh as (insert into signature (digest, document, case_id, signer_id, method, "
    "cms_sealed, evidence_sealed, verdict_sealed, best_time) values ($1, $2, $3, $4, $5, $6, $7, "
    "$8, $9) on conflict on constraint signature_digest do nothing returning digest) "
    "insert into archive (signature, due) select digest, qyzmet_now() from fresh"};
#define QYZMET_SIGNATURE                                                               \
  "select digest, document, case_id, signer_id, method, cms_sealed, evidence_sealed, " \
  "verdict_sealed, best_time from signature where "
Sql const k_signature{"find_signature", QYZMET_SIGNATURE "digest = $1"};
Sql const k_of_document{"signatures_of_document",
                        QYZMET_SIGNATURE "document = $1 order by best_time, stored_at, digest"};
Sql const k_of_case{"signatures_of_case",
                    QYZMET_SIGNATURE "case_id = $1 order by best_time, stored_at, digest"};
#undef QYZMET_SIGNATURE

Sql const k_notice{
    "send_notice",
    "with fresh as (insert into notice (case_id, person_id, kind, document, arguments_sealed, key, "
    "sent) values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint notice_once do nothing "
    "returning id) "
    "select id from fresh union all select id from notice where key = $6 limit 1"};
#define QYZMET_NOTICE                                                                  \
  "select n.id, n.case_id, coalesce(c.service, ''), coalesce(c.number, ''), "          \
  "n.person_id, n.kind, coalesce(n.document, ''), n.arguments_sealed, n.key, n.sent, " \
  "n.delivered, n.read, n.channel "                                                    \
  "from notice n left join cases c on c.id = n.case_id where "
Sql const k_of_person{"notices_of_person",
                      QYZMET_NOTICE "n.person_id = $1 order by n.sent desc, n.id desc limit $2"};
Sql const k_in_case{"notices_of_case", QYZMET_NOTICE "n.case_id = $1 order by n.sent, n.id"};
#undef QYZMET_NOTICE
Sql const k_delivered{"mark_delivered",
                      "update notice set delivered = greatest(sent, $2::timestamptz), "
                      "channel = $3 where id = $1 and delivered is null"};
Sql const k_read{"mark_read",
                 "update notice set read = coalesce(read, greatest(sent, $3::timestamptz)) "
                 "where id = $1 and person_id = $2"};

Place page_cell(std::string const& sha256) {
  return {.table = "document_page", .column = "content", .row = sha256};
}

template <class Key>
std::vector<Signature> signatures_where(Connection& connection, Sql const& sql, Key const& key) {
  std::vector<Signature> rows;
  for (auto& [digest, document, case_id, signer, method, cms, evidence, verdict, best_time] :
       connection.query<std::string, std::string, std::optional<CaseId>, std::optional<UserId>,
                        std::string, Bytes, Bytes, Bytes, Instant>(sql, key)) {
    auto const open = [&, &row = digest](std::string_view column, Bytes const& bytes) {
      return connection.vault().open(bytes, {.table = "signature", .column = column, .row = row});
    };
    rows.push_back({.digest = digest,
                    .document = document,
                    .case_id = case_id,
                    .signer = signer,
                    .method = method,
                    .cms = open("cms", cms),
                    .evidence = open("evidence", evidence),
                    .verdict = open("verdict", verdict),
                    .best_time = best_time});
  }
  return rows;
}

template <class... Arguments>
std::vector<Notice> notices_where(Connection& connection, Sql const& sql,
                                  Arguments const&... arguments) {
  std::vector<Notice> rows;
  for (auto& [id, case_id, service, number, person, kind, document, sealed, key, sent, delivered,
              read, channel] :
       connection.query<NoticeId, std::optional<CaseId>, std::string, std::string, PersonId,
                        std::string, std::string, Bytes, std::string, Instant,
                        std::optional<Instant>, std::optional<Instant>, std::string>(sql,
                                                                                     arguments...))
    rows.push_back({.id = id,
                    .case_id = case_id,
                    .service = service,
                    .number = number,
                    .person = person,
                    .kind = kind,
                    .document = document,
                    .arguments = connection.vault().open(
                        sealed, {.table = "notice", .column = "arguments", .row = key}),
                    .key = key,
                    .sent = sent,
                    .delivered = delivered,
                    .read = read,
                    .channel = channel});
  return rows;
}

}  // namespace

void store_document(Connection& connection, Document const& d) {
  std::optional<Bytes> content;
  std::optional<std::string> path;
  if (d.path.empty())
    content = connection.vault().seal(d.content,
                                      {.table = "document", .column = "content", .row = d.sha256});
  else
    path = d.path;
  connection.execute(k_store, d.sha256, d.media_type, d.size, content, path, d.verdict);
  if (!d.page.empty())
    connection.execute(k_store_page, d.sha256,
                       connection.vault().seal(d.page, page_cell(d.sha256)));
}

std::string find_document_page(Connection& connection, std::string const& sha256) {
  auto const row = connection.one<Bytes>(k_page, sha256);
  return row ? connection.vault().open(std::get<0>(*row), page_cell(sha256)) : std::string{};
}

std::optional<Document> find_document(Connection& connection, std::string const& sha256) {
  auto const row = connection.one<std::string, std::int64_t, std::optional<Bytes>,
                                  std::optional<std::string>, std::string>(k_find, sha256);
  if (!row) return std::nullopt;
  auto const& [media_type, size, sealed, path, verdict] = *row;
  Document document{.sha256 = sha256,
                    .media_type = media_type,
                    .size = size,
                    .content = {},
                    .path = path.value_or(""),
                    .verdict = verdict};
  if (sealed)
    document.content =
        connection.vault().open(*sealed, {.table = "document", .column = "content", .row = sha256});
  return document;
}

std::vector<std::string> sweep_documents(Connection& connection, int hours) {
  std::vector<std::string> paths;
  for (auto& [path] : connection.query<std::string>(k_sweep, hours)) paths.push_back(path);
  return paths;
}

bool store_signature(Connection& connection, Signature const& s) {
  auto const seal = [&](std::string_view column, std::string const& plain) {
    return connection.vault().seal(plain,
                                   {.table = "signature", .column = column, .row = s.digest});
  };
  return connection.execute(k_store_signature, s.digest, s.document, s.case_id, s.signer, s.method,
                            seal("cms", s.cms), seal("evidence", s.evidence),
                            seal("verdict", s.verdict), s.best_time) == 1;
}

std::optional<Signature> find_signature(Connection& connection, std::string const& digest) {
  auto rows = signatures_where(connection, k_signature, digest);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}
std::vector<Signature> signatures_of(Connection& connection, std::string const& document) {
  return signatures_where(connection, k_of_document, document);
}
std::vector<Signature> signatures_of(Connection& connection, CaseId case_id) {
  return signatures_where(connection, k_of_case, case_id);
}

NoticeId send_notice(Connection& connection, Notice const& n) {
  auto const arguments = connection.vault().seal(
      n.arguments, {.table = "notice", .column = "arguments", .row = n.key});
  auto const document =
      n.document.empty() ? std::optional<std::string>{} : std::optional{n.document};
  // A row that another worker has just made is seen by the second try.
  for (int attempt = 0; attempt < 2; ++attempt)
    if (auto const row = connection.one<NoticeId>(k_notice, n.case_id, n.person, n.kind, document,
                                                  arguments, n.key, n.sent))
      return std::get<0>(*row);
  throw Retry{"a notice appeared at this moment", "40001"};
}
std::vector<Notice> notices_of_person(Connection& connection, PersonId person, int limit) {
  return notices_where(connection, k_of_person, person, limit);
}
std::vector<Notice> notices_of_case(Connection& connection, CaseId case_id) {
  return notices_where(connection, k_in_case, case_id);
}
void mark_delivered(Connection& connection, NoticeId id, Instant at, std::string const& channel) {
  connection.execute(k_delivered, id, at, channel);
}
bool mark_read(Connection& connection, NoticeId id, PersonId person, Instant at) {
  return connection.execute(k_read, id, person, at) == 1;
}

}  // namespace qyzmet::db
