// Tokens of programs of other organisations: given out, listed, taken back. The token itself is
// told in the first answer and nowhere else.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "db/clients.hpp"
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/programs.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/tokens";

json::object client_json(Call const& call, db::Client const& client) {
  auto const state = casework::token_state(client);
  json::object out{
      {"id", std::to_string(client.id.value)},
      {"name", client.name},
      {"scopes", json::array(client.scopes.begin(), client.scopes.end())},
      {"issued", to_iso(client.issued)},
      {"expires", to_iso(client.expires)},
      {"state", {{"code", state}, {"text", call.text("token." + std::string{state})}}}};
  if (client.revoked) out["revoked"] = to_iso(*client.revoked);
  return out;
}

asio::awaitable<http::Response> get_tokens(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const rows = co_await call.world().database.run([page = *page](db::Connection& connection) {
    return db::clients(connection, page.wanted(), page.offset);
  });
  co_return answer(
      page_json(*page, rows, [&](db::Client const& client) { return client_json(call, client); }));
}

Result<casework::NewToken> read_token(Call const& call) {
  auto const body = body_object(call, {"name", "scopes", "days"});
  if (!body) return std::unexpected(body.error());
  casework::NewToken out;
  if (auto wrong = read_texts(*body, {{"name", &out.name}})) return std::unexpected(*wrong);
  if (auto const* days = body->if_contains("days")) {
    if (!days->is_int64()) return fail(ErrorCode::invalid, "error.field_type", "days");
    out.days = static_cast<int>(
        std::clamp<std::int64_t>(days->as_int64(), 0, casework::k_token_days_max + 1));
  }
  auto const* scopes = body->if_contains("scopes");
  if (scopes == nullptr) return out;
  if (!scopes->is_array()) return fail(ErrorCode::invalid, "error.field_type", "scopes");
  for (auto const& scope : scopes->as_array()) {
    if (!scope.is_string()) return fail(ErrorCode::invalid, "error.field_type", "scopes");
    out.scopes.emplace_back(scope.as_string());
  }
  return out;
}

asio::awaitable<http::Response> post_token(Call& call) {
  auto const wanted = read_token(call);
  if (!wanted) co_return problem(call, wanted.error());
  auto const issued = co_await call.world().database.run(
      [wanted = *wanted, by = *call.caller().user](db::Connection& connection) {
        return casework::issue_token(connection, wanted, by);
      });
  if (!issued) co_return problem(call, issued.error());
  json::object out{{"id", std::to_string(issued->id.value)}, {"name", wanted->name}};
  call.kept_body = json::serialize(out);
  out["token"] = issued->token;
  co_return answer(out, 201);
}

asio::awaitable<http::Response> post_revoke(Call& call) {
  auto const id = to_id(call.parameter("token"));
  bool const done = co_await call.world().database.run(
      [id = db::ClientId{id}, by = *call.caller().user](db::Connection& connection) {
        return casework::revoke_token(connection, id, by);
      });
  if (!done)
    co_return problem(call, Error{.code = ErrorCode::conflict, .text = "error.token_over"});
  co_return answer({{"id", std::to_string(id)}});
}

}  // namespace

void add_admin_token_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = k_path, .access = k_admin, .handler = get_tokens, .query = {"limit", "cursor"}});
  add(router, api,
      {.method = http::Method::post,
       .path = k_path,
       .access = k_admin,
       .handler = post_token,
       .body = http::Body::json,
       .once = true});
  add(router, api,
      {.method = http::Method::post,
       .path = "/admin/tokens/{token}/revoke",
       .access = k_admin,
       .handler = post_revoke,
       .once = true});
}

}  // namespace qyzmet::api
