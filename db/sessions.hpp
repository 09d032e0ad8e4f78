#pragma once
// Sessions, login challenges, one-time passwords, rate limits. Tokens and codes are stored as
// hashes only. Security times run on the real clock of the database, not on the demo clock.
#include <chrono>
#include <optional>
#include <string>

#include "db/cases.hpp"
#include "db/connection.hpp"
#include "db/people.hpp"

namespace qyzmet::db {

struct NewSession {
  std::string token;  // 32 random bytes, as the cookie holds it
  UserId user;
  std::string method;  // "eds", "otp"
  std::string csrf;    // secret
  std::string client;  // address
  std::chrono::seconds idle_max{30 * 60};
  std::chrono::seconds absolute_max{8 * 60 * 60};
  std::string via = "cookie";  // or "bearer"
};
struct Session {
  User user;
  std::string method, csrf;
  std::string role;  // chosen role of a person with several; "" = citizen
  std::optional<OfficeId> office;
  std::optional<BranchId> branch;
  Instant expires;
  SessionProof proof;  // for a step that is taken later on this reading
};
void create_session(Connection& connection, NewSession const& session);
/// Alive and its user active; one round trip. The user comes without positions. Moves the idle end
/// forward (written at most once a minute).
/// `via`: how the token came; it is good for that alone.
std::optional<Session> find_session(Connection& connection, std::string const& token,
                                    std::string_view via = "cookie");
void choose_role(Connection& connection, std::string const& token, std::string const& role,
                 std::optional<OfficeId> office, std::optional<BranchId> branch);
void end_session(Connection& connection, std::string const& token);
void end_sessions_of(Connection& connection, UserId user);

/// Bytes to sign for a login; used once.
void create_challenge(Connection& connection, std::string const& id, std::string const& text,
                      std::chrono::seconds lifetime);
/// The text, at most once and in time.
std::optional<std::string> take_challenge(Connection& connection, std::string const& id);

struct NewOtp {
  std::string id;       // random
  std::string code;     // kept as keyed hash
  std::string purpose;  // "login", "application", ...
  std::string bound;    // SHA-256 (hex) of what it certifies, or ""
  std::string phone;    // sealed
  std::optional<PersonId> person;
  std::chrono::seconds lifetime{5 * 60};
  int tries_max = 5;
};
enum class OtpVerdict { right, wrong, expired, used, too_many_tries, unknown, other_content };
struct OtpAnswer {
  OtpVerdict verdict = OtpVerdict::unknown;
  int tries_left = 0;
  Instant sent, confirmed;  // R-GEN-06
  std::string phone;
  std::optional<PersonId> person;
};
void create_otp(Connection& connection, NewOtp const& otp);
/// Counts the try before it compares; right at most once. "used" is the right code once more: a
/// repeated request, with everything of the first answer.
OtpAnswer check_otp(Connection& connection, std::string const& id, std::string const& code,
                    std::string const& purpose, std::string const& bound);

struct RateAnswer {
  bool allowed = true;
  std::chrono::seconds retry_after{0};
};
/// Fixed windows; the key is stored as a keyed hash ("login:<address>", "otp:<phone>").
RateAnswer hit(Connection& connection, std::string const& key, std::chrono::seconds window,
               int max);

/// Removes what has expired: sessions, challenges, passwords, windows, what waited for a mobile
/// signature, statements that nobody certified, old idempotency keys and kept answers.
std::int64_t sweep_expired(Connection& connection);

}  // namespace qyzmet::db
