#pragma once
// Making signatures: detached or attached CMS (RFC 5652) with contentType, signingTime,
// messageDigest and ESS signing-certificate-v2 (RFC 5035). Here is the software key of a PKCS#12
// file; a key that lives elsewhere (a token, another machine) signs between begin_cms() and
// finish_cms(). The time comes in with the call; a timestamp is added afterwards (tsp.hpp), because
// fetching it is I/O.
//
// Ownership: the caller owns the key; all functions may be called from several threads. Errors:
// invalid with "signature.key_file", "signature.key_password", "signature.unsupported_algorithm" or
// "signature.signer_answer" (what came back is no signature of the certificate's key).
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "signing/verify.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_p12_bytes_max = std::size_t{256} << 10;

/// A private key with its certificate; the key itself never leaves the implementation.
class SigningKey {
 public:
  virtual ~SigningKey() = default;
  /// Over `bytes`, with the one algorithm that goes with the key: sha256WithRSAEncryption, or GOST
  /// with the digest of its family.
  virtual Result<std::string> sign(std::string_view bytes) const = 0;
  /// The same over a digest that somebody else has made.
  virtual Result<std::string> sign_digest(std::string_view digest) const = 0;
  virtual std::string const& certificate_der() const = 0;
};

/// PKCS#12, also in the old algorithms of the national CA (3DES, RC2-40, SHA-1 MAC).
Result<std::unique_ptr<SigningKey>> open_p12(std::string_view p12, std::string const& password);

struct SignOptions {
  std::optional<Instant> at;  // signingTime, cut to seconds; PAdES has none (EN 319 142-1, 6.3)
  bool attached = false;      // content inside the CMS
};
/// DER of the CMS over `content`.
Result<std::string> sign_cms(SigningKey const& key, std::string_view content,
                             SignOptions const& options);

/// What the holder of a key is asked to sign.
struct ToSign {
  std::string bytes;             // DER of the signed attributes
  std::string digest;            // of them
  std::string digest_algorithm;  // OID
  std::string algorithm;         // OID of the signature
};
/// A CMS that lacks nothing but its signature value.
struct CmsDraft {
  ToSign to_sign;
  std::string certificate;             // DER
  std::string content_type;            // OID
  std::optional<std::string> content;  // attached
};
Result<CmsDraft> begin_cms(std::string_view certificate, std::string_view content,
                           SignOptions const& options);
/// DER of the CMS. A value that the certificate does not verify never leaves the house.
Result<std::string> finish_cms(CmsDraft const& draft, std::string_view signature);

/// The PKCS#1 DigestInfo (RFC 8017, 9.2) of a digest, for keys that pad by themselves.
std::string digest_info(ToSign const& what);

/// PEM with the label CMS, as NCALayer gives it.
std::string to_pem_cms(std::string_view der);

/// The signer fields of a certificate (DER or PEM): who it names, its serial and validity.
Result<Signer> read_certificate(std::string_view certificate);
/// Issued by itself; what cannot be read counts as such.
bool is_self_signed(std::string_view certificate);
/// Its extended key usages as dotted OIDs.
std::vector<std::string> extended_key_usages(std::string_view certificate);

}  // namespace qyzmet::signing
