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
  std::string token = {};   // of verify_received: a timestamp of ours, DER
};

/// Asks OCSP and verifies `cms` (any carrier) over `bytes`. While the responder is silent, lists
/// that are in force judge; without any, report.try_later(); anything else that is wrong is in the
/// report too.
boost::asio::awaitable<Verified> verify(World& world, std::string cms, std::string bytes,
                                        signing::Policy policy, Instant received);

/// The same for what a citizen sends. A signature without a timestamp that may be believed gets one
/// now, beside the CMS, and is judged with it; `token` is the one of an earlier attempt. While the
/// authority is silent it stays without.
boost::asio::awaitable<Verified> verify_received(World& world, std::string cms, std::string bytes,
                                                 signing::Policy policy, Instant received,
                                                 std::string token = {});
/// Stores the signature, and its timestamp or that one is owed.
boost::asio::awaitable<void> keep_received(World& world, Verified verified);
/// Asks for the timestamps that are owed; answers how many came.
boost::asio::awaitable<int> stamp_owed(World& world);

/// What the responder says about the signer of `cms`, unless it is silent, and the revocation lists
/// at hand, which are asked when it is.
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
