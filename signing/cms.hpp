#pragma once
// The structure of CMS SignedData (RFC 5652) as views into the bytes that arrived, and the carriers
// it comes in: DER, PEM with the label CMS, bare base64. Nothing is verified here. Internal to
// signing/. Pure. Errors: keys of the text catalogues ("signature.malformed", ...).
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signing/der.hpp"

namespace qyzmet::signing {

namespace oids {
inline constexpr std::string_view k_data = "1.2.840.113549.1.7.1";
inline constexpr std::string_view k_signed_data = "1.2.840.113549.1.7.2";
inline constexpr std::string_view k_tst_info = "1.2.840.113549.1.9.16.1.4";
inline constexpr std::string_view k_content_type = "1.2.840.113549.1.9.3";
inline constexpr std::string_view k_message_digest = "1.2.840.113549.1.9.4";
inline constexpr std::string_view k_signing_time = "1.2.840.113549.1.9.5";
inline constexpr std::string_view k_counter_signature = "1.2.840.113549.1.9.6";
inline constexpr std::string_view k_ess_v1 = "1.2.840.113549.1.9.16.2.12";
inline constexpr std::string_view k_ess_v2 = "1.2.840.113549.1.9.16.2.47";
inline constexpr std::string_view k_timestamp = "1.2.840.113549.1.9.16.2.14";
inline constexpr std::string_view k_sha1 = "1.3.14.3.2.26";
inline constexpr std::string_view k_sha256 = "2.16.840.1.101.3.4.2.1";
inline constexpr std::string_view k_sha384 = "2.16.840.1.101.3.4.2.2";
inline constexpr std::string_view k_sha512 = "2.16.840.1.101.3.4.2.3";
inline constexpr std::string_view k_rsa = "1.2.840.113549.1.1.1";
inline constexpr std::string_view k_rsa_sha256 = "1.2.840.113549.1.1.11";
inline constexpr std::string_view k_gost_2015_512 = "1.2.398.3.10.1.1.2.2";
inline constexpr std::string_view k_gost_2015_256 = "1.2.398.3.10.1.1.2.1";
inline constexpr std::string_view k_gost_2004 = "1.2.398.3.10.1.1.1.1";
inline constexpr std::string_view k_streebog_512 = "1.2.398.3.10.1.3.3";
inline constexpr std::string_view k_streebog_256 = "1.2.398.3.10.1.3.2";
inline constexpr std::string_view k_gost_34311 = "1.2.398.3.10.1.3.1";
}  // namespace oids

inline constexpr std::size_t k_attributes_max = 32;
inline constexpr std::size_t k_digest_algorithms_max = 8;

struct Algorithm {
  std::string oid;
  std::string_view parameters;  // whole element; empty when absent
};

struct Attribute {
  std::string oid;
  std::vector<der::Element> values;
};

struct SignerInfo {
  int version = 0;
  bool by_key_id = false;
  std::string_view issuer;  // Name, whole
  std::string_view serial;  // content of the INTEGER
  std::string_view key_id;
  Algorithm digest;
  std::optional<der::Element> signed_attributes;  // [0] IMPLICIT SET
  std::vector<Attribute> attributes;              // the signed ones
  Algorithm signature_algorithm;
  std::string_view signature;
  std::vector<Attribute> unsigned_attributes;
};

struct SignedData {
  int version = 0;
  std::vector<Algorithm> digests;
  std::string content_type;
  std::optional<std::string> content;
  std::vector<std::string_view> certificates;
  std::vector<SignerInfo> signers;
};

template <class T>
using Parsed = std::expected<T, std::string>;

/// The DER (or BER) inside the carrier, limited to k_attached_cms_bytes_max.
Parsed<std::string> unwrap_cms(std::string_view carrier);
/// `cms` must outlive the result.
Parsed<SignedData> parse_signed_data(std::string_view cms);
std::optional<Algorithm> parse_algorithm(der::Element const& element);
/// The only attribute with this OID if it has exactly one value.
der::Element const* only_value(std::vector<Attribute> const& attributes, std::string_view oid);
std::size_t count(std::vector<Attribute> const& attributes, std::string_view oid);

/// Certificates and other objects come as PEM (any label) or DER.
Parsed<std::string> unwrap_pem_or_der(std::string_view bytes);
/// Skips CR, LF, space and tab; nothing else.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes, std::size_t line = 0);

}  // namespace qyzmet::signing
