#pragma once
// Moves of running cases between definition packages: batches with their reason, which case moved
// when, and how it stood before, for the undo. The moves themselves are steps (cases.hpp). Free
// functions over a Connection; blocking; no state of their own.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"

namespace qyzmet::db {

struct MigrationBatch {
  std::int64_t id = 0;
  std::string from, to;  // SHA-256 of the packages
  std::string nodes;     // JSON: old and new ids
  std::string reason;
  UserId by;
  Instant made;
};
/// Answers its id; `id` and `made` of the argument are not read.
std::int64_t open_batch(Connection& connection, MigrationBatch const& batch);
std::optional<MigrationBatch> find_batch(Connection& connection, std::int64_t id);

/// Open cases of a package in order, beginning after `last`.
std::vector<CaseId> cases_of_package(Connection& connection, std::string const& sha256, CaseId last,
                                     int limit);
struct PackageUse {
  std::string sha256;
  std::int64_t open = 0, ended = 0;
};
/// How many cases stand under each package that has any.
std::vector<PackageUse> package_use(Connection& connection);

struct MovedCase {
  CaseId id;
  std::int64_t seq = 0;
};
/// Of a batch, those that were not taken back.
std::vector<MovedCase> moved_cases(Connection& connection, std::int64_t batch);
/// The state before that step, as state_json; nothing when the step was no move.
std::optional<std::string> state_before_move(Connection& connection, CaseId id, std::int64_t seq);

}  // namespace qyzmet::db
