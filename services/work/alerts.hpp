#pragma once
// Officials are told of milestones before the last day, the head of those that were missed
// (R77-53). Nothing is blocked.
#include <boost/asio/awaitable.hpp>

#include "services/casework/world.hpp"

namespace qyzmet::work {

/// Working days before the last day of a milestone on which the reminder comes.
inline constexpr int k_reminder_wd = 1;

/// Answers how many reminders and escalations were raised.
boost::asio::awaitable<int> raise_alerts(casework::World& world);

}  // namespace qyzmet::work
