#pragma once
// The proof that somebody has certified a document by a one-time password: what was sent to whom,
// when it was confirmed, and the SHA-256 of the document, under the seal of the server. Kept as a
// signature of the method "otp", and archived like one.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "db/sessions.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

struct Confirmed {
  std::string document;  // SHA-256 (hex) of the certified bytes
  std::string otp;       // id of the password
  db::OtpAnswer answer;
  UserId user;
  std::optional<CaseId> case_id = {};  // absent: of an application, whose start binds it
};
/// The digest of the kept proof; one password has one. Errors: those of the seal.
boost::asio::awaitable<Result<std::string>> confirmation(World& world, Confirmed confirmed);

/// The sealed text speaks of this document. Pure.
bool confirms(std::string_view text, std::string_view sha256);

inline constexpr std::size_t k_phone_digits_shown = 4;  // the last ones, wherever a code is told of
/// The end of the phone number in a kept proof, "…0004"; "" when it cannot be read. Pure.
std::string masked_phone(std::string_view cms);

}  // namespace qyzmet::casework
