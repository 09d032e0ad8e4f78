// What cannot go on by itself, for the administrator: effects, cases, and cases whose events lead
// to another state; overdue cases of which no superior could be told. Number and reason are told,
// never the case.
#include "db/alerts.hpp"
#include "db/incidents.hpp"
#include "db/self_check.hpp"
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/incidents.hpp"
#include "services/casework/resolution.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_effects = "/admin/incidents/effects";
constexpr std::string_view k_cases = "/admin/incidents/cases";

/// "<case>.<token>": where it stands.
template <class Incident>
std::string id_of(Incident const& incident) {
  return std::to_string(incident.case_id.value) + '.' + std::to_string(incident.token);
}

casework::IncidentPlace place_of(Call const& call) {
  auto const id = call.parameter("incident");
  auto const dot = id.find('.');
  if (dot == id.npos) return {};
  return casework::incident_place(std::string_view{id}.substr(0, dot),
                                  std::string_view{id}.substr(dot + 1));
}

http::Response no_such_incident(Call const& call, ErrorCode code) {
  return problem(call, Error{.code = code, .text = "error.no_such_incident"});
}

// --- Effects

json::object effect_json(db::OutboxIncident const& incident) {
  return {{"id", id_of(incident)},          {"number", incident.number},
          {"handler", incident.handler},    {"kind", incident.kind},
          {"reason", incident.reason},      {"attempts", incident.attempts},
          {"since", to_iso(incident.since)}};
}

asio::awaitable<http::Response> get_effects(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const rows = co_await call.world().database.run([page = *page](db::Connection& connection) {
    return db::outbox_incidents(connection, page.wanted(), page.offset);
  });
  co_return answer(page_json(*page, rows, effect_json));
}

asio::awaitable<http::Response> get_effect(Call& call) {
  auto const found =
      co_await call.world().database.run([place = place_of(call)](db::Connection& connection) {
        return db::find_outbox_incident(connection, place.case_id, place.token);
      });
  if (!found) co_return no_such_incident(call, ErrorCode::not_found);
  co_return answer(effect_json(*found));
}

asio::awaitable<http::Response> post_effect(Call& call) {
  bool const retried = co_await call.world().database.run(
      [place = place_of(call), by = *call.caller().user](db::Connection& connection) {
        return casework::retry_effect(connection, place, by);
      });
  if (!retried) co_return no_such_incident(call, ErrorCode::conflict);
  co_return answer({{"retried", true}});
}

// --- What was done in place of either

/// Legal time of a body; nothing where it is absent. Error: error.field_datetime.
Result<std::optional<Instant>> moment_member(json::object const& body, std::string const& name) {
  std::string text;
  if (auto const wrong = read_texts(body, {{name, &text}})) return std::unexpected(*wrong);
  if (text.empty()) return std::nullopt;
  auto const at = parse_legal_time(text);
  if (!at) return fail(ErrorCode::invalid, "error.field_datetime", name);
  return at;
}

Result<casework::Resolution> read_resolution(Call const& call) {
  auto const body = body_object(call, {"reason", "sent_at", "delivered_at"});
  if (!body) return std::unexpected(body.error());
  auto const place = place_of(call);
  casework::Resolution out{.case_id = place.case_id, .token = place.token, .reason = {}};
  if (auto const wrong = read_texts(*body, {{"reason", &out.reason}}))
    return std::unexpected(*wrong);
  auto const sent = moment_member(*body, "sent_at");
  if (!sent) return std::unexpected(sent.error());
  auto const delivered = moment_member(*body, "delivered_at");
  if (!delivered) return std::unexpected(delivered.error());
  out.sent_at = *sent;
  out.delivered_at = *delivered;
  return out;
}

asio::awaitable<http::Response> post_resolve(Call& call) {
  auto resolution = read_resolution(call);
  if (!resolution) co_return problem(call, resolution.error());
  auto const done = co_await casework::resolve_incident(call.world(), *std::move(resolution),
                                                        *call.caller().user, call.once->key);
  if (!done) co_return problem(call, done.error());
  co_return answer({{"resolved", true}});
}

// --- Cases

json::object case_json(Call const& call, db::CaseIncident const& incident) {
  return {{"id", id_of(incident)},
          {"number", incident.number},
          {"node", incident.node},
          {"reason", {{"code", incident.reason}, {"text", call.text(incident.reason)}}},
          {"since", to_iso(incident.since)}};
}

asio::awaitable<http::Response> get_cases(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const rows = co_await call.world().database.run([page = *page](db::Connection& connection) {
    return db::case_incidents(connection, page.wanted(), page.offset);
  });
  co_return answer(page_json(
      *page, rows, [&](db::CaseIncident const& incident) { return case_json(call, incident); }));
}

asio::awaitable<http::Response> get_case(Call& call) {
  auto const found =
      co_await call.world().database.run([place = place_of(call)](db::Connection& connection) {
        return db::find_case_incident(connection, place.case_id, place.token);
      });
  if (!found) co_return no_such_incident(call, ErrorCode::not_found);
  co_return answer(case_json(call, *found));
}

asio::awaitable<http::Response> post_case(Call& call) {
  auto const done = co_await casework::retry_case(call.world(), place_of(call), *call.caller().user,
                                                  call.once->key);
  if (!done) co_return problem(call, done.error());
  co_return answer({{"retried", true}});
}

// --- Cases whose events lead to another state

json::object difference_json(db::SelfCheckFinding const& finding) {
  return {{"number", finding.number},
          {"step", finding.seq},
          {"what", finding.what},
          {"found", to_iso(finding.found)}};
}

asio::awaitable<http::Response> get_differences(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const [rows, check] =
      co_await call.world().database.run([page = *page](db::Connection& connection) {
        return std::pair{db::self_check_findings(connection, page.wanted(), page.offset),
                         db::self_check(connection)};
      });
  auto out = page_json(*page, rows, difference_json);
  if (check.ended) out["checked"] = to_iso(*check.ended);
  co_return answer(out);
}

// --- Terms that have passed, and no superior to tell (E-09)

json::object untold_json(Call const& call, db::UntoldSuperior const& untold) {
  return {{"number", untold.number},
          {"office", std::to_string(untold.office.value)},
          {"due", to_iso(untold.due)},
          {"reason",
           {{"code", untold.reason}, {"text", call.text("admin.superiors." + untold.reason)}}}};
}

asio::awaitable<http::Response> get_superiors(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const today = call.world().clock.today();
  auto const rows =
      co_await call.world().database.run([page = *page, today](db::Connection& connection) {
        return db::untold_superiors(connection, today, page.wanted(), page.offset);
      });
  co_return answer(page_json(
      *page, rows, [&](db::UntoldSuperior const& untold) { return untold_json(call, untold); }));
}

}  // namespace

void add_admin_incident_operations(http::Router& router, Api& api) {
  auto const list = [&](std::string_view path, Handler handler) {
    add(router, api,
        {.path = path, .access = k_admin, .handler = handler, .query = {"limit", "cursor"}});
  };
  auto const retry = [&](std::string_view path, Handler handler) {
    add_act(router, api, path, handler, http::Body::none);
  };
  auto const resolve = [&](std::string_view path) {
    add_act(router, api, path, post_resolve, http::Body::json);
  };
  list(k_effects, get_effects);
  add(router, api,
      {.path = "/admin/incidents/effects/{incident}", .access = k_admin, .handler = get_effect});
  retry("/admin/incidents/effects/{incident}/retry", post_effect);
  resolve("/admin/incidents/effects/{incident}/resolve");
  list(k_cases, get_cases);
  add(router, api,
      {.path = "/admin/incidents/cases/{incident}", .access = k_admin, .handler = get_case});
  retry("/admin/incidents/cases/{incident}/retry", post_case);
  resolve("/admin/incidents/cases/{incident}/resolve");
  list("/admin/incidents/differences", get_differences);
  list("/admin/incidents/superiors", get_superiors);
}

}  // namespace qyzmet::api
