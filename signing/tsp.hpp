#pragma once
// Timestamps (RFC 3161): the question to a TSA, its answer, and putting the token into a CMS. Bytes
// in, bytes out; the shell carries them. Pure but for the nonce (OpenSSL's generator). Thread-safe.
// Errors: invalid with "signature.timestamp" when the answer does not fit the question.
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace qyzmet::signing {

struct TspQuestion {
  std::string request;  // DER of TimeStampReq, with nonce and certReq
  std::string digest;   // OID of the algorithm of the imprint
  std::string imprint;  // digest of the stamped bytes
  std::string nonce;    // DER of the INTEGER
};

/// Asks for a timestamp over `bytes` (for a signature: its signature value); without a
/// digest named with SHA-256.
Result<TspQuestion> tsp_question(std::string_view bytes, std::string_view digest_oid = {});
/// Asks for a timestamp over the signature value of a CMS with one signer, under the digest of the
/// signature itself, as the national TSA does.
Result<TspQuestion> tsp_question_for(std::string_view cms);

/// The token of a TimeStampResp that answers `question`: granted, same imprint, same nonce. Whether
/// its signer may be believed is verify_cms's question.
Result<std::string> tsp_token(std::string_view response, TspQuestion const& question);

/// genTime of a token, as it stands there.
std::optional<Instant> tsp_time(std::string_view token);

/// The CMS (in any carrier) has a signature-time-stamp, whatever that is worth.
bool has_timestamp(std::string_view cms);
/// DER of the CMS with the token as its only signature-time-stamp attribute.
Result<std::string> with_timestamp(std::string_view cms, std::string_view token);

}  // namespace qyzmet::signing
