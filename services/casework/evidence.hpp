#pragma once
// Checking a signature against the PKI with fresh revocation information, and what is kept of it.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "db/documents.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

struct Verified {
  signing::Report report;
  db::Signature signature;  // ready to be stored; the signer is set by the caller
};

/// Asks OCSP and verifies `cms` (any carrier) over `bytes`. A revocation source that is down gives
/// report.try_later(); anything else that is wrong is in the report too.
boost::asio::awaitable<Verified> verify(World& world, std::string cms, std::string bytes,
                                        signing::Policy policy, Instant received);

/// What a person is told: the reason of the report as an error of the field "cms".
Error signature_error(signing::Report const& report);

}  // namespace qyzmet::casework
