#pragma once
// The status query of the contact centre (R-GEN-14): a case by its number and the IIN of its
// applicant, for programs that may ask. Who does not know both learns nothing, not even that the
// case exists. A good answer is a read of personal data and stands in the log of reads before it is
// given; a refused question stands in the log of acts, without the IIN. Both are limited in number.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "db/clients.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

inline constexpr std::chrono::seconds k_status_window{60};
inline constexpr int k_status_queries_max = 300;  // of one program, in the window
inline constexpr std::chrono::seconds k_status_of_case_window{60 * 60};
inline constexpr int k_status_of_case_max = 20;  // questions for one number, from whomever

/// Errors: error.status_not_found; error.too_many_queries with the argument retry_after (seconds).
boost::asio::awaitable<Result<OpenCase>> query_status(World& world, db::ClientId client,
                                                      std::string number, std::string iin);

}  // namespace qyzmet::casework
