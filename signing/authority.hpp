#pragma once
// Issuing certificates (RFC 5280): the workshop of the demo authority and of tests. Everything
// about a certificate can be asked for, also what a sound authority would never issue. Keys are
// RSA, or GOST under the names of signing/gost/family.cpp.
//
// Pure but for key generation (OpenSSL's generator), thread-safe. Throws std::runtime_error when
// OpenSSL refuses: the input comes from the program, so that is a bug or a broken machine.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "signing/signer.hpp"

namespace qyzmet::signing {

struct NameEntry {
  std::string type;  // short name or dotted OID: "CN", "SN", "serialNumber", "GN", "O", "OU", "C"
  std::string value;
  bool printable = false;       // PrintableString instead of UTF8String
  bool joins_previous = false;  // multi-valued RDN
};

struct CertificateSpec {
  std::vector<NameEntry> subject;
  Instant from, until;
  std::string key_usage = "critical,digitalSignature,nonRepudiation";
  std::string extended_key_usage = {};  // comma separated OIDs, "critical," in front if so
  std::string policies = "1.2.398.3.3.2";
  std::string basic_constraints = {};
  std::string address = {};        // of OCSP, CRL and issuer files; empty: none named
  std::string issuer_file = "ca";  // those files without their suffix
  bool ocsp_nocheck = false;
  std::string serial_hex = {};    // empty: made from the key id, as the national CA does
  std::string algorithm = "RSA";  // of the key
  std::string digest = "SHA256";  // of an issuer with RSA; GOST keys have a digest of their own
  int key_bits = 2048;
  unsigned key_exponent = 65537;
  std::string key = {};  // DER of a key to use instead of a new one
};

struct Issued {
  std::string certificate;  // DER
  std::string key;          // DER (PKCS#8)
};

inline constexpr char const* k_gost_2015 = "KZ-GOST2015-512";
inline constexpr char const* k_gost_older = "KZ-GOST2004";

/// DER of `count` fresh keys (RSA of 2048 bits), made on all processors.
std::vector<std::string> make_keys(std::size_t count, std::string const& algorithm = "RSA");

/// Self-signed.
Issued issue_root(CertificateSpec const& spec);
Issued issue(CertificateSpec const& spec, Issued const& authority);

/// AES-256, the SHA-256 MAC, and the chain beside the key.
std::string to_p12(Issued const& issued, std::string const& password,
                   std::vector<std::string> const& chain);
std::string to_pem_certificate(std::string_view der);
std::unique_ptr<SigningKey> signing_key(Issued const& issued);
/// Upper-case hexadecimal.
std::string serial_of(std::string_view certificate);

}  // namespace qyzmet::signing
