#include "db/archive.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_claim{
    "claim_archives",
    "update archive a set due = $1::timestamptz + $2 * interval '1 second' from (select signature "
    "from archive where due <= $1 order by due limit $3 for update skip locked) d "
    "where a.signature = d.signature returning a.signature, a.material_sealed, a.record"};
Sql const k_keep{"keep_archive",
                 "update archive set material_sealed = coalesce(material_sealed, $2), record = $3, "
                 "due = $4 where signature = $1"};
Sql const k_postpone{"postpone_archive", "update archive set due = $2 where signature = $1"};
Sql const k_of_case{"archives_of_case",
                    "select a.signature, a.material_sealed, a.record from archive a join signature "
                    "s on s.digest = a.signature where s.case_id = $1"};

using Row = std::tuple<std::string, std::optional<Bytes>, std::optional<Bytes>>;

Place place_of(std::string const& signature) {
  return {.table = "archive", .column = "material", .row = signature};
}

std::vector<Archive> opened(Connection& connection, std::vector<Row> const& rows) {
  std::vector<Archive> out;
  for (auto const& [signature, material, record] : rows) {
    Archive archive{.signature = signature, .material = {}, .record = {}};
    if (material) archive.material = connection.vault().open(*material, place_of(signature));
    if (record) archive.record = record->value;
    out.push_back(std::move(archive));
  }
  return out;
}

}  // namespace

std::vector<Archive> claim_archives(Connection& connection, Instant now, std::chrono::seconds lease,
                                    int limit) {
  return opened(connection,
                connection.query<std::string, std::optional<Bytes>, std::optional<Bytes>>(
                    k_claim, now, std::int64_t{lease.count()}, limit));
}

void keep_archive(Connection& connection, Archive const& archive, Instant due) {
  connection.execute(k_keep, archive.signature,
                     connection.vault().seal(archive.material, place_of(archive.signature)),
                     Bytes{archive.record}, due);
}

void postpone_archive(Connection& connection, std::string const& signature, Instant due) {
  connection.execute(k_postpone, signature, due);
}

std::vector<Archive> archives_of(Connection& connection, CaseId case_id) {
  return opened(connection,
                connection.query<std::string, std::optional<Bytes>, std::optional<Bytes>>(k_of_case,
                                                                                          case_id));
}

}  // namespace qyzmet::db
