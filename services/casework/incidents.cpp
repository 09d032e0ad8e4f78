#include "services/casework/incidents.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "db/audit.hpp"
#include "db/outbox.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// 0 for what is no positive number.
template <class Number>
Number positive(std::string_view text) {
  Number value = 0;
  auto const* const last = text.data() + text.size();
  auto const [end, error] = std::from_chars(text.data(), last, value);
  return error == std::errc{} && end == last && value > 0 ? value : 0;
}

std::string details(IncidentPlace place) {
  return json::serialize(json::object{{"case", place.case_id.value}, {"token", place.token}});
}

}  // namespace

IncidentPlace incident_place(std::string_view case_id, std::string_view token) {
  return {.case_id = CaseId{positive<std::int64_t>(case_id)},
          .token = token == std::to_string(engine::k_none) ? engine::k_none
                                                           : positive<std::int32_t>(token)};
}

bool retry_effect(db::Connection& connection, IncidentPlace place, UserId by) {
  return connection.transaction([&] {
    if (!db::retry_outbox(connection, place.case_id, place.token)) return false;
    db::log_act(connection, by, "retry", details(place));
    return true;
  });
}

// The history of the case names the administrator; the log of acts does, too. It is written first:
// an act without record would be worse than a record of an act that was refused.
asio::awaitable<Result<OpenCase>> retry_case(World& world, IncidentPlace place, UserId by,
                                             std::string idempotency_key) {
  co_await world.database.run([place, by](db::Connection& connection) {
    db::log_act(connection, by, "retry_case", details(place));
  });
  auto done = co_await act(world, place.case_id,
                           {.actor = {.user = std::to_string(by.value), .role = "admin"},
                            .body = engine::RetryIncident{.token = place.token},
                            .idempotency_key = std::move(idempotency_key)});
  co_return done;
}

}  // namespace qyzmet::casework
