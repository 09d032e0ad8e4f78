#pragma once
// Switching the mode of the country (R77-17, E-33): what an administrator proposes is checked, and
// each act written with its entry in the log of acts in one transaction. Errors name the field as
// db::LegalModeProposal calls it. Blocking: for a job of the database.
#include <optional>
#include <vector>

#include "db/legal_modes.hpp"
#include "services/casework/registers.hpp"

namespace qyzmet::casework {

inline constexpr std::size_t k_act_number_size_max = 100;
inline constexpr std::size_t k_mode_reason_size_max = 500;
inline constexpr std::chrono::days k_mode_ahead_max{366};

/// "mode.error.past" and "mode.error.far" of its instant, "mode.error.holds" when it changes
/// nothing, "mode.error.open" beside another proposal; `now` is the legal time.
Kept<std::int64_t> propose_mode(db::Connection& connection, db::LegalModeProposal const& proposal,
                                Instant now);
/// "mode.error.four_eyes" for who proposed it, "mode.error.decided" the second time.
Result<db::LegalMode> confirm_mode(db::Connection& connection, std::int64_t id, UserId by);
/// "mode.error.decided" when it was decided before.
std::optional<Error> reject_mode(db::Connection& connection, std::int64_t id, UserId by);

}  // namespace qyzmet::casework
