#pragma once
// The allow-list: which key, digest and signature algorithm belong together, and from when until
// when. The arithmetic is OpenSSL's, that of GOST comes from signing/gost. Internal to signing/.
// Pure, thread-safe.
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "signing/certificate.hpp"
#include "signing/cms.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_key_contexts_max = 8;  // of RSA keys, in each thread

struct Suite {
  std::string_view name;
  std::string_view key;                          // OID of SubjectPublicKeyInfo
  std::string_view digest;                       // the only one that goes with it here
  std::span<std::string_view const> signatures;  // the first is the one that we write
  char const* md;                                // OpenSSL's name of the digest
  int bits_min, bits_max;
  bool national;
  Date from, until;  // in use on these days (inclusive)
};

/// The suite of a signature made with the certificate's key, if policy allows it on that day.
/// Errors: "signature.unsupported_algorithm" (a key we cannot check), "signature.weak_algorithm".
std::expected<Suite const*, std::string> find_suite(Certificate const& signer,
                                                    Algorithm const& digest,
                                                    Algorithm const& signature, bool national,
                                                    Instant at);
/// The algorithms of the certificate itself: its key, and the signature of its issuer.
std::expected<void, std::string> check_certificate_algorithms(Certificate const& certificate,
                                                              bool national, Instant at);

/// The suite in which a key of ours signs; null for a key that is not on the national list.
Suite const* signing_suite(Certificate const& certificate);
/// The suite that a certificate, a list or an OCSP answer names by the OID of its signature.
Suite const* suite_of_signature(std::string_view oid);

bool verify_signature(Suite const& suite, EVP_PKEY* key, std::string_view bytes,
                      std::string_view signature);
bool verify_signature(Suite const& suite, Certificate const& signer, std::string_view bytes,
                      std::string_view signature);
/// Nothing for digests we do not know. SHA-1 only names certificates, it never protects a
/// signature.
std::optional<std::string> digest_by_oid(std::string_view oid, std::string_view bytes);
std::string digest(char const* md, std::string_view bytes);

}  // namespace qyzmet::signing
