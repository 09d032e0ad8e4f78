#pragma once
// Sends the e-mail that is due. A mail server that is down is tried again with growing pauses; what
// it refuses for good, and who has no address, is not tried again.
#include <boost/asio/awaitable.hpp>

#include "services/casework/world.hpp"

namespace qyzmet::work {

inline constexpr int k_mail_max = 20;  // of one round
inline constexpr int k_mail_attempts_max = 12;

/// Answers how many letters were looked at.
boost::asio::awaitable<int> send_mail(casework::World& world);

}  // namespace qyzmet::work
