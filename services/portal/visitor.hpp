#pragma once
// Who asks: web sessions, and the protection of forms against other sites.
//
// Session: cookie "__Host-qyzmet" (over plain HTTP "qyzmet") holds a token of 256 random bits, the
// database only its SHA-256. A new token at each login; 15 minutes idle, 8 hours at most. Before
// login a random cookie ("visit") takes the place of the session for forms.
// Forms: a token of the session in every form, compared in constant time (synchronizer token), and
// the browser's own word (Origin, Sec-Fetch-Site) that the form was ours.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "db/sessions.hpp"
#include "services/casework/access.hpp"
#include "services/http/message.hpp"
#include "services/portal/portal.hpp"

namespace qyzmet::portal {

inline constexpr std::chrono::seconds k_session_idle_max{15 * 60};
inline constexpr std::chrono::seconds k_session_age_max{8 * 60 * 60};
inline constexpr std::string_view k_session_cookie = "qyzmet";
inline constexpr std::string_view k_visit_cookie = "visit";

/// Empty user: nobody has signed in.
struct Visitor : casework::Caller {
  std::string method;           // "eds", "otp"
  std::string token;            // of the session, as the cookie holds it
  std::string csrf;             // goes into every form
  std::string new_visit;        // a visit cookie that the answer must set
  db::SessionProof proof = {};  // of the session, for steps that are taken at once
  bool remembered = false;      // not read for this request
  Date read_on = {};            // legal day: roles of stand-ins begin and end with it
};

/// Reads the session of the request; extends its idle time.
boost::asio::awaitable<Visitor> read_visitor(Portal& portal, http::Request const& request);
/// The same as this process read it within the last minute and on the same
/// legal day; nullopt when it did not. Good for an
/// attempt that proves the session in its own statement, and for nothing else.
std::optional<Visitor> remembered_visitor(Portal& portal, http::Request const& request);
/// What the gate learned; a nobody when it was not asked.
Visitor const& visitor_of(http::Request const& request);
void remember_visitor(http::Request& request, Visitor visitor);

/// Starts a session for `user` (and ends the old one), and sets the cookie.
boost::asio::awaitable<void> sign_in(Portal& portal, Visitor const& before, UserId user,
                                     std::string method, std::string client,
                                     http::Response& response);
boost::asio::awaitable<void> sign_out(Portal& portal, Visitor const& visitor,
                                      http::Response& response);

/// The form was sent by a page of ours: by the browser's own word.
bool same_origin(bool https, http::Request const& request);
/// The form carries the token of the session.
bool token_matches(Visitor const& visitor, http::Request const& request);

}  // namespace qyzmet::portal
