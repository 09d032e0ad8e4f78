// The status query of the contact centre (R-GEN-14).
#include "engine/terms.hpp"
#include "services/api/call.hpp"
#include "services/api/cases.hpp"
#include "services/api/routes.hpp"
#include "services/casework/status_query.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

struct Asked {
  std::string number, iin;
};

Result<Asked> read_asked(Call const& call) {
  auto const body = body_object(call, {"number", "iin"});
  if (!body) return std::unexpected(body.error());
  auto number = text_member(*body, "number"), iin = text_member(*body, "iin");
  if (!number) return std::unexpected(number.error());
  if (!iin) return std::unexpected(iin.error());
  if (number->empty()) return fail(ErrorCode::invalid, "error.required", "number");
  if (!engine::valid_iin(*iin)) return fail(ErrorCode::invalid, "error.field_iin", "iin");
  return Asked{.number = std::move(*number), .iin = std::move(*iin)};
}

/// What the applicant may be told on the telephone: no names, no documents, no reasons.
asio::awaitable<http::Response> post_status(Call& call) {
  auto asked = read_asked(call);
  if (!asked) co_return problem(call, asked.error());
  auto const open = co_await casework::query_status(
      call.world(), call.visit.client->id, std::move(asked->number), std::move(asked->iin));
  if (!open) co_return problem(call, open.error());
  auto out = summary_json(call, *open);
  out["as_of"] = to_iso(open->now);
  co_return answer(out);
}

}  // namespace

void add_status_operations(http::Router& router, Api& api) {
  add(router, api,
      {.method = http::Method::post,
       .path = "/status",
       .access = "status",
       .handler = post_status,
       .body = http::Body::json});
}

}  // namespace qyzmet::api
