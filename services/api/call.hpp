#pragma once
// What every operation is made of: who asks, in which language; reading a JSON body; answers and
// problems. A Call belongs to one request.
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/cases.hpp"
#include "db/clients.hpp"
#include "services/api/api.hpp"
#include "services/casework/access.hpp"
#include "services/http/message.hpp"

namespace qyzmet::api {

/// Who asks: a person by a bearer session, as one role, or a program by its token.
struct Visit {
  casework::Caller caller = {};  // `grants` holds the one role of the token; none: a citizen
  std::optional<db::Client> client = {};
  std::string token = {};
  Instant expires = {};
};

struct Call {
  Api& api;
  http::Request& request;
  Visit const& visit;
  std::string language;
  /// Of an operation that is done once: its key, and what a crashed attempt had noted.
  std::optional<db::Idempotency> once = {};
  std::string subject = {};
  /// What a repeated request is answered, when the first answer tells what is told once.
  std::string kept_body = {};

  casework::World& world() const { return api.world; }
  casework::Caller const& caller() const { return visit.caller; }
  std::string text(std::string_view key, boost::json::object const& arguments = {},
                   engine::Package const* package = nullptr) const;
  /// Is there such a text, in the package or in the catalogue?
  bool has(std::string_view key, engine::Package const* package = nullptr) const;
  /// A {name} part of the path; "" when the pattern has none of that name.
  std::string parameter(std::string_view name) const;
  std::string query(std::string_view name) const;
};

using Handler = boost::asio::awaitable<http::Response> (*)(Call& call);

/// `access`: several words mean "one of".
///   anyone; person (any bearer of a session); citizen (a session without a role);
///   registrar, executor, head, branch_operator, admin (a session in that role); status, residence
///   (a program's scope)
struct Operation {
  http::Method method = http::Method::get;
  std::string_view path;  // behind /api/v1
  std::string_view access;
  Handler handler = nullptr;
  http::Body body = http::Body::none;
  std::size_t body_bytes_max = k_body_bytes_max;
  bool once = false;  // asks for an Idempotency-Key
  std::vector<std::string_view> query = {};
  std::string_view gives = "application/json";  // "" for files of any type
};
/// Takes `json_or_multipart` as JSON, or as a part "input" of JSON with the files beside it, each
/// under the name of its field.
void add(http::Router& router, Api& api, Operation operation);

// --- Reading

/// The body as a JSON object with no other members than `known`. Errors: error.body_not_json,
/// error.unknown_field.
Result<boost::json::object> body_object(Call const& call,
                                        std::vector<std::string_view> const& known);
/// A text member; "" when it is absent or null. Error: error.field_type.
Result<std::string> text_member(boost::json::object const& object, std::string_view name);
/// "7" -> 7; nullopt for anything else than a plain number that is not negative.
std::optional<std::int64_t> parse_number(std::string_view text);
/// A language of ours by the preference of RFC 9110, 12.5.4; kk when none is named.
std::string language_of(std::string_view accept_language);
/// Does an Accept header (RFC 9110, 12.5.1) take this media type?
bool accepts(std::string_view header, std::string_view media_type);

// --- Answering

http::Response answer(boost::json::value const& body, int status = 200);
/// Problem details with all errors; the first one gives status and code.
http::Response problem(Call const& call, std::vector<Error> const& errors,
                       engine::Package const* package = nullptr);
http::Response problem(Call const& call, Error const& error,
                       engine::Package const* package = nullptr);
/// For what has no Error of its own: 404, 405, 415 ...
http::Response problem(Call const& call, int status);
/// The HTTP status of an error.
int status_of(Error const& error);
/// "error.choose_office" -> "choose_office"
std::string code_of(Error const& error);
/// Of one error: {code, detail, field, rule, paragraph}, without what is empty.
boost::json::object error_json(Call const& call, Error const& error,
                               engine::Package const* package);
/// {text, source} of a citation; null for "" and for what the package does not have.
boost::json::value paragraph_json(Call const& call, engine::Package const& package,
                                  std::string_view id);
void set_etag(http::Response& response, std::string_view tag);
/// The version in If-Match: absent, "*", or a number in quotes; anything else never matches (-1).
std::optional<std::int64_t> if_match(Call const& call);

}  // namespace qyzmet::api
