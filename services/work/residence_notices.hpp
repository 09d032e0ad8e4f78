#pragma once
// Events of residence that were kept for a day which has come, and telling people that their
// registration has moved with their residence (R78-41 .. R78-48): a sealed paper, a message in the
// cabinet, an SMS. Each move is told once; one that could not be told is tried again in the next
// round.
#include <boost/asio/awaitable.hpp>

#include "services/casework/world.hpp"

namespace qyzmet::work {

inline constexpr int k_moves_max = 20;  // of one round

inline constexpr int k_awaited_max = 100;

/// Applies what was kept for its day (R78-41, R78-46); answers how many.
boost::asio::awaitable<int> apply_awaited(casework::World& world);
/// Answers how many were told.
boost::asio::awaitable<int> tell_moves(casework::World& world);

}  // namespace qyzmet::work
