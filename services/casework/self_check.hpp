#pragma once
// The nightly self-check: the stored events of every case, open and ended, lead to its stored state
// byte for byte. Small pieces, any process goes on where another one stopped. What is found stands
// in a list for administrators (db/self_check.hpp), in the log as "self_check_difference" and in
// /metrics as qyzmet_self_check_findings. Nothing is mended by itself.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>

#include "db/connection.hpp"
#include "services/casework/library.hpp"
#include "services/casework/replay.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

inline constexpr std::chrono::hours k_self_check_from{2}, k_self_check_until{6};  // legal time
inline constexpr int k_self_check_cases_max = 100;                                // of a round
inline constexpr std::chrono::milliseconds k_self_check_ms_max{1'000};            // of a round

/// Does the case lead elsewhere? Nothing when it does not, or is not there.
std::optional<Difference> check_case(db::Connection& connection, Library& library, CaseId id);
/// The same, kept in the list or dropped from it.
std::optional<Difference> check_and_keep(db::Connection& connection, Library& library, CaseId id);

/// A round takes the check on by some cases; answers how many. None by day, none while the database
/// has other work, and none when the cases were all checked tonight: then it begins again on the
/// next one. What one night does not do, the next one goes on with.
boost::asio::awaitable<int> self_check_round(World& world, int cases_max = k_self_check_cases_max);

}  // namespace qyzmet::casework
