#pragma once
// What a certificate says: identity, roles, validity (signing.md 4). Internal to signing/. Pure;
// `Certificate` is copied cheaply and immutable, so it may be shared between threads.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signing/openssl.hpp"
#include "signing/verify.hpp"

namespace qyzmet::signing {

namespace eku {
inline constexpr std::string_view k_sign = "1.3.6.1.5.5.7.3.4";  // emailProtection
inline constexpr std::string_view k_auth = "1.3.6.1.5.5.7.3.2";  // clientAuth
inline constexpr std::string_view k_timestamping = "1.3.6.1.5.5.7.3.8";
inline constexpr std::string_view k_ocsp = "1.3.6.1.5.5.7.3.9";
inline constexpr std::string_view k_individual = "1.2.398.3.3.4.1.1";
inline constexpr std::string_view k_legal = "1.2.398.3.3.4.1.2";
inline constexpr std::string_view k_head = "1.2.398.3.3.4.1.2.1";
inline constexpr std::string_view k_right_to_sign = "1.2.398.3.3.4.1.2.2";
inline constexpr std::string_view k_finance = "1.2.398.3.3.4.1.2.3";
inline constexpr std::string_view k_personnel = "1.2.398.3.3.4.1.2.4";
inline constexpr std::string_view k_employee = "1.2.398.3.3.4.1.2.5";
inline constexpr std::string_view k_information_system = "1.2.398.3.3.4.1.2.6";
inline constexpr std::string_view k_system_of_individual = "1.2.398.3.3.4.1.1.1";
inline constexpr std::string_view k_authority_staff = "1.2.398.3.3.4.2";
inline constexpr std::string_view k_treasury = "1.2.398.5.19.1.2.2.1";
inline constexpr std::string_view k_notary = "1.2.398.6.1.1.1.1";
}  // namespace eku

inline constexpr std::string_view k_national_policy = "1.2.398.3.3.2";
inline constexpr std::size_t k_serial_bytes_max = 20;

class Certificate {
 public:
  /// Strict DER, a positive serial of at most 20 bytes, version 3. Nothing otherwise.
  static std::optional<Certificate> read(std::string_view der);
  /// The same for somebody who signs and issues nothing: the key is in key() alone. With one in
  /// get() as well, OpenSSL would search all its decoders for it, at the price of several
  /// verifications.
  static std::optional<Certificate> read_signer(std::string_view der);
  /// PEM or DER.
  static std::optional<Certificate> read_file(std::string_view bytes);

  X509* get() const { return facts_->x509.get(); }
  /// Null when it cannot be used.
  EVP_PKEY* key() const { return facts_->key.get(); }
  std::string const& der() const { return facts_->der; }
  /// SHA-256 of der().
  std::string const& fingerprint() const { return facts_->fingerprint; }
  /// Names, whole.
  std::string_view issuer() const { return facts_->parts.issuer; }
  std::string_view subject_name() const { return facts_->parts.subject; }
  /// Content of the INTEGER.
  std::string_view serial() const { return facts_->parts.serial; }
  /// OIDs: of the key, and of the signature of the issuer.
  std::string const& key_algorithm() const { return facts_->key_algorithm; }
  std::string const& signature_algorithm() const { return facts_->signature_algorithm; }
  /// An RSA key with the exponent 65537.
  bool has_common_exponent() const { return facts_->common_exponent; }
  /// The key of `issuer` made the signature. Says nothing of names, times and what it may do.
  bool is_signed_by(Certificate const& issuer) const;
  Instant not_before() const { return facts_->not_before; }
  Instant not_after() const { return facts_->not_after; }
  bool covers(Instant at) const { return not_before() <= at && at <= not_after(); }
  bool is_self_issued() const;
  std::string serial_hex() const;
  std::string subject() const;
  /// All values of an attribute of the subject, such as NID_commonName, as UTF-8.
  std::vector<std::string> values(int nid) const;
  std::vector<std::string> const& usages() const { return facts_->usages; }
  bool has_usage(std::string_view oid) const;
  /// The usages in words (verify.hpp); those that we do not know are left out.
  std::vector<std::string> roles() const;
  std::uint32_t key_usage() const;
  /// OIDs of certificatePolicies.
  std::vector<std::string> policies() const;
  bool has_policy_under(std::string_view arc) const;
  /// Address of the OCSP responder in the certificate; empty when it names none.
  std::string ocsp_address() const;
  Signer describe() const;

 private:
  /// Views into the DER.
  struct Parts {
    std::string_view tbs, serial, inner_algorithm, issuer, subject, key_info;
    std::string_view outer_algorithm, signature;
  };
  struct Facts {
    std::string der, fingerprint;
    Parts parts;
    X509Ptr x509;
    KeyPtr key;
    bool common_exponent = false;
    std::string key_algorithm, signature_algorithm;
    std::vector<std::string> usages;
    Instant not_before, not_after;
  };
  explicit Certificate(std::shared_ptr<Facts const> facts) : facts_(std::move(facts)) {}
  static std::optional<Parts> split(std::string_view der);
  static std::optional<Certificate> read(std::string_view der, bool issues);

  std::shared_ptr<Facts const> facts_;
};

/// The only attribute `prefix` + 12 digits in a single-valued RDN with a plain string type.
struct Identity {
  std::string number;  // 12 digits; empty if there is none
  bool malformed = false;
};
Identity read_number(Certificate const& certificate, int nid, std::string_view prefix);

/// Check digit and a birth date that exists (law.md 5.3).
bool is_valid_iin(std::string_view digits);

std::string oid_text(ASN1_OBJECT const* object);

/// RFC 2253.
std::string name_text(X509_NAME const* name);

}  // namespace qyzmet::signing
