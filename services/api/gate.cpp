// Who may come in: bearer tokens of people and programs, before a body is read; and the problems of
// what no operation answers. A token is worth something as long as its person or program and the
// role it was given for are.
#include <algorithm>
#include <any>

#include "db/error.hpp"
#include "db/sessions.hpp"
#include "services/api/call.hpp"
#include "services/api/routes.hpp"
#include "services/api/token.hpp"
#include "services/casework/programs.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;

namespace {

bool is_ours(http::Request const& request) {
  auto const& path = request.path.empty() ? request.target : request.path;
  return path.starts_with("/api/");
}

Call call_of(Api& api, http::Request& request) {
  static Visit const nobody;
  return {.api = api,
          .request = request,
          .visit = nobody,
          .language = language_of(request.headers.get("Accept-Language"))};
}

/// "Bearer <token>" (RFC 6750, 2.1); "" without one.
std::string bearer_of(http::Request const& request) {
  auto const text = request.headers.get("Authorization");
  constexpr std::string_view scheme = "bearer ";
  if (text.size() <= scheme.size() || text.size() > scheme.size() + k_token_size_max) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((text[i] | 0x20) != scheme[i] && text[i] != scheme[i]) return {};
  return std::string{text.substr(scheme.size())};
}

/// The role of the token, while the person still has it; nullopt: it was taken away.
std::optional<std::vector<db::Grant>> role_of(db::Session const& session) {
  std::vector<db::Grant> out;
  if (session.role.empty()) return out;
  db::Grant const chosen{.role = session.role, .office = session.office, .branch = session.branch};
  if (std::ranges::find(session.user.grants, chosen) == session.user.grants.end())
    return std::nullopt;
  out.push_back(chosen);
  return out;
}

std::optional<Visit> person_with(db::Connection& connection, std::string const& token) {
  auto session = db::find_session(connection, token, "bearer");
  if (!session) return std::nullopt;
  auto grants = role_of(*session);
  if (!grants) return std::nullopt;
  Visit out{.token = token, .expires = session->expires};
  out.caller.user = session->user.id;
  out.caller.person = session->user.person;
  out.caller.name = std::move(session->user.name);
  out.caller.grants = std::move(*grants);
  if (!out.caller.grants.empty()) out.caller.desk = out.caller.grants.front();
  return out;
}

std::optional<Visit> program_with(db::Connection& connection, std::string const& token) {
  auto client = db::find_client(connection, token);
  if (!client) return std::nullopt;
  auto const expires = client->expires;
  return Visit{.client = std::move(client), .token = token, .expires = expires};
}

asio::awaitable<std::optional<Visit>> read_visit(Api& api, std::string token) {
  auto visit =
      co_await api.world.database.run([token](db::Connection& connection) -> std::optional<Visit> {
        if (token.starts_with(k_person_prefix)) return person_with(connection, token);
        if (token.starts_with(casework::k_program_prefix)) return program_with(connection, token);
        return std::nullopt;
      });
  co_return visit;
}

bool may(Visit const& visit, std::string_view word) {
  auto const& caller = visit.caller;
  if (visit.client)
    return std::ranges::find(visit.client->scopes, word) != visit.client->scopes.end();
  if (word == "person") return caller.signed_in();
  if (word == "citizen") return caller.signed_in() && !caller.desk;
  return caller.has_role(word);
}

bool may_any(Visit const& visit, std::string_view access) {
  while (!access.empty()) {
    auto const blank = access.find(' ');
    if (may(visit, access.substr(0, blank))) return true;
    access.remove_prefix(blank == access.npos ? access.size() : blank + 1);
  }
  return false;
}

http::Response not_allowed(Call const& call) {
  auto response = problem(call, {.code = ErrorCode::forbidden, .text = "error.token_role"});
  response.headers.set("WWW-Authenticate", R"(Bearer realm="qyzmet", error="insufficient_scope")");
  return response;
}

asio::awaitable<std::optional<http::Response>> gate(Api& api, http::Request& request,
                                                    http::Route const& route) {
  if (route.access == "anyone") co_return std::nullopt;
  auto const call = call_of(api, request);
  auto const token = bearer_of(request);
  if (token.empty())
    co_return problem(call, {.code = ErrorCode::forbidden, .text = "error.token_missing"});
  auto visit = co_await read_visit(api, token);
  if (!visit)
    co_return problem(call, {.code = ErrorCode::forbidden, .text = "error.token_invalid"});
  if (!may_any(*visit, route.access)) co_return not_allowed(call);
  request.visitor = std::move(*visit);
  co_return std::nullopt;
}

std::optional<http::Response> on_exception(Api& api, std::exception_ptr fault,
                                           http::Request const& request) {
  auto copy = request;
  auto const call = call_of(api, copy);
  Error const unknown{.code = ErrorCode::unavailable, .text = "error.outcome_unknown"};
  try {
    std::rethrow_exception(std::move(fault));
  } catch (db::Overloaded const&) {
    return problem(call, 503);
  } catch (db::Timeout const&) {
    return problem(call, 503);
  } catch (db::OutcomeUnknown const&) {
    return problem(call, unknown);
  } catch (db::Unavailable const&) {
    return problem(call, unknown);
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace

void add_routes(http::Router& router, Api& api) {
  add_session_operations(router, api);
  add_service_operations(router, api);
  add_term_operations(router, api);
  add_draft_operations(router, api);
  add_case_operations(router, api);
  add_own_operations(router, api);
  add_paper_operations(router, api);
  add_history_operations(router, api);
  add_register_operations(router, api);
  add_residence_operations(router, api);
  add_desk_operations(router, api);
  add_task_operations(router, api);
  add_message_operations(router, api);
  add_statement_operations(router, api);
  add_status_operations(router, api);
  add_process_operations(router, api);
  add_admin_incident_operations(router, api);
  add_admin_people_operations(router, api);
  add_admin_stand_in_operations(router, api);
  add_admin_office_operations(router, api);
  add_admin_calendar_operations(router, api);
  add_admin_package_operations(router, api);
  add_admin_token_operations(router, api);
  add_admin_mode_operations(router, api);
}

http::Hooks hooks(Api& api, http::Hooks pages) {
  auto out = pages;
  out.gate = [&api, theirs = pages.gate](http::Request& request, http::Route const& route) {
    return is_ours(request) ? gate(api, request, route) : theirs(request, route);
  };
  out.on_exception = [&api, theirs = pages.on_exception](std::exception_ptr fault,
                                                         http::Request const& request) {
    return is_ours(request) ? on_exception(api, std::move(fault), request)
                            : theirs(std::move(fault), request);
  };
  out.error_page = [&api, theirs = pages.error_page](int status, http::Request const& request) {
    if (!is_ours(request)) return theirs(status, request);
    auto copy = request;
    return problem(call_of(api, copy), status);
  };
  return out;
}

}  // namespace qyzmet::api
