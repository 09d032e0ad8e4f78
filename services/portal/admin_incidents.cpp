// What cannot go on by itself: effects that the world outside did not take, places of a process
// where no way led on, cases whose events lead to another state (casework/self_check.hpp), and
// overdue cases of which no superior could be told. The administrator sees number and reason, never
// the case.
#include "db/alerts.hpp"
#include "db/incidents.hpp"
#include "db/self_check.hpp"
#include "services/casework/incidents.hpp"
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
  std::vector<db::UntoldSuperior> untold;
  std::vector<db::Office> offices;
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

/// Terms that have passed, and no superior to tell: the office where that can be mended.
json::array untold_json(Context const& context, Stuck const& stuck) {
  json::array out;
  for (auto const& each : stuck.untold) {
    auto const office = std::ranges::find(stuck.offices, each.office, &db::Office::id);
    out.push_back(
        {{"number", each.number},
         {"office", office == stuck.offices.end() ? "" : name_in(*office, context.language)},
         {"url", context.url("/admin/offices/" + std::to_string(each.office.value))},
         {"due", to_iso(each.due)},
         {"reason", context.text("admin.superiors." + each.reason)}});
  }
  return out;
}

asio::awaitable<http::Response> get_incidents(Context& context) {
  auto const today = context.world().clock.today();
  auto const stuck = co_await context.world().database.run([today](db::Connection& connection) {
    return Stuck{.effects = db::outbox_incidents(connection, k_rows_max),
                 .cases = db::case_incidents(connection, k_rows_max),
                 .differences = db::self_check_findings(connection, k_rows_max),
                 .check = db::self_check(connection),
                 .untold = db::untold_superiors(connection, today, k_rows_max),
                 .offices = db::offices(connection)};
  });
  co_return render(context, "admin_incidents",
                   {{"effects", effects_json(context, stuck)},
                    {"cases", cases_json(context, stuck)},
                    {"differences", differences_json(stuck)},
                    {"superiors", untold_json(context, stuck)},
                    {"checked", stuck.check.ended ? to_iso(*stuck.check.ended) : std::string{}},
                    {"effect_action", context.url(std::string{k_path} + "/effect")},
                    {"case_action", context.url(std::string{k_path} + "/case")},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.incidents")}}}}});
}

casework::IncidentPlace sent_place(Context const& context) {
  return casework::incident_place(context.field("case"), context.field("token"));
}

asio::awaitable<http::Response> post_effect(Context& context) {
  bool const retried = co_await context.world().database.run(
      [place = sent_place(context), by = *context.visitor.user](db::Connection& connection) {
        return casework::retry_effect(connection, place, by);
      });
  if (!retried)
    co_return problem(context, {.code = ErrorCode::conflict, .text = "error.no_such_incident"});
  co_return go(context, k_path, "saved");
}

asio::awaitable<http::Response> post_case(Context& context) {
  auto const done =
      co_await casework::retry_case(context.world(), sent_place(context), *context.visitor.user);
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
