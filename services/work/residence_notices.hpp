#pragma once
// Telling people that their registration has moved with their residence (R78-41 .. R78-48): a
// sealed paper, a message in the cabinet, an SMS. Each move is told once; one that could not be
// told is tried again in the next round.
#include <boost/asio/awaitable.hpp>

#include "services/casework/world.hpp"

namespace qyzmet::work {

inline constexpr int k_moves_max = 20;  // of one round

/// Answers how many were told.
boost::asio::awaitable<int> tell_moves(casework::World& world);

}  // namespace qyzmet::work
