#pragma once
// Definition packages: immutable once stored.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"
#include "engine/package.hpp"

namespace qyzmet::db {

struct PackageRow {
  std::string sha256;
  std::string service, number, version;
  Date from;
  std::optional<Date> until;
  Instant deployed;
  std::optional<UserId> by = {};  // the program itself when empty
};
/// Of a package on its own days, deployed by the program itself.
PackageRow package_row(engine::Package const& package);
using Files = std::map<std::string, std::string, std::less<>>;

/// Idempotent by hash; an open predecessor ends on the day before. Conflict "definition_no_overlap"
/// when another package of the service is in force on one of its days.
void deploy_package(Connection& connection, PackageRow const& row, Files const& files);
std::vector<PackageRow> packages(Connection& connection);
std::optional<Files> package_files(Connection& connection, std::string const& sha256);
/// The package in force on the registration date.
std::optional<PackageRow> package_on(Connection& connection, std::string const& service, Date day);

}  // namespace qyzmet::db
