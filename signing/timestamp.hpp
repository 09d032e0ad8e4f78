#pragma once
// Is a timestamp token (RFC 3161) believable, and what time does it prove? Internal to signing/.
// Pure, thread-safe.
#include <expected>
#include <string>
#include <string_view>

#include "signing/path.hpp"

namespace qyzmet::signing {

inline constexpr std::string_view k_national_tsa_policy = "1.2.398.3.3.2.6";

/// genTime of a token over `stamped` whose TSA leads to an anchor. Error: "signature.timestamp" or
/// the reason of the path.
std::expected<Instant, std::string> verify_timestamp(std::string_view token,
                                                     std::string_view stamped,
                                                     Anchors const& anchors, Policy const& policy,
                                                     Instant at);

}  // namespace qyzmet::signing
