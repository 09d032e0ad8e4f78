#pragma once
// Certification paths (RFC 5280) through OpenSSL's validator, and our own rule of what a key may be
// used for (signing.md 4.2), because OpenSSL's default purposes do not fit the national profile.
// Internal to signing/. Pure, thread-safe. Errors: keys of the text catalogues.
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signing/certificate.hpp"

namespace qyzmet::signing {

class KnownPaths;
class TrustCache;

struct Anchors {
  std::vector<Certificate> trusted, intermediates;
  bool partial_chain = false;
  std::shared_ptr<X509_STORE> store = {};  // of `trusted`; made when it is needed if it is not here
  TrustCache* cache = nullptr;             // what is known already; lives longer than this
  std::shared_ptr<KnownPaths> paths = {};  // from these anchors; of a cache
};
/// Certificates that cannot be read are left out.
Anchors read_trust(TrustStore const& trust);
/// The same through the cache of the store, if it has one.
std::shared_ptr<Anchors const> anchors_of(TrustStore const& trust);

/// As OpenSSL takes lists of certificates.
X509StackPtr stack_of(std::vector<Certificate> const& first,
                      std::vector<Certificate> const& second = {});

struct Chain {
  std::vector<Certificate> certificates;  // leaf first
  bool authorities_valid = true;          // in time, at the moment asked for
  Certificate const& issuer() const { return certificates[certificates.size() > 1 ? 1 : 0]; }
};

/// Ignores the leaf's own validity; that is judged apart. Error: "signature.unknown_authority" or
/// "signature.path".
std::expected<Chain, std::string> build_chain(Certificate const& leaf, Anchors const& anchors,
                                              std::vector<Certificate> const& extra, Instant at);

/// Length and algorithms of a national path.
std::optional<std::string> find_chain_fault(Chain const& chain, Policy const& policy, Instant at);
/// Some authorities may issue to some people only: that of the state bodies to their staff and
/// systems, that of a bank to nobody who signs here (signing.md 8, step 5).
std::optional<std::string> find_authority_fault(Chain const& chain, Policy const& policy);
/// The certificate policy of people and systems; the authority's own services may have none.
std::optional<std::string> find_policy_fault(Certificate const& certificate, Policy const& policy);
/// keyUsage and extendedKeyUsage against what the key is used for and who may use it.
std::optional<std::string> find_role_fault(Certificate const& certificate, Policy const& policy);

}  // namespace qyzmet::signing
