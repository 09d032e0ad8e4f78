#include "services/portal/visitor.hpp"

#include <algorithm>
#include <any>

#include "services/casework/sign_in.hpp"
#include "services/http/forms.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

namespace {

std::string cookie(Portal const& portal, http::Request const& request, std::string_view name) {
  auto const secure = platform::is_https(portal.world.config);
  auto const found = request.cookies.find(http::cookie_name(name, secure));
  return found == request.cookies.end() ? std::string{} : found->second;
}

/// The token of forms before login: follows from the visit cookie, which no other site can read.
std::string visit_csrf(std::string const& visit) {
  return platform::sha256_hex("form:" + visit);
}

/// The desk of the session, if the person still has it: a role taken away is gone at once.
std::optional<db::Grant> desk_of(db::Session const& session) {
  db::Grant chosen{.role = session.role, .office = session.office, .branch = session.branch};
  auto const& grants = session.user.grants;
  if (std::ranges::find(grants, chosen) == grants.end()) return std::nullopt;
  return chosen;
}

constexpr std::size_t k_token_size_max = 64;

}  // namespace

asio::awaitable<Visitor> read_visitor(Portal& portal, http::Request const& request) {
  Visitor visitor;
  auto const token = cookie(portal, request, k_session_cookie);
  if (!token.empty() && token.size() <= k_token_size_max) {
    auto session = co_await portal.world.database.run(
        [token](db::Connection& connection) { return db::find_session(connection, token); });
    if (session) {
      visitor.desk = desk_of(*session);
      visitor.user = session->user.id;
      visitor.person = session->user.person;
      visitor.name = std::move(session->user.name);
      visitor.grants = std::move(session->user.grants);
      visitor.method = std::move(session->method);
      visitor.csrf = std::move(session->csrf);
      visitor.token = token;
      visitor.proof = std::move(session->proof);
      auto known = std::make_shared<Visitor>(visitor);
      known->remembered = true;
      known->read_on = portal.world.clock.today();
      portal.memory.sessions.put(token, std::move(known));
      co_return visitor;
    }
  }
  auto visit = cookie(portal, request, k_visit_cookie);
  if (visit.empty() || visit.size() > k_token_size_max)
    visit = visitor.new_visit = platform::random_token();
  visitor.csrf = visit_csrf(visit);
  co_return visitor;
}

std::optional<Visitor> remembered_visitor(Portal& portal, http::Request const& request) {
  auto const known = portal.memory.sessions.find(cookie(portal, request, k_session_cookie));
  if (!known || (*known)->read_on != portal.world.clock.today()) return std::nullopt;
  return **known;
}

Visitor const& visitor_of(http::Request const& request) {
  static Visitor const nobody;
  auto const* visitor = std::any_cast<Visitor>(&request.visitor);
  return visitor == nullptr ? nobody : *visitor;
}

void remember_visitor(http::Request& request, Visitor visitor) {
  // In its place: somebody may refer to it.
  if (auto* before = std::any_cast<Visitor>(&request.visitor))
    *before = std::move(visitor);
  else
    request.visitor = std::move(visitor);
}

asio::awaitable<void> sign_in(Portal& portal, Visitor const& before, UserId user,
                              std::string method, std::string client, http::Response& response) {
  db::NewSession const session{.token = platform::random_token(),
                               .user = user,
                               .method = std::move(method),
                               .csrf = platform::random_token(),
                               .client = std::move(client),
                               .idle_max = k_session_idle_max,
                               .absolute_max = k_session_age_max};
  co_await portal.world.database.run([session, old = before.token](db::Connection& connection) {
    if (!old.empty()) db::end_session(connection, old);
    casework::open_session(connection, session);
  });
  http::set_cookie(response, {.name = std::string{k_session_cookie},
                              .value = session.token,
                              .secure = platform::is_https(portal.world.config)});
}

asio::awaitable<void> sign_out(Portal& portal, Visitor const& visitor, http::Response& response) {
  if (!visitor.token.empty())
    co_await portal.world.database.run([token = visitor.token](db::Connection& connection) {
      db::end_session(connection, token);
    });
  portal.memory.sessions.forget(visitor.token);
  http::set_cookie(response, {.name = std::string{k_session_cookie},
                              .value = "",
                              .secure = platform::is_https(portal.world.config),
                              .max_age_s = 0});
  response.headers.set("Clear-Site-Data", "\"cache\"");
}

bool same_origin(bool https, http::Request const& request) {
  auto const site = request.headers.get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin") return false;
  auto const origin = request.headers.get("Origin");
  if (origin.empty()) return !site.empty();
  // The server has checked Host against the configuration before.
  std::string const scheme = https ? "https://" : "http://";
  return origin == scheme + std::string{request.headers.get("Host")};
}

bool token_matches(Visitor const& visitor, http::Request const& request) {
  auto const found = request.form.find("csrf");
  return found != request.form.end() && !visitor.csrf.empty() &&
         platform::equal_in_constant_time(found->second, visitor.csrf);
}

}  // namespace qyzmet::portal
