// Events of residence, from the program of the State database of individuals (R78-41 .. R78-46).
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "services/api/call.hpp"
#include "services/api/routes.hpp"
#include "services/casework/residence.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

Result<casework::ResidenceReport> read_body(Call const& call) {
  auto const body = body_object(call, {"id", "iin", "kind", "district", "address", "effective"});
  if (!body) return std::unexpected(body.error());
  casework::ResidenceReport out;
  for (auto const& [name, text] : {std::pair{"id", &out.id},
                                   {"iin", &out.iin},
                                   {"kind", &out.kind},
                                   {"district", &out.district},
                                   {"address", &out.address},
                                   {"effective", &out.effective}}) {
    auto member = text_member(*body, name);
    if (!member) return std::unexpected(member.error());
    *text = *std::move(member);
  }
  return out;
}

/// The event by its own id as often as it comes; who brought it stands in the log of acts.
asio::awaitable<http::Response> post_event(Call& call) {
  auto const report = read_body(call);
  if (!report) co_return problem(call, report.error());
  auto event = casework::read_report(*report);
  if (!event) co_return problem(call, event.error());
  auto const today = call.world().clock.today();
  auto const marks = casework::move_marks_on(call.world().library, today);
  if (!marks)
    co_return problem(call,
                      Error{.code = ErrorCode::unavailable, .text = "error.package_not_in_force"});
  auto const outcome = co_await call.world().database.run(
      [event = *event, iin = report->iin, marks = *marks, today,
       client = call.visit.client->id](db::Connection& connection) {
        auto said = casework::take_residence(connection, event, iin, marks, today);
        db::log_act(connection, std::nullopt, "residence_event",
                    json::serialize(json::object{
                        {"client", client.value}, {"event", event.id}, {"outcome", said}}));
        return said;
      });
  co_return answer({{"id", event->id}, {"outcome", outcome}});
}

}  // namespace

void add_residence_operations(http::Router& router, Api& api) {
  add(router, api,
      {.method = http::Method::post,
       .path = "/registers/residence-events",
       .access = "residence",
       .handler = post_event,
       .body = http::Body::json,
       .once = true});
}

}  // namespace qyzmet::api
