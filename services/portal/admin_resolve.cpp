// What was done in place of an effect that failed, as an administrator states it. As on the list of
// what is stuck, the administrator sees number and effect, never the case.
#include <algorithm>

#include "services/casework/resolution.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_list = "/admin/incidents";

struct Stuck {
  casework::OpenCase open;
  std::int32_t token = 0;
  engine::Unanswered effect;
};

/// Errors: nothing is stuck there, or nobody can state that it was done.
asio::awaitable<Result<Stuck>> find_stuck(Context& context) {
  auto const id = to_id(context.parameter("case"));
  auto const token = static_cast<std::int32_t>(to_id(context.parameter("token")));
  auto open = co_await casework::open_case(context.world(), CaseId{id});
  if (!open) co_return std::unexpected(open.error());
  auto effect = engine::unanswered(*open->package, open->instance, token);
  if (!effect) co_return fail(ErrorCode::not_found, "error.no_such_incident");
  if (!engine::may_be_stated(effect->handler))
    co_return fail(ErrorCode::conflict, "error.entry_not_stated");
  co_return Stuck{.open = std::move(*open), .token = token, .effect = *std::move(effect)};
}

json::object field(Context const& context, std::string_view kind, std::string const& name,
                   std::vector<Error> const& errors) {
  auto out = admin_field(context, kind, name, context.field(name), errors);
  out["label"] = context.text("admin.resolve." + name);
  out["hint"] = context.text("admin.resolve." + name + ".hint");
  return out;
}

json::array fields(Context const& context, engine::Unanswered const& effect,
                   std::vector<Error> const& errors) {
  auto reason = field(context, "textarea", "reason", errors);
  reason["maxlength"] = engine::k_reason_characters_max;
  json::array out{std::move(reason)};
  auto const moment = [&](std::string const& name) {
    auto item = field(context, "datetime", name, errors);
    item["width"] = "medium";
    return item;
  };
  if (effect.sent) out.push_back(moment("sent_at"));
  if (effect.delivered) {
    auto delivered = moment("delivered_at");
    delivered["optional"] = true;
    out.push_back(std::move(delivered));
  }
  return out;
}

http::Response resolve_page(Context const& context, Stuck const& stuck,
                            std::vector<Error> const& errors) {
  auto const& number = stuck.open.row.number;
  auto const place = "/" + context.parameter("case") + "/" + context.parameter("token");
  json::object data{{"number", number},
                    {"what", stuck.effect.handler + " / " + stuck.effect.kind},
                    {"fields", fields(context, stuck.effect, errors)},
                    {"action", context.url(std::string{k_list} + place)},
                    {"back", context.url(k_list)},
                    {"tabs", admin_tabs(context, k_list)},
                    {"crumbs", json::array{{{"text", context.text("admin.incidents")},
                                            {"url", context.url(k_list)}},
                                           {{"text", number}}}}};
  if (errors.empty()) return render(context, "admin_resolve", std::move(data));
  return render_refused(context, "admin_resolve", std::move(data), errors);
}

asio::awaitable<http::Response> get_resolve(Context& context) {
  auto const stuck = co_await find_stuck(context);
  if (!stuck) co_return problem(context, stuck.error());
  co_return resolve_page(context, *stuck, {});
}

/// "" is not stated.
std::optional<Instant> moment(Context const& context, std::string const& name,
                              std::vector<Error>& errors) {
  auto const text = context.field(name);
  if (text.empty()) return std::nullopt;
  auto const at = parse_legal_time(text);
  if (!at) errors.push_back({.text = "error.field_type", .field = name});
  return at;
}

asio::awaitable<http::Response> post_resolve(Context& context) {
  auto const stuck = co_await find_stuck(context);
  if (!stuck) co_return problem(context, stuck.error());
  std::vector<Error> errors;
  casework::Resolution resolution{.case_id = stuck->open.row.id,
                                  .token = stuck->token,
                                  .reason = context.field("reason"),
                                  .sent_at = moment(context, "sent_at", errors),
                                  .delivered_at = moment(context, "delivered_at", errors)};
  if (!errors.empty()) co_return resolve_page(context, *stuck, errors);
  auto const done = co_await casework::resolve_incident(context.world(), std::move(resolution),
                                                        *context.visitor.user);
  if (done) co_return go(context, k_list, "saved");
  if (done.error().field.empty()) co_return problem(context, done.error());
  co_return resolve_page(context, *stuck, {done.error()});
}

}  // namespace

void add_admin_resolve_routes(http::Router& router, Portal& portal) {
  std::string const one = "/{lang}/admin/incidents/{case}/{token}";
  add_page(router, portal, one, "admin", get_resolve);
  add_form(router, portal,
           {.pattern = one, .access = "admin", .fields = {"reason", "sent_at", "delivered_at"}},
           post_resolve);
}

}  // namespace qyzmet::portal
