#include "signing/verify.hpp"

#include <algorithm>
#include <array>

#include "signing/algorithms.hpp"
#include "signing/checks.hpp"
#include "signing/path.hpp"
#include "signing/revocation.hpp"
#include "signing/signed_data.hpp"
#include "signing/timestamp.hpp"

namespace qyzmet::signing {
namespace {

/// What the caller knows of the signed bytes.
struct Expected {
  std::optional<std::string_view> bytes;
  bool attached_may_repeat = false;  // attached content is taken if it equals `bytes`
};

struct Times {
  Instant at, received_at;
};

Fault fault_unless(bool holds, char const* reason) {
  return holds ? std::nullopt : Fault{reason};
}

bool has_one_byte_behind(std::string_view cms) {
  auto const whole = der::first(cms);
  return whole && whole->whole.size() + 1 == cms.size();
}

/// One run over one CMS. The steps stand in the order of the report; each returns false when the
/// ones behind it would have nothing to stand on.
class Verification {
 public:
  Verification(TrustStore const& trust, Policy const& policy, Times times, Evidence const& evidence)
      : anchors_(read_trust(trust)), policy_(policy), times_(times), evidence_(evidence) {
    times_.received_at = std::min(times_.received_at, times_.at);
    best_time_ = times_.received_at;
  }

  Report run(std::string_view carrier, Expected const& expected) {
    if (open(carrier) && has_content(expected) && has_sound_form() && has_certificate() &&
        has_allowed_algorithm() && is_signed() && has_path()) {
      check_validity();
      check_role();
      check_identity();
      check_revocation();
    }
    if (!checks_.failed()) report_.indication = Indication::total_passed;
    return std::move(report_);
  }

 private:
  bool open(std::string_view carrier);
  bool has_content(Expected const& expected);
  bool has_sound_form();
  bool has_certificate();
  bool has_allowed_algorithm();
  bool is_signed();
  void read_timestamps();
  bool has_path();
  void check_validity();
  void check_role();
  void check_identity();
  void check_number(char const* name, int nid, std::string_view prefix, std::string const& wanted,
                    char const* wrong);
  void check_revocation();
  RevocationVerdict ask_ocsp(Subject const& subject) const;
  void report_ocsp(RevocationVerdict const& verdict);
  void report_crl(Subject const& subject);
  void check_authorities();
  SignerInfo const& signer() const { return data_.signers.front(); }

  Anchors anchors_;
  Policy const& policy_;
  Times times_;
  Evidence const& evidence_;
  Report report_;
  Checks checks_{report_};
  std::string cms_;
  SignedData data_;
  std::optional<Certificate> certificate_;
  Suite const* suite_ = nullptr;
  std::optional<Chain> chain_;
  Instant best_time_;
};

bool Verification::open(std::string_view carrier) {
  auto unwrapped = unwrap_cms(carrier);
  auto const carrier_fault = unwrapped ? std::nullopt : Fault{unwrapped.error()};
  if (!checks_.note("carrier", "format", carrier_fault, consequence::k_format)) return false;
  cms_ = std::move(*unwrapped);
  if (policy_.allow_trailing_nul && cms_.back() == '\0' && has_one_byte_behind(cms_)) {
    cms_.pop_back();
    checks_.remark("trailing_nul", "format", "signature.trailing_nul");
  }
  auto parsed = parse_signed_data(cms_);
  auto structure_fault = parsed ? std::nullopt : Fault{parsed.error()};
  if (parsed && !parsed->content && cms_.size() > k_cms_bytes_max)
    structure_fault = "signature.too_large";
  if (!checks_.note("structure", "format", structure_fault, consequence::k_format)) return false;
  data_ = std::move(*parsed);
  Fault count_fault;
  if (data_.signers.empty()) count_fault = "signature.no_signer";
  if (data_.signers.size() > 1) count_fault = "signature.many_signers";
  return checks_.note("one_signer", "format", count_fault, consequence::k_format);
}

bool Verification::has_content(Expected const& expected) {
  auto const content_type =
      fault_unless(data_.content_type == oids::k_data, "signature.content_type");
  if (!checks_.note("content_type", "format", content_type, consequence::k_format)) return false;
  if (!data_.content && !expected.bytes)
    return checks_.note("content", "format", "signature.content_missing",
                        {Indication::indeterminate, "SIGNED_DATA_NOT_FOUND"});
  if (data_.content && expected.bytes && !expected.attached_may_repeat)
    return checks_.note("content", "format", "signature.content_twice", consequence::k_format);
  report_.content = data_.content ? *data_.content : std::string{*expected.bytes};
  auto const other = fault_unless(!expected.bytes || report_.content == *expected.bytes,
                                  "signature.other_document");
  return checks_.note("content", "format", other, consequence::k_hash);
}

bool Verification::has_sound_form() {
  auto const attributes = find_attribute_fault(data_, signer(), policy_.national);
  bool const sound =
      checks_.note("signed_attributes", "format", attributes, consequence::k_constraints);
  // A counter-signature is somebody else's; the people who may sign are asked one by one.
  auto const countered =
      fault_unless(count(signer().unsigned_attributes, oids::k_counter_signature) == 0,
                   "signature.counter_signature");
  return checks_.note("counter_signature", "format", countered, consequence::k_constraints) &&
         sound;
}

bool Verification::has_certificate() {
  certificate_ = find_signer_certificate(data_, signer());
  auto const missing = fault_unless(certificate_.has_value(), "signature.no_certificate");
  if (!checks_.note("signing_certificate", "crypto", missing, consequence::k_no_certificate))
    return false;
  report_.signer = certificate_->describe();
  report_.signer->claimed_time = claimed_time(signer());
  report_.signer->best_time = best_time_;
  auto const ess = compare_ess(signer(), *certificate_, false);
  report_.level = ess == Ess::absent ? "basic" : "B";
  bool const may_lack = !policy_.national || policy_.allow_basic;
  Fault ess_fault;
  if (ess == Ess::differs) ess_fault = "signature.ess_differs";
  if (ess == Ess::absent && !may_lack) ess_fault = "signature.ess_missing";
  return checks_.note("ess", "crypto", ess_fault, consequence::k_constraints);
}

bool Verification::has_allowed_algorithm() {
  auto const suite = find_suite(*certificate_, signer().digest, signer().signature_algorithm,
                                policy_.national, best_time_);
  if (suite) {
    suite_ = *suite;
    report_.signer->algorithm = suite_->name;
  }
  return checks_.note("algorithm", "policy", suite ? std::nullopt : Fault{suite.error()},
                      consequence::k_algorithm);
}

bool Verification::is_signed() {
  auto const digest = fault_unless(has_digest_of(signer(), report_.content), "signature.altered");
  if (!checks_.note("message_digest", "crypto", digest, consequence::k_hash)) return false;
  auto const value = fault_unless(
      is_signature_valid(signer(), *suite_, *certificate_, report_.content), "signature.altered");
  if (!checks_.note("signature_value", "crypto", value, consequence::k_crypto)) return false;
  read_timestamps();
  return true;
}

/// A timestamp that cannot be believed proves nothing, and takes nothing away: anybody can add one.
void Verification::read_timestamps() {
  std::size_t seen = 0;
  for (auto const& attribute : signer().unsigned_attributes) {
    if (attribute.oid != oids::k_timestamp) continue;
    for (auto const& value : attribute.values) {
      if (++seen > k_timestamps_max) return;
      auto proven = verify_timestamp(value.whole, signer().signature, anchors_, policy_, times_.at);
      if (proven && *proven < certificate_->not_before())
        proven = std::unexpected("signature.timestamp");
      checks_.remark("timestamp", "time", proven ? std::nullopt : Fault{proven.error()});
      if (!proven) continue;
      report_.level = "T";
      best_time_ = std::min(best_time_, *proven);
    }
  }
  report_.signer->best_time = best_time_;
}

bool Verification::has_path() {
  std::vector<Certificate> extra;
  // National paths are built from configured certificates alone.
  if (!policy_.national)
    for (auto const& der : data_.certificates)
      if (auto certificate = Certificate::read(der)) extra.push_back(std::move(*certificate));
  auto chain = build_chain(*certificate_, anchors_, extra, best_time_);
  auto const unknown = chain ? std::nullopt : Fault{chain.error()};
  if (!checks_.note("chain", "path", unknown, consequence::k_no_chain)) return false;
  chain_ = std::move(*chain);
  auto constraint = find_chain_fault(*chain_, policy_, best_time_);
  if (!constraint) constraint = find_policy_fault(*certificate_, policy_);
  checks_.note("chain_constraints", "path", constraint, consequence::k_chain);
  checks_.note("authority_validity", "time",
               fault_unless(chain_->authorities_valid, "signature.authority_expired"),
               consequence::k_out_of_bounds);
  return true;
}

void Verification::check_validity() {
  auto const lower_bound = std::max(policy_.issued_at.value_or(Instant::min()),
                                    report_.signer->claimed_time.value_or(Instant::min()));
  Fault fault;
  Consequence failed = consequence::k_out_of_bounds;
  if (best_time_ < certificate_->not_before()) {
    fault = "signature.not_yet_valid";
    failed = consequence::k_not_yet_valid;
  } else if (best_time_ > certificate_->not_after()) {
    fault = "signature.expired";
    // Known to be made afterwards, rather than only not known to be made before.
    if (lower_bound > certificate_->not_after()) failed = consequence::k_expired;
  }
  checks_.note("validity", "time", fault, failed);
}

void Verification::check_role() {
  checks_.note("key_role", "policy", find_role_fault(*certificate_, policy_), consequence::k_chain);
}

void Verification::check_number(char const* name, int nid, std::string_view prefix,
                                std::string const& wanted, char const* wrong) {
  auto const identity = read_number(*certificate_, nid, prefix);
  Fault fault = fault_unless(!identity.malformed && !identity.number.empty(), "signature.identity");
  if (!fault && nid == NID_serialNumber && !policy_.test_persons && !is_valid_iin(identity.number))
    fault = "signature.invalid_iin";
  if (!fault && !wanted.empty() && identity.number != wanted) fault = wrong;
  checks_.note(name, "identity", fault, consequence::k_constraints);
}

void Verification::check_identity() {
  if (policy_.national && policy_.role != Role::provider_seal) {
    check_number("iin", NID_serialNumber, "IIN", policy_.expected_iin, "signature.wrong_iin");
  } else if (!policy_.expected_iin.empty()) {
    checks_.note("iin", "identity",
                 fault_unless(report_.signer->iin == policy_.expected_iin, "signature.wrong_iin"),
                 consequence::k_constraints);
  }
  bool const legal = policy_.national && certificate_->has_usage(eku::k_legal);
  if (legal || !policy_.expected_bin.empty())
    check_number("bin", NID_organizationalUnitName, "BIN", policy_.expected_bin,
                 "signature.wrong_bin");
}

/// The most telling of the responses: revoked before good before unusable before silence.
RevocationVerdict Verification::ask_ocsp(Subject const& subject) const {
  using Kind = RevocationVerdict::Kind;
  constexpr auto k_weight = [](Kind kind) {
    return kind == Kind::revoked ? 3 : kind == Kind::good ? 2 : kind == Kind::bad ? 1 : 0;
  };
  RevocationVerdict most;
  auto const size = std::min(evidence_.ocsp.size(), k_ocsp_responses_max);
  for (std::size_t i = 0; i < size; ++i) {
    auto verdict = judge_ocsp(evidence_.ocsp[i], evidence_.ocsp_nonce, subject);
    if (k_weight(verdict.kind) > k_weight(most.kind)) most = std::move(verdict);
  }
  return most;
}

void Verification::report_ocsp(RevocationVerdict const& verdict) {
  constexpr std::array k_order{"ocsp_response", "ocsp_responder", "ocsp_certificate",
                               "ocsp_nonce",    "ocsp_fresh",     "revocation"};
  bool const revoked = verdict.kind == RevocationVerdict::Kind::revoked;
  for (std::string_view const name : k_order) {
    bool const failed = verdict.check == name;
    checks_.note(std::string{name}, "revocation", failed ? Fault{verdict.reason} : std::nullopt,
                 revoked ? consequence::k_revoked : consequence::k_try_later);
    if (failed) return;
  }
}

void Verification::report_crl(Subject const& subject) {
  using Kind = RevocationVerdict::Kind;
  auto const verdict = judge_crls(evidence_.crls, evidence_.lists, subject);
  if (verdict.kind == Kind::unavailable) {
    checks_.note("revocation", "revocation", "signature.no_revocation_data",
                 consequence::k_try_later);
    return;
  }
  bool const usable = verdict.kind != Kind::bad;
  checks_.note("crl", "revocation", usable ? std::nullopt : Fault{verdict.reason},
               consequence::k_try_later);
  if (usable)
    checks_.note("revocation", "revocation",
                 verdict.kind == Kind::revoked ? Fault{verdict.reason} : std::nullopt,
                 consequence::k_revoked);
}

/// Authorities are configured by people, so silence about them is no fault; a list that names one
/// is.
void Verification::check_authorities() {
  auto const& all = chain_->certificates;
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    auto const verdict =
        judge_crls(evidence_.crls, evidence_.lists, {all[i], all[i + 1], best_time_, times_.at});
    if (verdict.kind == RevocationVerdict::Kind::revoked)
      checks_.note("authority_revocation", "revocation", "signature.authority_revoked",
                   consequence::k_revoked);
  }
}

void Verification::check_revocation() {
  Subject const subject{*certificate_, chain_->issuer(), best_time_, times_.at};
  check_authorities();
  auto const verdict = ask_ocsp(subject);
  if (verdict.kind != RevocationVerdict::Kind::unavailable) {
    report_ocsp(verdict);
    return;
  }
  if (!evidence_.ocsp.empty())
    checks_.remark("ocsp_response", "revocation", "signature.ocsp_unavailable");
  report_crl(subject);
}

}  // namespace

std::string Report::reason() const {
  auto const first = std::ranges::find_if(
      checks, [](Check const& check) { return !check.passed && check.decides; });
  return first == checks.end() ? std::string{} : first->reason;
}

std::string_view to_text(Indication indication) {
  switch (indication) {
    case Indication::total_passed:
      return "TOTAL-PASSED";
    case Indication::total_failed:
      return "TOTAL-FAILED";
    case Indication::indeterminate:
      return "INDETERMINATE";
  }
  return {};
}

Report verify_cms(std::string_view cms, std::optional<std::string_view> content,
                  TrustStore const& trust, Policy const& policy, Instant at, Instant received_at,
                  Evidence const& evidence) {
  return Verification{trust, policy, {at, received_at}, evidence}.run(
      cms, {.bytes = content, .attached_may_repeat = false});
}

Report verify_cms_over(std::string_view cms, std::string_view bytes, TrustStore const& trust,
                       Policy const& policy, Instant at, Instant received_at,
                       Evidence const& evidence) {
  return Verification{trust, policy, {at, received_at}, evidence}.run(
      cms, {.bytes = bytes, .attached_may_repeat = true});
}

Report verify_challenge(std::string_view cms, std::string_view challenge, Instant challenge_issued,
                        TrustStore const& trust, Policy policy, Instant at,
                        Evidence const& evidence) {
  policy.role = Role::any;
  policy.usage = Usage::sign_or_authenticate;
  policy.issued_at = challenge_issued;
  return verify_cms_over(cms, challenge, trust, policy, at, at, evidence);
}

std::string sha256_hex(std::string_view bytes) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string hex;
  for (char const c : digest("SHA256", bytes)) {
    auto const octet = static_cast<unsigned char>(c);
    hex += k_digits[octet >> 4];
    hex += k_digits[octet & 15];
  }
  return hex;
}

}  // namespace qyzmet::signing
