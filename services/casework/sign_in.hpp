#pragma once
// Signing in with one's own key: a challenge of ours, signed elsewhere and used once, names the
// person. Every shell that lets people in (pages, API) does it through these, under the same
// limits.
//
// Blocking on nothing; thread-safe. Errors of the person are values.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "db/sessions.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

inline constexpr std::chrono::seconds k_challenge_lifetime{5 * 60};
inline constexpr std::chrono::seconds k_sign_in_window{10 * 60};
inline constexpr int k_challenges_max = 60;     // per address and window
inline constexpr int k_signed_logins_max = 30;  // per address and window

/// Counts one more of what is rare; says whether it is still allowed in this window.
boost::asio::awaitable<db::RateAnswer> count_hit(World& world, std::string key,
                                                 std::chrono::seconds window, int max);

struct Challenge {
  std::string id, at, text;
};
/// The bytes of a challenge follow from its id and time, so that they can be downloaded; what
/// counts is the copy in the database.
std::string challenge_text(World const& world, std::string_view id, std::string_view at);
boost::asio::awaitable<Challenge> new_challenge(World& world);

/// Who has signed the challenge `id`: certificate, path and OCSP are checked. The challenge is used
/// up by this, whatever comes of it. A person whom we meet for the first time is written down with
/// that language. Errors: error.challenge_expired, error.ocsp_unavailable, signature.*,
/// error.login_closed.
boost::asio::awaitable<Result<UserId>> sign_in_with_key(World& world, std::string id,
                                                        std::string cms, std::string language);

/// Starts the session and seats the person at the first of the own desks.
void open_session(db::Connection& connection, db::NewSession const& session);

}  // namespace qyzmet::casework
