// Tokens of programs of other organisations: given out, listed, taken back. The token itself stands
// on the one page that answers the form, and nowhere else.
#include <algorithm>

#include "db/clients.hpp"
#include "services/casework/programs.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/tokens";
constexpr int k_rows_max = 100;

struct Fresh {
  std::string name, token;
};

std::string scope_text(Context const& context, std::string const& scope) {
  return context.text("token.scope." + scope);
}

json::array rows_json(Context const& context, std::vector<db::Client> const& clients) {
  auto const reader = reader_of(context, true);
  json::array out;
  for (auto const& client : clients) {
    std::string const state{casework::token_state(client)};
    std::string scopes;
    for (auto const& scope : client.scopes)
      scopes += (scopes.empty() ? "" : "; ") + scope_text(context, scope);
    json::object row{
        {"id", std::to_string(client.id.value)},
        {"name", client.name},
        {"scopes", std::move(scopes)},
        {"from", reader.long_date(legal_date(client.issued))},
        {"until", reader.long_date(legal_date(client.expires))},
        {"state",
         {{"tone", state == "now" ? "ok" : "plain"}, {"text", context.text("token." + state)}}}};
    if (state == "now") row["open"] = true;
    out.push_back(std::move(row));
  }
  return out;
}

json::object token_field(Context const& context, std::string_view kind, std::string const& name,
                         std::string value, std::vector<Error> const& errors) {
  auto const key = "token." + name;
  json::object out{{"kind", kind},
                   {"name", name},
                   {"label", context.text(key)},
                   {"hint", context.text(key + ".hint")},
                   {"value", std::move(value)}};
  auto const error = std::ranges::find(errors, name, &Error::field);
  if (error != errors.end()) out["error"] = error_text(context, *error);
  return out;
}

json::array fields_json(Context const& context, std::vector<Error> const& errors, bool keep) {
  auto const typed = [&](std::string_view name) {
    return keep ? context.field(name) : std::string{};
  };
  auto name = token_field(context, "text", "name", typed("name"), errors);
  name["maxlength"] = casework::k_program_name_size_max;
  auto scope = token_field(context, "select", "scopes", "", errors);
  json::array options;
  for (auto const each : casework::k_scopes)
    options.push_back({{"value", each},
                       {"label", scope_text(context, std::string{each})},
                       {"selected", typed("scopes") == each}});
  scope["options"] = std::move(options);
  auto const days = typed("days");
  auto field = token_field(
      context, "text", "days",
      days.empty() && errors.empty() ? std::to_string(casework::k_token_days_default) : days,
      errors);
  field["inputmode"] = "numeric";
  field["width"] = "short";
  field["maxlength"] = 3;
  return {std::move(name), std::move(scope), std::move(field)};
}

asio::awaitable<http::Response> tokens_page(Context& context, std::vector<Error> errors,
                                            std::optional<Fresh> fresh) {
  auto const clients = co_await context.world().database.run(
      [](db::Connection& connection) { return db::clients(connection, k_rows_max); });
  json::object data{{"rows", rows_json(context, clients)},
                    {"fields", fields_json(context, errors, !fresh)},
                    {"action", context.url(k_path)},
                    {"revoke", context.url(std::string{k_path} + "/revoke")},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.tokens")}}}}};
  if (fresh) data["fresh"] = {{"name", fresh->name}, {"token", fresh->token}};
  if (errors.empty()) co_return render(context, "admin_tokens", std::move(data));
  co_return render_refused(context, "admin_tokens", std::move(data), errors);
}

asio::awaitable<http::Response> get_tokens(Context& context) {
  auto page = co_await tokens_page(context, {}, {});
  co_return page;
}

asio::awaitable<http::Response> post_token(Context& context) {
  casework::NewToken wanted{.name = context.field("name"),
                            .scopes = {},
                            .days = static_cast<int>(std::min<std::int64_t>(
                                to_id(context.field("days")), casework::k_token_days_max + 1))};
  if (auto const scope = context.field("scopes"); !scope.empty()) wanted.scopes = {scope};
  auto issued = co_await context.world().database.run(
      [wanted, by = *context.visitor.user](db::Connection& connection) {
        return casework::issue_token(connection, wanted, by);
      });
  std::vector<Error> errors;
  std::optional<Fresh> fresh;
  if (issued)
    fresh = Fresh{.name = wanted.name, .token = std::move(issued->token)};
  else
    errors = std::move(issued.error());
  auto page = co_await tokens_page(context, std::move(errors), std::move(fresh));
  co_return page;
}

asio::awaitable<http::Response> post_revoke(Context& context) {
  bool const done = co_await context.world().database.run(
      [id = db::ClientId{to_id(context.field("id"))}, by = *context.visitor.user](
          db::Connection& connection) { return casework::revoke_token(connection, id, by); });
  if (!done) co_return problem(context, {.code = ErrorCode::conflict, .text = "error.token_over"});
  co_return go(context, k_path, "saved");
}

}  // namespace

void add_admin_token_routes(http::Router& router, Portal& portal) {
  std::string const path = "/{lang}/admin/tokens";
  add_page(router, portal, path, "admin", get_tokens);
  add_form(router, portal,
           {.pattern = path, .access = "admin", .fields = {"name", "scopes", "days"}}, post_token);
  add_form(router, portal, {.pattern = path + "/revoke", .access = "admin", .fields = {"id"}},
           post_revoke);
}

}  // namespace qyzmet::portal
