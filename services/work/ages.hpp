#pragma once
// The daily look at the ages of reservists (R-CAT-01 .. R-CAT-13): on the birthday the category
// changes, and past the age of the reserve the registration ends. By the tables of the package in
// force, so that an amended limit is one for everybody on the day it comes into force. Days that
// were missed are caught up, each change as of its birthday.
#include <boost/asio/awaitable.hpp>

#include "services/casework/world.hpp"

namespace qyzmet::work {

inline constexpr int k_ages_max = 200;  // of one round

/// Answers how many were looked at.
boost::asio::awaitable<int> review_ages(casework::World& world);

}  // namespace qyzmet::work
