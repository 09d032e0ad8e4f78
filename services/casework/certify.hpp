#pragma once
// Certification of an application, and of officials' signatures: by the person's own key (CMS,
// checked against the national PKI with OCSP) or by a one-time password bound to the same bytes.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "engine/step.hpp"
#include "services/casework/application.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

struct Certified {
  CaseId id;
  std::string number;     // of the case; empty while pending
  bool existing = false;  // the person has an open application of this kind: it is shown instead
  bool pending = false;   // revocation source down: receipt time fixed, checked later (decision 17)
};

/// Why the law would refuse this application now, however it were certified; nothing when it would
/// be accepted. Said before anybody signs.
boost::asio::awaitable<std::optional<Error>> refusal_of_application(World& world, std::string xml,
                                                                    db::PersonId person,
                                                                    Instant now);
/// Verifies `cms` over exactly `xml`, keeps the evidence, and starts the case as of `received`.
boost::asio::awaitable<Result<Certified>> submit_signed(World& world, std::string xml,
                                                        std::string cms, db::PersonId person,
                                                        Instant received);
/// The code is that of send_code(k_application_code) over the same bytes (R-GEN-06).
boost::asio::awaitable<Result<Certified>> submit_confirmed(World& world, std::string xml,
                                                           std::string otp, std::string code,
                                                           db::PersonId person, Instant received);
/// The case that came of exactly these bytes (by their SHA-256) of that person; for a request that
/// is repeated after its draft is gone.
boost::asio::awaitable<std::optional<Certified>> submitted_before(World& world, UserId user,
                                                                  std::string sha256);
/// Certificates that could not be checked at receipt are tried again: accepted as of the receipt
/// instant, or rejected with the reason (decision 17). Answers how many were decided.
boost::asio::awaitable<int> retry_submissions(World& world);

/// An official's signature over the document `sha256` of the case: verified (role official, the
/// official's own IIN, OCSP), kept, and given as evidence for the step.
boost::asio::awaitable<Result<engine::SignatureEvidence>> accept_signature(World& world, CaseId id,
                                                                           std::string sha256,
                                                                           std::string cms,
                                                                           std::string official);

}  // namespace qyzmet::casework
