#pragma once
// The cryptographic rules of one SignerInfo (RFC 5652, 5.4 to 5.6; RFC 5035), the same for
// documents and for timestamp tokens. Internal to signing/. Pure, thread-safe. A fault is a key of
// the text catalogues; nothing means the rule holds.
#include <optional>
#include <string>
#include <string_view>

#include "signing/algorithms.hpp"
#include "signing/certificate.hpp"
#include "signing/cms.hpp"

namespace qyzmet::signing {

class TrustCache;

using Fault = std::optional<std::string>;

/// The signer identifier names this certificate.
bool is_signer(Certificate const& certificate, SignerInfo const& signer);
/// The embedded certificate that the identifier names; of several the one that ESS binds, and none
/// if that leaves a choice. `cache`: where it is remembered, if it comes again and again.
std::optional<Certificate> find_signer_certificate(SignedData const& data, SignerInfo const& signer,
                                                   TrustCache* cache = nullptr);

enum class Ess { absent, matches, differs };
/// ESS signing-certificate-v2, or v1 where `v1` (timestamps: SHA-1 only names the certificate).
Ess compare_ess(SignerInfo const& signer, Certificate const& certificate, bool v1);

/// Presence, uniqueness and DER of the signed attributes; contentType.
Fault find_attribute_fault(SignedData const& data, SignerInfo const& signer, bool required);
/// The digest of `content` is the one that was signed (always true without signed attributes).
bool has_digest_of(SignerInfo const& signer, std::string_view content);
/// The signature value over the signed attributes, or over `content` without them.
bool is_signature_valid(SignerInfo const& signer, Suite const& suite,
                        Certificate const& certificate, std::string_view content);
std::optional<Instant> claimed_time(SignerInfo const& signer);

}  // namespace qyzmet::signing
