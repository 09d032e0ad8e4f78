#pragma once
// The work bench of these tests: one authority with people, made once, and a CMS put together from
// parts, each of which a test may spoil.
#include <functional>
#include <string>
#include <vector>

#include "signing/authority.hpp"
#include "signing/cms.hpp"
#include "signing/cms_writer.hpp"
#include "signing/der.hpp"
#include "signing/responders.hpp"
#include "signing/tsp.hpp"
#include "signing/verify.hpp"

namespace qyzmet::signing::tests {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr char const* k_iin = "850315300019";
inline constexpr char const* k_official_iin = "800515300087";
inline constexpr char const* k_bin = "120340000014";
inline constexpr char const* k_password = "test";

/// 2026-11-21 10:00 in Astana.
Instant now();

/// The keys that everything of the bench is made with.
enum class Family { rsa, gost, gost_older };
Family family();
/// For the life of the object; tests run one after the other.
class WithFamily {
 public:
  explicit WithFamily(Family family);
  ~WithFamily();
  WithFamily(WithFamily const&) = delete;
  WithFamily& operator=(WithFamily const&) = delete;

 private:
  Family before_;
};

/// A citizen's SIGN certificate, valid at now(); spoil what is to be spoilt and issue it.
CertificateSpec citizen_spec();
CertificateSpec official_spec();
CertificateSpec authority_spec(std::string name);
/// Issued by the CA of the bench, with one shared key (another serial number each time).
Issued issue_person(CertificateSpec spec);

struct Bench {
  Issued root, ca, other_root, other_ca, ocsp, tsa;
  Issued citizen, citizen_auth, official, seal;
  std::string person_key, spare_key;
  TrustStore trust;
};
Bench const& bench();  // of family()

/// Signature with any digest, for what our signer would not make.
std::string sign_raw(std::string const& key, char const* digest, std::string_view bytes);
std::string attribute(std::string_view oid, std::string const& values);
std::string ess_v2(std::string_view certificate);

/// A CMS in parts. make() gives the DER.
struct Parts {
  explicit Parts(Issued const& signer);

  Issued signer;
  std::string content = "Өтініш: әскери билет беру";
  bool attached = false;
  std::string content_type{oids::k_data};
  // Of the family, unless a test writes others.
  std::vector<std::string> digest_oids;
  std::string digest_oid, signature_algorithm;
  char const* md;
  bool with_attributes = true;
  /// Made from the content unless a test fills it.
  std::vector<std::string> attributes;
  std::vector<std::string> certificates;
  std::vector<std::string> unsigned_attributes;
  int signer_version = 1;
  std::string signer_id;  // empty: issuer and serial of the signer
  int signers = 1;
  std::function<void(std::string& attributes)> change_signed;  // after signing
  std::function<void(std::string& signature)> change_signature;

  std::vector<std::string> usual_attributes() const;
  std::string make() const;
};

/// Everything that one verification needs; by default it passes.
struct Situation {
  Parts parts{bench().citizen};
  std::function<std::string(std::string der)> carry;  // DER -> what is handed in
  bool give_content = true;
  std::string given = parts.content;
  TrustStore trust = bench().trust;
  Policy policy;
  Instant at = now();
  Instant received_at = now();
  CertificateStatus status;
  OcspFaults ocsp_faults;
  Instant ocsp_time = now();
  std::function<void(Evidence&)> change_evidence;
  Issued responder = bench().ocsp;
  Instant stamped_at{};  // not zero: a timestamp of that moment is put in
  std::function<std::string(std::string token)> change_token;
  std::string stamped_bytes;  // instead of the signature value
  TspFaults tsp_faults;
  std::string tsp_digest = {};  // OID; SHA-256 unless given
  Issued authority = bench().tsa;

  Situation();
  Report verify() const;
  std::string cms() const;
  Evidence evidence() const;
};

Responder responder_of(Issued const& key, Issued const& issuer);
/// Name of the first failed check that decides.
std::string failed_check(Report const& report);

/// A page without anything on it, written as cairo writes.
std::string blank_pdf();

}  // namespace qyzmet::signing::tests
