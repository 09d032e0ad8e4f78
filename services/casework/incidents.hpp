#pragma once
// What cannot go on by itself, for administrators: effects that the world outside did not take,
// places of a process where no way led on. They see number and reason, never the case, and let it
// try again. Each retry stands in the log of acts.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "db/connection.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// The place that is meant: a token of the case, or engine::k_none for a timer of the whole case.
struct IncidentPlace {
  CaseId case_id;
  std::int32_t token = 0;
};
/// Of texts as a form or a path carries them; what is no id becomes 0, which fits nothing.
IncidentPlace incident_place(std::string_view case_id, std::string_view token);

/// The effect goes out once more. False when it is no incident. Blocking.
bool retry_effect(db::Connection& connection, IncidentPlace place, UserId by);
/// The case tries the place once more; with an equal `idempotency_key` it has done so already.
/// Errors: those of the case.
boost::asio::awaitable<Result<OpenCase>> retry_case(World& world, IncidentPlace place, UserId by,
                                                    std::string idempotency_key = {});

}  // namespace qyzmet::casework
