#pragma once
// The other side of OCSP (RFC 6960), TSP (RFC 3161) and CRL (RFC 5280): what the demo authority
// answers. For the simulators and tests only; verification does not use it. Deviations are asked
// for explicitly, so that each fault a real responder may have can be played.
//
// Pure; thread-safe. Errors: invalid with "signature.malformed" for questions that cannot be read.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "signing/signer.hpp"

namespace qyzmet::signing {

/// What the authority knows of one certificate.
struct CertificateStatus {
  enum class Kind { good, revoked, unknown } kind = Kind::good;
  Instant revoked_at{};
  int reason = 0;  // CRLReason
};
/// The national responder answers a serial that was never issued with this (signing.md 6.3).
CertificateStatus never_issued();

/// By serial number in upper-case hexadecimal.
using StatusLookup = std::function<CertificateStatus(std::string const& serial)>;

struct OcspFaults {
  bool wrong_nonce = false;
  bool without_nonce = false;
  bool twice = false;           // two SingleResponses
  std::chrono::seconds age{0};  // thisUpdate and producedAt this long ago
  std::string foreign_serial;   // answers about another certificate (hex)
  bool with_next_update = false;
};

/// A key with its certificate, and the certificate of the CA it answers for.
struct Responder {
  std::string p12, password, issuer;  // issuer: PEM or DER
};

Result<std::string> answer_ocsp(Responder const& responder, std::string_view request,
                                StatusLookup const& status, Instant now,
                                OcspFaults const& faults = {});
/// An unsigned error: 1 malformedRequest, 2 internalError, 3 tryLater, 6 unauthorized.
std::string ocsp_error(int status);

struct TspFaults {
  bool wrong_nonce = false;
  bool wrong_imprint = false;
  std::string policy = {};  // instead of the national one
};
Result<std::string> answer_tsp(Responder const& responder, std::string_view request, Instant now,
                               TspFaults const& faults = {});

/// The digest of the question is one of GOST.
bool asks_for_gost(std::string_view tsp_request);

struct RevokedEntry {
  std::string serial;  // hex
  Instant at;
  int reason = 0;  // CRLReason
};
struct CrlSpec {
  std::vector<RevokedEntry> revoked = {};
  int number = 1;
  std::optional<int> delta_of = {};  // number of the complete list that this one continues
  Instant this_update, next_update;
};
/// DER, signed by the authority whose key and certificate `authority` holds.
Result<std::string> make_crl(Responder const& authority, CrlSpec const& spec);

}  // namespace qyzmet::signing
