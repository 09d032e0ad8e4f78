#pragma once
// What every kind of signature is judged by once its own form is read: the certificate, its
// algorithm, path, validity, role, identity and revocation (ETSI EN 319 102-1, 5.3, reduced). The
// formats (CMS, XML) bring the certificate and check the signature value between the steps.
// Internal to signing/. One object per verification.
#include <optional>
#include <vector>

#include "signing/algorithms.hpp"
#include "signing/checks.hpp"
#include "signing/path.hpp"
#include "signing/revocation.hpp"
#include "signing/signed_data.hpp"
#include "signing/timestamp.hpp"

namespace qyzmet::signing {

struct Times {
  Instant at, received_at;
};

inline Fault fault_unless(bool holds, char const* reason) {
  return holds ? std::nullopt : Fault{reason};
}

/// The steps stand in the order of the report; each returns false when the ones behind it would
/// have nothing to stand on.
class Judgement {
 public:
  Judgement(TrustStore const& trust, Policy const& policy, Times times, Evidence const& evidence);

  Checks& checks() { return checks_; }
  Report& report() { return report_; }
  Policy const& policy() const { return policy_; }
  Anchors const& anchors() const { return *anchors_; }
  Times const& times() const { return times_; }

  bool take_certificate(std::optional<Certificate> certificate,
                        std::optional<Instant> claimed_time);
  /// Whether what is signed names the certificate.
  bool takes_binding(Ess ess);
  bool has_allowed_algorithm(Algorithm const& digest, Algorithm const& signature);
  Certificate const& certificate() const { return *certificate_; }
  Suite const& suite() const { return *suite_; }
  /// A list that came with the evidence says that the certificate was revoked by then.
  bool is_listed(Certificate const& certificate, Certificate const& issuer, Instant by) const;
  /// A timestamp that may be believed.
  void prove_time(Instant proven);
  /// `extra`: certificates that may help to build the path.
  void judge_signer(std::vector<Certificate> const& extra);
  /// The authority of a timestamp instead of a signer.
  void judge_token(Token const& token);
  Report finish();

 private:
  bool has_path(std::vector<Certificate> const& extra);
  void check_validity();
  void check_role();
  void check_identity();
  void check_number(char const* name, int nid, std::string_view prefix, std::string const& wanted,
                    char const* wrong);
  void check_revocation(Subject const& subject);
  RevocationVerdict ask_ocsp(Subject const& subject) const;
  RevocationVerdict ask_lists(Subject const& subject) const;
  void report_ocsp(RevocationVerdict const& verdict);
  void report_crl(Subject const& subject);
  void check_authorities();

  std::shared_ptr<Anchors const> anchors_;
  Policy const& policy_;
  Times times_;
  Evidence const& evidence_;
  Report report_;
  Checks checks_{report_};
  std::optional<Certificate> certificate_;
  Suite const* suite_ = nullptr;
  std::optional<Chain> chain_;
  Instant best_time_;
};

}  // namespace qyzmet::signing
