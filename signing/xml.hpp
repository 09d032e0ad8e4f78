#pragma once
// XML signatures (W3C XMLDSig) in the two shapes that Kazakh programs make, and no others:
//   enveloped   what NCALayer and the national libraries write: one Signature, the last child of
//   the
//               document element; one Reference to the whole document
//   SOAP        WS-Security of the state gateway: one Signature in the Security header; one
//               Reference to the Body by its Id; exclusive C14N
// Anything else (Object, Manifest, XPath, XSLT, second signatures or references, DTDs, duplicate
// Ids) is refused before cryptography, so that a signature cannot cover other nodes than the ones
// that are read (wrapping).
//
// Report::content holds the canonical bytes that were signed: read those, not the document that
// came in. Their signer is not bound by what is signed (level "basic"). Pure, thread-safe. Never
// throws for hostile input. Errors of signing: invalid with "signature.malformed" or
// "signature.key_file".
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "signing/signer.hpp"
#include "signing/verify.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_xml_bytes_max = std::size_t{2} << 20;
inline constexpr int k_xml_depth_max = 64;
inline constexpr std::size_t k_xml_nodes_max = 200'000;

Report verify_xml(std::string_view xml, TrustStore const& trust, Policy const& policy, Instant at,
                  Instant received_at, Evidence const& evidence);
Report verify_soap(std::string_view xml, TrustStore const& trust, Policy const& policy, Instant at,
                   Instant received_at, Evidence const& evidence);

/// The bytes are an XML document rather than a CMS in any carrier; a SOAP envelope.
bool is_xml(std::string_view bytes);
bool is_soap(std::string_view xml);

/// The document with a Signature as the last child of its document element.
Result<std::string> sign_xml(SigningKey const& key, std::string_view xml);
/// The envelope with a Security header; a Body without Id gets one made of `body_id`.
Result<std::string> sign_soap(SigningKey const& key, std::string_view xml,
                              std::string_view body_id);

}  // namespace qyzmet::signing
