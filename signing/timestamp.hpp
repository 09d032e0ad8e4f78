#pragma once
// Is a timestamp token (RFC 3161) believable, and what time does it prove? Internal to signing/.
// Pure, thread-safe.
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "signing/checks.hpp"
#include "signing/path.hpp"
#include "signing/signed_data.hpp"

namespace qyzmet::signing {

inline constexpr std::string_view k_national_tsa_policy = "1.2.398.3.3.2.6";

/// Takes each check of a token in turn; false ends the run.
using TokenNote =
    std::function<bool(char const* name, char const* layer, Fault const&, Consequence)>;

struct Token {
  Certificate authority;
  Chain chain;
  Instant at;  // genTime
};

/// The checks of one token, in this order: timestamp_structure, timestamp_policy,
/// timestamp_algorithm, timestamp_imprint, timestamp_time, timestamp_certificate,
/// timestamp_signature, timestamp_chain. `stamped`: nothing when the stamped bytes are not at hand.
/// Nothing is returned when the run ended before the path.
std::optional<Token> judge_token(std::string_view token, std::optional<std::string_view> stamped,
                                 Anchors const& anchors, Policy const& policy, Instant at,
                                 TokenNote const& note);

/// genTime of a token over `stamped` whose TSA leads to an anchor. Error: the reason of the first
/// check that failed ("signature.timestamp_imprint", ...).
std::expected<Instant, std::string> verify_timestamp(std::string_view token,
                                                     std::string_view stamped,
                                                     Anchors const& anchors, Policy const& policy,
                                                     Instant at);

}  // namespace qyzmet::signing
