#pragma once
// The evidence of a case as one file, JSON with Base64 for bytes:
//
//   {"format": "qyzmet-evidence-1", "case": "<number>",
//    "signatures": [{"digest", "method" (eds | seal | otp), "cms", "verdict",
//                    "certificates": [DER], "ocsp": [DER], "timestamps": [DER] (over the CMS,
//                    beside it), "record" (RFC 4998, DER), "issuers": [DER] (of the record's
//                    timestamps), "document": {"sha256", "name", "media_type", "content"}}]}
//
// `record` covers the content of the document, the CMS, certificates, OCSP responses, timestamps
// and verdict.
// Verification needs nothing else but the anchors that the verifier trusts. Pure, no I/O.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signing/evidence_record.hpp"

namespace qyzmet::casework {

/// What a signature was verified with, fixed by the first archive timestamp.
struct Material {
  std::vector<std::string> certificates;  // DER
  std::vector<std::string> ocsp;          // DER
  /// Over the signature and beside the CMS, if it came without (at most one).
  std::vector<std::string> timestamps = {};
};
std::string to_json(Material const& material);
std::optional<Material> read_material(std::string_view json);

struct ArchivedSignature {
  std::string digest, method, cms, verdict;
  Material material = {};
  std::string record = {};  // empty: not made yet
  std::vector<std::string> issuers = {};
  std::string sha256, name, media_type, content;

  /// The data objects of the record.
  std::vector<std::string> objects() const;
};
struct EvidenceFile {
  std::string number;
  std::vector<ArchivedSignature> signatures;
};

inline constexpr std::string_view k_evidence_format = "qyzmet-evidence-1";
inline constexpr std::size_t k_evidence_file_bytes_max = std::size_t{64} << 20;

std::string to_json(EvidenceFile const& file);
bool is_evidence_file(std::string_view bytes);
/// Error: invalid, "signature.evidence_file".
Result<EvidenceFile> read_evidence_file(std::string_view bytes);

struct ArchivedVerdict {
  signing::Report report;
  std::optional<signing::Proof> proof;
};
/// The record proves when everything existed; the signature is judged as of then. Certificates of
/// the file are no anchors, only `trust` has those.
ArchivedVerdict verify_archived(ArchivedSignature const& signature, signing::TrustStore trust,
                                signing::Policy const& policy, Instant at);

}  // namespace qyzmet::casework
