#pragma once
// The mode of the country: peacetime, mobilisation or wartime (R77-17). Versions only grow, each
// holds from an instant on; one administrator proposes, another confirms. What held at an instant
// that has passed never changes, so processes that ask for the same instant get the same answer.
// Free functions over a Connection; blocking; no state of their own.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"

namespace qyzmet::db {

inline constexpr std::string_view k_peacetime = "peacetime";
inline constexpr std::string_view k_legal_modes[] = {k_peacetime, "mobilisation", "wartime"};

/// A mode, and the act that orders it; the first one of an installation has none.
struct LegalMode {
  std::int64_t version = 0;
  std::string mode = std::string{k_peacetime};
  Instant from;  // meaningless for the first
  std::string act_number;
  Date act_date;
};
/// What holds at `at`.
LegalMode legal_mode_at(Connection& connection, Instant at);

struct LegalModeRow {
  LegalMode mode;
  bool superseded = false;  // a newer one took its place before it held
  std::string reason;
  std::string proposer, confirmer;  // names; empty for the first
  Instant proposed, confirmed;
};
/// The newest first.
std::vector<LegalModeRow> legal_modes(Connection& connection, int limit);

struct LegalModeProposal {
  std::int64_t id = 0;
  std::string mode;
  std::optional<Instant> from;  // without: as soon as it is confirmed
  std::string act_number;
  Date act_date;
  std::string reason;
  UserId proposed_by;
  std::string proposer;  // name; filled when reading
  Instant proposed;
};
/// Nothing when the mode is in force already, or will be by the newest version; throws Conflict
/// "legal_mode_proposal_open" when another one waits for its decision.
std::optional<std::int64_t> propose_legal_mode(Connection& connection,
                                               LegalModeProposal const& proposal);
std::optional<LegalModeProposal> open_legal_mode_proposal(Connection& connection);

/// Makes the proposal the newest version, which holds from the proposed instant, but at the
/// earliest from the second full minute after now: by then it is committed, and every process,
/// whatever its clock lags, sees it before an application of that minute. Nothing when it was
/// decided before; throws Conflict "legal_mode_four_eyes" when `by` proposed it. Locks a table: to
/// be called in a transaction that ends soon.
std::optional<LegalMode> confirm_legal_mode(Connection& connection, std::int64_t id, UserId by);
/// Anybody may reject, also who proposed. False when it was decided before.
bool reject_legal_mode(Connection& connection, std::int64_t id, UserId by);

}  // namespace qyzmet::db
