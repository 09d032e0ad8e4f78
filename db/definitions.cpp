#include "db/definitions.hpp"

namespace qyzmet::db {

namespace {

// An amendment ends the open days of its predecessor; nothing else of it changes.
Sql const k_close{"close_definition",
                  "update definition set until_day = $2::date - 1 where service = $1 "
                  "and until_day is null and from_day < $2 and sha256 <> $3"};
Sql const k_deploy{"deploy_package",
                   "insert into definition (sha256, service, number, version, from_day, until_day, "
                   "deployed_by) values ($1, $2, $3, $4, $5, $6, $7)"};
Sql const k_known{"find_package", "select 1 from definition where sha256 = $1"};
Sql const k_file{"deploy_files",
                 "insert into definition_file (sha256, name, content) "
                 "select $1, x.* from unnest($2::text[], $3::bytea[]) x"};
#define QYZMET_PACKAGE                                                                      \
  "select sha256, service, number, version, from_day, until_day, deployed_at, deployed_by " \
  "from definition "
Sql const k_list{"packages", QYZMET_PACKAGE "order by service, from_day"};
Sql const k_on{"package_on", QYZMET_PACKAGE
               "where service = $1 and daterange(from_day, until_day, '[]') @> $2::date"};
#undef QYZMET_PACKAGE
Sql const k_files{"package_files", "select name, content from definition_file where sha256 = $1"};

template <class... Arguments>
std::vector<PackageRow> packages_where(Connection& connection, Sql const& sql,
                                       Arguments const&... arguments) {
  std::vector<PackageRow> rows;
  for (auto& [hash, service, number, version, from, until, deployed, by] :
       connection.query<std::string, std::string, std::string, std::string, Date,
                        std::optional<Date>, Instant, std::optional<UserId>>(sql, arguments...))
    rows.push_back({.sha256 = hash,
                    .service = service,
                    .number = number,
                    .version = version,
                    .from = from,
                    .until = until,
                    .deployed = deployed,
                    .by = by});
  return rows;
}

}  // namespace

PackageRow package_row(engine::Package const& package) {
  return {.sha256 = package.sha256,
          .service = package.service,
          .number = package.number,
          .version = package.version,
          .from = package.effective_from,
          .until = package.effective_to,
          .deployed = {}};
}

void deploy_package(Connection& connection, PackageRow const& row, Files const& files) {
  std::vector<std::string> names;
  std::vector<Bytes> contents;
  for (auto const& [name, content] : files) {
    names.push_back(name);
    contents.push_back({content});
  }
  connection.transaction([&] {
    if (connection.one<int>(k_known, row.sha256)) return;
    connection.execute(k_close, row.service, row.from, row.sha256);
    connection.execute(k_deploy, row.sha256, row.service, row.number, row.version, row.from,
                       row.until, row.by);
    connection.execute(k_file, row.sha256, names, contents);
  });
}

std::vector<PackageRow> packages(Connection& connection) {
  return packages_where(connection, k_list);
}
std::optional<PackageRow> package_on(Connection& connection, std::string const& service, Date day) {
  auto rows = packages_where(connection, k_on, service, day);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}
std::optional<Files> package_files(Connection& connection, std::string const& sha256) {
  Files files;
  for (auto& [name, content] : connection.query<std::string, Bytes>(k_files, sha256))
    files.emplace(std::move(name), std::move(content.value));
  if (files.empty()) return std::nullopt;
  return files;
}

}  // namespace qyzmet::db
