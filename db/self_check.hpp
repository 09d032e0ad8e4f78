#pragma once
// How far the nightly self-check is, and what it found (services/casework/self_check.hpp does it).
// Free functions over a Connection; blocking; no state of their own.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"

namespace qyzmet::db {

struct SelfCheck {
  CaseId last;  // all cases up to it are checked
  std::int64_t cases = 0, differences = 0;
  std::optional<Instant> began, ended;  // legal time
};
SelfCheck self_check(Connection& connection);
/// In a transaction: true when nobody else is at it; nobody will be until the transaction ends.
bool hold_self_check(Connection& connection);
void keep_self_check(Connection& connection, SelfCheck const& now);

/// Ids of all cases in order, open and ended, beginning after `last`.
std::vector<CaseId> cases_after(Connection& connection, CaseId last, int limit);

struct SelfCheckFinding {
  CaseId case_id;
  std::string number = {};  // of the case; filled when reading
  std::int64_t seq = 0;     // of the step; 0: the case as a whole
  std::string what;         // casework::Difference
  Instant found = {};       // first seen so
};
/// Keeps the first time of a finding that is as it was.
void keep_finding(Connection& connection, SelfCheckFinding const& finding);
/// False when there was none.
bool drop_finding(Connection& connection, CaseId id);
/// The oldest first; behind the first `offset`.
std::vector<SelfCheckFinding> self_check_findings(Connection& connection, int limit,
                                                  int offset = 0);
std::int64_t count_findings(Connection& connection);

/// Puts another state (engine::state_json) in the place of the stored one. False when the case has
/// gone on from that version.
bool replace_state(Connection& connection, CaseId id, std::int64_t version,
                   std::string const& state);

}  // namespace qyzmet::db
