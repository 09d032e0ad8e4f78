#include "db/signers.hpp"

namespace qyzmet::db {

namespace {

Sql const k_keep_named{"keep_named_signer",
                       "insert into named_signer (document, head_id) values ($1, $2) "
                       "on conflict (document) do nothing"};
Sql const k_named{"named_signer", "select head_id from named_signer where document = $1"};
Sql const k_keep_redrawn{
    "keep_redrawn",
    "insert into redrawn (original, head_id, document, case_id, code) values ($1, $2, $3, $4, $5) "
    "on conflict (original, head_id) do update set document = excluded.document, "
    "drawn_at = excluded.drawn_at"};
Sql const k_redrawn{"find_redrawn",
                    "select case_id, code, document from redrawn where original = $1 and "
                    "head_id = $2"};
Sql const k_of_case{
    "redrawn_of_case",
    "select r.code, r.document, f.media_type, f.size, r.drawn_at, "
    "exists (select from document_page p where p.document = r.document) "
    "from redrawn r join document f on f.sha256 = r.document where r.case_id = $1 and not exists "
    "(select from case_document d where d.case_id = r.case_id and d.sha256 = r.document) "
    "order by r.drawn_at, r.document"};

}  // namespace

void keep_named_signer(Connection& connection, std::string const& document,
                       NamedSigner const& named) {
  connection.execute(k_keep_named, document, named.official);
}

std::optional<NamedSigner> named_signer(Connection& connection, std::string const& document) {
  auto const row = connection.one<std::optional<UserId>>(k_named, document);
  if (!row) return std::nullopt;
  return NamedSigner{.official = std::get<0>(*row)};
}

void keep_redrawn(Connection& connection, Redrawn const& paper) {
  connection.execute(k_keep_redrawn, paper.original, paper.official, paper.sha256, paper.case_id,
                     paper.code);
}

std::optional<Redrawn> find_redrawn(Connection& connection, std::string const& original,
                                    UserId official) {
  auto const row = connection.one<CaseId, std::string, std::string>(k_redrawn, original, official);
  if (!row) return std::nullopt;
  auto const& [id, code, sha256] = *row;
  return Redrawn{
      .case_id = id, .original = original, .official = official, .code = code, .sha256 = sha256};
}

std::vector<CaseDocumentRow> redrawn_of_case(Connection& connection, CaseId id) {
  std::vector<CaseDocumentRow> rows;
  for (auto& [code, sha256, media_type, size, drawn, page] :
       connection.query<std::string, std::string, std::string, std::int64_t, Instant, bool>(
           k_of_case, id))
    rows.push_back({.code = code,
                    .sha256 = sha256,
                    .name = code + ".pdf",
                    .direction = "inner",
                    .media_type = media_type,
                    .size = size,
                    .seq = 0,
                    .added = drawn,
                    .page = page});
  return rows;
}

}  // namespace qyzmet::db
