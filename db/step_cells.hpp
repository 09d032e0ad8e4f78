#pragma once
// What every step writes, as cells: the same for a step alone (cases.cpp) and for several in one
// statement (step_batch.cpp). Internal to db/.
#include <string>
#include <vector>

#include "db/cases.hpp"
#include "db/compose.hpp"

namespace qyzmet::db {

/// The name of a sealed row: case and version, or case and token.
std::string row_key(CaseId id, std::int64_t number);
/// What is kept of a fingerprint: as much as tells two requests of one person apart.
Bytes digest(Idempotency const& idempotency);
Bytes seal(Connection& connection, std::string_view table, std::string_view column,
           std::string const& row, std::string_view plain);
Bytes sealed_data(Connection& connection, CaseId id, engine::Effect const& effect);
/// $1 case  $2 at  $3 kind  $4 actor  $5 role  $6 event  $7 facts  $8 salt  $9 hash  $10 state
/// $11..$26 CaseFields in their order
std::vector<Cell> first_arguments(Connection& connection, CaseId id, std::int64_t seq,
                                  std::string hash, CaseFields const& fields, StepRows const& step);
/// The hash of the version that `row` makes, 32 raw bytes.
std::string next_hash(StepRow const& row);

}  // namespace qyzmet::db
