#include "db/case_migrations.hpp"

#include "db/packing.hpp"
#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_open{"open_batch",
                 "insert into migration_batch (from_package, to_package, nodes, reason, made_by) "
                 "values ($1, $2, $3, $4, $5) returning id"};
Sql const k_find{"find_batch",
                 "select id, from_package, to_package, nodes, reason, made_by, made_at "
                 "from migration_batch where id = $1"};
Sql const k_cases{"cases_of_package",
                  "select id from cases where package = $1 and not ended and id > $2 order by id "
                  "limit $3"};
Sql const k_use{"package_use",
                "select package, count(*) filter (where not ended), "
                "count(*) filter (where ended) from cases group by package"};
Sql const k_moved{"moved_cases",
                  "select case_id, seq from case_migration where batch_id = $1 and "
                  "undone_seq is null order by case_id"};
Sql const k_before{"state_before_move",
                   "select state_sealed from case_migration where case_id = $1 and seq = $2"};

}  // namespace

std::int64_t open_batch(Connection& connection, MigrationBatch const& batch) {
  return std::get<0>(*connection.one<std::int64_t>(k_open, batch.from, batch.to, batch.nodes,
                                                   batch.reason, batch.by));
}

std::optional<MigrationBatch> find_batch(Connection& connection, std::int64_t id) {
  auto row = connection.one<std::int64_t, std::string, std::string, std::string, std::string,
                            UserId, Instant>(k_find, id);
  if (!row) return std::nullopt;
  auto& [key, from, to, nodes, reason, by, made] = *row;
  return MigrationBatch{.id = key,
                        .from = std::move(from),
                        .to = std::move(to),
                        .nodes = std::move(nodes),
                        .reason = std::move(reason),
                        .by = by,
                        .made = made};
}

std::vector<CaseId> cases_of_package(Connection& connection, std::string const& sha256, CaseId last,
                                     int limit) {
  std::vector<CaseId> ids;
  for (auto const& [id] : connection.query<CaseId>(k_cases, sha256, last, limit)) ids.push_back(id);
  return ids;
}

std::vector<PackageUse> package_use(Connection& connection) {
  std::vector<PackageUse> out;
  for (auto& [sha256, open, ended] :
       connection.query<std::string, std::int64_t, std::int64_t>(k_use))
    out.push_back({.sha256 = std::move(sha256), .open = open, .ended = ended});
  return out;
}

std::vector<MovedCase> moved_cases(Connection& connection, std::int64_t batch) {
  std::vector<MovedCase> out;
  for (auto const& [id, seq] : connection.query<CaseId, std::int64_t>(k_moved, batch))
    out.push_back({.id = id, .seq = seq});
  return out;
}

std::optional<std::string> state_before_move(Connection& connection, CaseId id, std::int64_t seq) {
  auto const row = connection.one<Bytes>(k_before, id, seq);
  if (!row) return std::nullopt;
  return open_packed(connection.vault(), std::get<0>(*row),
                     {.table = "case_migration",
                      .column = "state",
                      .row = std::to_string(id.value) + "/" + std::to_string(seq)});
}

}  // namespace qyzmet::db
