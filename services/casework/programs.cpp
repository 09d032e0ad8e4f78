#include "services/casework/programs.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "db/audit.hpp"
#include "engine/base/utf8.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

Instant real_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::vector<Error> errors_of(NewToken const& wanted) {
  std::vector<Error> out;
  auto const wrong = [&](std::string text, std::string field, std::string max = {}) {
    Error error{.code = ErrorCode::invalid, .text = std::move(text), .field = std::move(field)};
    if (!max.empty()) error.arguments["max"] = std::move(max);
    out.push_back(std::move(error));
  };
  if (wanted.name.empty()) wrong("error.required", "name");
  if (utf8_length(wanted.name) > k_program_name_size_max)
    wrong("error.too_long", "name", std::to_string(k_program_name_size_max));
  bool const known = std::ranges::all_of(wanted.scopes, [](std::string const& scope) {
    return std::ranges::find(k_scopes, scope) != k_scopes.end();
  });
  if (wanted.scopes.empty() || !known) wrong("error.choose", "scopes");
  if (wanted.days < 1 || wanted.days > k_token_days_max)
    wrong("error.token_days", "days", std::to_string(k_token_days_max));
  return out;
}

void log(db::Connection& connection, UserId by, char const* act, db::ClientId id) {
  db::log_act(connection, by, act, json::serialize(json::object{{"client", id.value}}));
}

}  // namespace

std::string_view token_state(db::Client const& client) {
  if (client.revoked) return "revoked";
  return client.expires <= real_now() ? "over" : "now";
}

Kept<IssuedToken> issue_token(db::Connection& connection, NewToken const& wanted, UserId by) {
  auto errors = errors_of(wanted);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  IssuedToken out{.id = {}, .token = std::string{k_program_prefix} + platform::random_token()};
  auto const now = real_now();
  out.id = connection.transaction([&] {
    auto const made = db::create_client(connection,
                                        {.id = {},
                                         .name = wanted.name,
                                         .scopes = wanted.scopes,
                                         .issued = now,
                                         .expires = now + std::chrono::days{wanted.days},
                                         .revoked = {}},
                                        out.token, by);
    log(connection, by, "token_issued", made);
    return made;
  });
  return out;
}

bool revoke_token(db::Connection& connection, db::ClientId id, UserId by) {
  return connection.transaction([&] {
    bool const done = db::revoke_client(connection, id, by);
    if (done) log(connection, by, "token_revoked", id);
    return done;
  });
}

}  // namespace qyzmet::casework
