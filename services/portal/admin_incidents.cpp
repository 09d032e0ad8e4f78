// What cannot go on by itself: effects that the world outside did not take, places of a process
// where no way led on, and cases whose events lead to another state (casework/self_check.hpp). The
// administrator sees number and reason, never the case.
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "db/incidents.hpp"
#include "db/outbox.hpp"
#include "db/self_check.hpp"
#include "services/casework/act.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/incidents";
constexpr std::string_view k_effect_failed = "error.effect_failed";
constexpr int k_rows_max = 100;

struct Stuck {
  std::vector<db::OutboxIncident> effects;
  std::vector<db::CaseIncident> cases;
  std::vector<db::SelfCheckFinding> differences;
  db::SelfCheck check;
};

/// Where somebody states what was done in its place (admin_resolve.cpp).
std::string resolve_url(Context const& context, CaseId id, std::int32_t token) {
  return context.url(std::string{k_path} + "/" + std::to_string(id.value) + "/" +
                     std::to_string(token));
}

json::array effects_json(Context const& context, Stuck const& stuck) {
  json::array out;
  for (auto const& each : stuck.effects) {
    json::object item{{"number", each.number},
                      {"what", each.handler + " / " + each.kind},
                      {"reason", each.reason},
                      {"attempts", each.attempts},
                      {"since", to_iso(each.since)},
                      {"case", std::to_string(each.case_id.value)},
                      {"token", std::to_string(each.token)}};
    if (engine::may_be_stated(each.handler))
      item["resolve"] = resolve_url(context, each.case_id, each.token);
    out.push_back(std::move(item));
  }
  return out;
}

json::array cases_json(Context const& context, Stuck const& stuck) {
  json::array out;
  for (auto const& each : stuck.cases) {
    json::object item{{"number", each.number},
                      {"node", each.node},
                      {"reason", context.text(each.reason)},
                      {"since", to_iso(each.since)},
                      {"case", std::to_string(each.case_id.value)},
                      {"token", std::to_string(each.token)}};
    if (each.reason == k_effect_failed)
      item["resolve"] = resolve_url(context, each.case_id, each.token);
    out.push_back(std::move(item));
  }
  return out;
}

json::array differences_json(Stuck const& stuck) {
  json::array out;
  for (auto const& each : stuck.differences)
    out.push_back({{"number", each.number},
                   {"step", std::to_string(each.seq)},
                   {"what", each.what},
                   {"since", to_iso(each.found)}});
  return out;
}

asio::awaitable<http::Response> get_incidents(Context& context) {
  auto const stuck = co_await context.world().database.run([](db::Connection& connection) {
    return Stuck{.effects = db::outbox_incidents(connection, k_rows_max),
                 .cases = db::case_incidents(connection, k_rows_max),
                 .differences = db::self_check_findings(connection, k_rows_max),
                 .check = db::self_check(connection)};
  });
  co_return render(context, "admin_incidents",
                   {{"effects", effects_json(context, stuck)},
                    {"cases", cases_json(context, stuck)},
                    {"differences", differences_json(stuck)},
                    {"checked", stuck.check.ended ? to_iso(*stuck.check.ended) : std::string{}},
                    {"effect_action", context.url(std::string{k_path} + "/effect")},
                    {"case_action", context.url(std::string{k_path} + "/case")},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.incidents")}}}}});
}

std::string details(CaseId id, std::int32_t token) {
  return json::serialize(json::object{{"case", id.value}, {"token", token}});
}

/// 0 fits no token: they count from 1, and -1 stands for a timer of the whole case.
std::int32_t token_of(Context const& context) {
  auto const text = context.field("token");
  if (text == std::to_string(engine::k_none)) return engine::k_none;
  return static_cast<std::int32_t>(to_id(text));
}

asio::awaitable<http::Response> post_effect(Context& context) {
  CaseId const id{to_id(context.field("case"))};
  auto const token = token_of(context);
  auto const retried = co_await context.world().database.run(
      [id, token, by = context.visitor.user](db::Connection& connection) {
        return connection.transaction([&] {
          if (!db::retry_outbox(connection, id, token)) return false;
          db::log_act(connection, by, "retry", details(id, token));
          return true;
        });
      });
  if (!retried)
    co_return problem(context, {.code = ErrorCode::conflict, .text = "error.no_such_incident"});
  co_return go(context, k_path, "saved");
}

/// The history of the case names the administrator; the log of acts does, too. It is written first:
/// an act without record would be worse than a record of an act that was refused.
asio::awaitable<http::Response> post_case(Context& context) {
  CaseId const id{to_id(context.field("case"))};
  auto const token = token_of(context);
  auto const by = context.visitor.user;
  co_await context.world().database.run([id, token, by](db::Connection& connection) {
    db::log_act(connection, by, "retry_case", details(id, token));
  });
  auto const done = co_await casework::act(
      context.world(), id,
      {.actor = {.user = std::to_string(by.value_or(UserId{}).value), .role = "admin"},
       .body = engine::RetryIncident{.token = token}});
  if (!done) co_return problem(context, done.error());
  co_return go(context, k_path, "saved");
}

}  // namespace

void add_admin_incident_routes(http::Router& router, Portal& portal) {
  std::string const path = "/{lang}/admin/incidents";
  add_page(router, portal, path, "admin", get_incidents);
  add_form(router, portal,
           {.pattern = path + "/effect", .access = "admin", .fields = {"case", "token"}},
           post_effect);
  add_form(router, portal,
           {.pattern = path + "/case", .access = "admin", .fields = {"case", "token"}}, post_case);
}

}  // namespace qyzmet::portal
