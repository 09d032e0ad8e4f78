#pragma once
// Carries effects out: claims outbox rows (leases with fencing tokens), does what the handler says,
// and brings the answer back as an event of the case. At least once; the key (case, token) makes it
// once on the other side. Out of tries it becomes an incident that people see and retry.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "services/casework/world.hpp"

namespace qyzmet::work {

inline constexpr int k_claim_max = 20;
inline constexpr int k_attempts_max = 12;
inline constexpr std::chrono::milliseconds k_lease{30'000};
inline constexpr std::chrono::milliseconds k_backoff_max{600'000};

/// Whether this server carries out effects of that kind. A package by which people apply names no
/// others: its cases would wait forever.
bool carries_out(std::string_view handler, std::string_view kind);

/// One round; answers how many rows were claimed.
boost::asio::awaitable<int> carry_out(casework::World& world, std::string worker);

}  // namespace qyzmet::work
