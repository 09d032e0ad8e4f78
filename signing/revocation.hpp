#pragma once
// Is the certificate still good? What an OCSP response (RFC 6960) or a CRL (RFC 5280) says about
// it, and whether that may be believed (signing.md 8, step 8). Internal to signing/. Pure,
// thread-safe.
#include <string>
#include <string_view>
#include <vector>

#include "signing/certificate.hpp"

namespace qyzmet::signing {

struct RevocationVerdict {
  enum class Kind {
    good,
    revoked,
    unavailable,  // nothing was said: another source may be asked
    bad,          // something was said that cannot be believed: no other source is asked
  };
  Kind kind = Kind::unavailable;
  std::string check = {};   // which check failed
  std::string reason = {};  // key of the text catalogues
  Instant revoked_at{};
  std::vector<ListIdentity> lists = {};  // that said so
};

class TrustCache;

struct Subject {
  Certificate const& certificate;
  Certificate const& issuer;
  Instant best_time;  // the state at this moment is asked for
  Instant at;         // now
  TrustCache* cache = nullptr;
};

RevocationVerdict judge_ocsp(std::string_view response, std::string_view nonce,
                             Subject const& subject);
/// All lists together, complete ones and their deltas: PEM or DER, and such as are indexed already.
RevocationVerdict judge_crls(std::vector<std::string> const& crls,
                             std::vector<std::shared_ptr<RevocationList const>> const& indexed,
                             Subject const& subject);

}  // namespace qyzmet::signing
