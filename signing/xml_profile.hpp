#pragma once
// Reads the Signature of a document in one of the two allowed shapes, and nothing else: whatever is
// not in the profile is a fault (xml.hpp). Internal to signing/. Pure, thread-safe. Faults are keys
// of the text catalogues.
#include <expected>
#include <string>
#include <string_view>

#include "signing/cms.hpp"
#include "signing/xml.hpp"
#include "signing/xml_document.hpp"

namespace qyzmet::signing::xml {

enum class Shape { enveloped, soap };

/// Canonical bytes and decoded values; all that verification needs.
struct Signature {
  std::string content;      // what the Reference points to
  std::string signed_info;  // what the signature value is over
  std::string digest_value, signature_value, certificate;
  std::string digest_uri, signature_uri;
};

Parsed<Signature> read_signature(std::string_view bytes, Shape shape);

/// The algorithm identifiers that the addresses stand for; empty for those that we do not know.
struct Uris {
  std::string_view signature, digest;          // addresses
  std::string_view signature_oid, digest_oid;  // what CMS calls them
};
Uris const* find_uris(std::string_view signature_uri, std::string_view digest_uri);
/// Empty for a digest that we do not know.
std::string_view digest_oid_of(std::string_view digest_uri);
/// The addresses that go with a signature algorithm.
Uris const* uris_of(std::string_view signature_oid);

inline constexpr std::string_view k_c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
inline constexpr std::string_view k_c14n_comments =
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
inline constexpr std::string_view k_enveloped =
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

}  // namespace qyzmet::signing::xml
