// Signing in with one's own key: a challenge, its signature, a bearer token for one role.
#include <algorithm>

#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/api/token.hpp"
#include "services/casework/sign_in.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

Error too_many(db::RateAnswer const& rate) {
  return {.code = ErrorCode::conflict,
          .text = "error.too_many_sign_ins",
          .arguments = {{"retry_after", std::to_string(rate.retry_after.count())}}};
}

asio::awaitable<http::Response> post_challenge(Call& call) {
  auto const rate =
      co_await casework::count_hit(call.world(), "challenge:" + call.request.client,
                                   casework::k_sign_in_window, casework::k_challenges_max);
  if (!rate.allowed) co_return problem(call, too_many(rate));
  auto const challenge = co_await casework::new_challenge(call.world());
  co_return answer({{"id", challenge.id},
                    {"content", platform::to_base64(challenge.text)},
                    {"expires_in", casework::k_challenge_lifetime.count()}},
                   201);
}

struct Wanted {
  std::string challenge, cms;
  std::optional<db::Grant> role = {};
};

/// {"role": "head", "office": "3"}; the place may be left out where it is the only one.
Result<std::optional<db::Grant>> wanted_role(json::object const& body) {
  auto const* member = body.if_contains("role");
  if (member == nullptr || member->is_null()) return std::optional<db::Grant>{};
  auto role = text_member(body, "role"), office = text_member(body, "office"),
       branch = text_member(body, "branch");
  for (auto const* each : {&role, &office, &branch})
    if (!*each) return std::unexpected(each->error());
  db::Grant out{.role = *role, .office = {}, .branch = {}};
  if (auto const id = parse_number(*office)) out.office = OfficeId{*id};
  if (auto const id = parse_number(*branch)) out.branch = BranchId{*id};
  return std::optional{std::move(out)};
}

Result<Wanted> read_wanted(Call const& call) {
  auto const body = body_object(call, {"challenge", "cms", "role", "office", "branch"});
  if (!body) return std::unexpected(body.error());
  auto challenge = text_member(*body, "challenge"), cms = text_member(*body, "cms");
  if (!challenge) return std::unexpected(challenge.error());
  if (!cms) return std::unexpected(cms.error());
  if (cms->empty()) return fail(ErrorCode::invalid, "error.signature_missing", "cms");
  auto role = wanted_role(*body);
  if (!role) return std::unexpected(role.error());
  return Wanted{.challenge = std::move(*challenge), .cms = std::move(*cms), .role = *role};
}

bool fits(db::Grant const& held, db::Grant const& wanted) {
  return held.role == wanted.role && (!wanted.office || wanted.office == held.office) &&
         (!wanted.branch || wanted.branch == held.branch);
}

struct Opened {
  db::User user;
  std::optional<db::Grant> role = {};
  bool refused = false;  // the person does not hold the role
};

Opened open(db::Connection& connection, db::NewSession const& session,
            std::optional<db::Grant> const& wanted) {
  Opened out{.user = *db::find_user(connection, session.user)};
  if (wanted) {
    auto const held = std::ranges::find_if(
        out.user.grants, [&](db::Grant const& grant) { return fits(grant, *wanted); });
    out.refused = held == out.user.grants.end();
    if (out.refused) return out;
    out.role = *held;
  }
  db::create_session(connection, session);
  if (out.role)
    db::choose_role(connection, session.token, out.role->role, out.role->office, out.role->branch);
  return out;
}

json::object opened_json(Call const& call, Opened const& opened, std::string const& token) {
  json::array roles;
  for (auto const& grant : opened.user.grants) roles.push_back(grant_json(call, grant));
  json::object out{{"token", token},
                   {"token_type", "Bearer"},
                   {"expires_in", k_token_age_max.count()},
                   {"idle_expires_in", k_token_idle_max.count()},
                   {"name", opened.user.name},
                   {"roles", std::move(roles)}};
  if (opened.role) out["role"] = grant_json(call, *opened.role);
  return out;
}

asio::awaitable<http::Response> post_session(Call& call) {
  auto const rate =
      co_await casework::count_hit(call.world(), "eds:" + call.request.client,
                                   casework::k_sign_in_window, casework::k_signed_logins_max);
  if (!rate.allowed) co_return problem(call, too_many(rate));
  auto wanted = read_wanted(call);
  if (!wanted) co_return problem(call, wanted.error());
  auto const user = co_await casework::sign_in_with_key(call.world(), wanted->challenge,
                                                        wanted->cms, call.language);
  if (!user) {
    platform::log(
        platform::Level::warning, "login_refused",
        {{"method", "eds"}, {"reason", user.error().text}, {"request_id", call.request.id}});
    co_return problem(call, user.error());
  }
  db::NewSession const session{.token = std::string{k_person_prefix} + platform::random_token(),
                               .user = *user,
                               .method = "eds",
                               .csrf = {},
                               .client = call.request.client,
                               .idle_max = k_token_idle_max,
                               .absolute_max = k_token_age_max,
                               .via = "bearer"};
  auto const opened = co_await call.world().database.run(
      [session, role = wanted->role](db::Connection& connection) {
        return open(connection, session, role);
      });
  if (opened.refused)
    co_return problem(
        call, Error{.code = ErrorCode::forbidden, .text = "error.role_not_held", .field = "role"});
  co_return answer(opened_json(call, opened, session.token), 201);
}

asio::awaitable<http::Response> get_session(Call& call) {
  json::object out{{"name", call.caller().name}, {"expires", to_iso(call.visit.expires)}};
  if (call.caller().desk) out["role"] = grant_json(call, *call.caller().desk);
  co_return answer(out);
}

asio::awaitable<http::Response> delete_session(Call& call) {
  co_await call.world().database.run([token = call.visit.token](db::Connection& connection) {
    db::end_session(connection, token);
  });
  co_return http::Response{.status = 204, .content_type = {}};
}

}  // namespace

void add_session_operations(http::Router& router, Api& api) {
  using enum http::Method;
  add(router, api,
      {.method = post, .path = "/challenges", .access = "anyone", .handler = post_challenge});
  add(router, api,
      {.method = post,
       .path = "/sessions",
       .access = "anyone",
       .handler = post_session,
       .body = http::Body::json,
       .body_bytes_max = 0});
  add(router, api, {.path = "/session", .access = "person", .handler = get_session});
  add(router, api,
      {.method = delete_, .path = "/session", .access = "person", .handler = delete_session});
}

}  // namespace qyzmet::api
