#pragma once
// Steps of several cases in one statement: under load a transition pays for a part of a round trip
// and of a commit. Each row is written or not as if it came alone (cases.hpp: version, proofs,
// idempotency); what the common statement did not write is done again by itself, for its own
// answer. Blocking; no state.
#include <exception>
#include <span>
#include <variant>
#include <vector>

#include "db/cases.hpp"

namespace qyzmet::db {

/// How many steps one statement carries at most.
inline constexpr std::size_t k_batch_rows_max = 32;

/// Steps that do what most steps do: no documents, no lease, no message, no incidents, no other
/// package, no other office.
bool goes_with_others(StepRow const& row);

/// The answer of write_step() for a row, or what it threw.
using BatchOutcome = std::variant<WriteOutcome, std::exception_ptr>;

/// `rows`: of different cases, all goes_with_others(). Throws only what is true for all of them:
/// Unavailable, OutcomeUnknown.
std::vector<BatchOutcome> write_steps(Connection& connection, std::span<StepRow const* const> rows);

}  // namespace qyzmet::db
