#pragma once
// What certifies the words of a citizen, an application or a statement alike: the own key over
// exactly these bytes, or a one-time password bound to their SHA-256 (R-GEN-05, R-GEN-06).
//
// Functions without state; thread-safe. Errors name the field "cms" or "code".
#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "db/sessions.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

inline constexpr int k_codes_per_hour_max = 5;  // of one person, whatever they are for

/// The key of that very person.
signing::Policy own_key_of(std::string_view iin);

/// A password and what it is good for.
struct CodeFor {
  std::string_view purpose;
  std::string_view words;  // of the SMS behind the code, in Latin letters
};
inline constexpr CodeFor k_application_code{"application",
                                            "otinishti rastau kody / kod podtverzhdeniya"};
inline constexpr CodeFor k_statement_code{"statement",
                                          "malimdemeni rastau kody / kod podtverzhdeniya"};

/// Sends a code to the person's registered phone, bound to `bytes`; answers its id. Errors:
/// error.no_phone, error.too_many_codes, those of the gateway.
boost::asio::awaitable<Result<std::string>> send_code(World& world, CodeFor what, std::string bytes,
                                                      db::PersonId person);

struct SentCode {
  std::string id;    // as send_code has answered it
  std::string code;  // as it was typed
};
/// The answer of a right code, now or in a request that is repeated. Five tries, five minutes.
boost::asio::awaitable<Result<db::OtpAnswer>> check_code(World& world, CodeFor what,
                                                         std::string bytes, SentCode sent,
                                                         db::PersonId person);

}  // namespace qyzmet::casework
