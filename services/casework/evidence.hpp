#pragma once
// Checking a signature against the PKI with fresh revocation information, what is kept of it, and
// timestamps of our own.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "db/documents.hpp"
#include "services/casework/world.hpp"
#include "signing/tsp.hpp"

namespace qyzmet::casework {

struct Verified {
  signing::Report report;
  db::Signature signature;  // ready to be stored; the signer is set by the caller
};

/// Asks OCSP and verifies `cms` (any carrier) over `bytes`. A revocation source that is down gives
/// report.try_later(); anything else that is wrong is in the report too.
boost::asio::awaitable<Verified> verify(World& world, std::string cms, std::string bytes,
                                        signing::Policy policy, Instant received);

/// What the responder says about the signer of `cms`; empty while it is silent.
boost::asio::awaitable<signing::Evidence> ask_about(World& world, std::string cms);

/// A token of the timestamp authority over what `question` asks about, made now by our clock too.
/// Errors: unavailable, or "signature.timestamp".
boost::asio::awaitable<Result<std::string>> stamp(World& world, signing::TspQuestion question);
/// `cms` with a signature-time-stamp, if it has none and the authority answers; as it was
/// otherwise.
boost::asio::awaitable<std::string> timestamped(World& world, std::string cms);

/// What a person is told: the reason of the report as an error of the field "cms".
Error signature_error(signing::Report const& report);

}  // namespace qyzmet::casework
