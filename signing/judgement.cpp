#include "signing/judgement.hpp"

#include <algorithm>
#include <array>

#include "signing/standard_path.hpp"

namespace qyzmet::signing {

Judgement::Judgement(TrustStore const& trust, Policy const& policy, Times times,
                     Evidence const& evidence)
    : anchors_(anchors_of(trust)), policy_(policy), times_(times), evidence_(evidence) {
  times_.received_at = std::min(times_.received_at, times_.at);
  best_time_ = times_.received_at;
}

bool Judgement::take_certificate(std::optional<Certificate> certificate,
                                 std::optional<Instant> claimed_time) {
  certificate_ = std::move(certificate);
  auto const missing = fault_unless(certificate_.has_value(), "signature.no_certificate");
  if (!checks_.note("signing_certificate", "crypto", missing, consequence::k_no_certificate))
    return false;
  report_.signer = certificate_->describe();
  report_.signer->claimed_time = claimed_time;
  report_.signer->best_time = best_time_;
  return true;
}

bool Judgement::takes_binding(Ess ess) {
  report_.level = ess == Ess::absent ? "basic" : "B";
  bool const may_lack = !policy_.national || policy_.allow_basic;
  Fault fault;
  if (ess == Ess::differs) fault = "signature.ess_differs";
  if (ess == Ess::absent && !may_lack) fault = "signature.ess_missing";
  return checks_.note("ess", "crypto", fault, consequence::k_constraints);
}

bool Judgement::has_allowed_algorithm(Algorithm const& digest, Algorithm const& signature) {
  auto const suite = find_suite(*certificate_, digest, signature, policy_.national, best_time_);
  if (suite) {
    suite_ = *suite;
    report_.signer->algorithm = suite_->name;
  }
  return checks_.note("algorithm", "policy", suite ? std::nullopt : Fault{suite.error()},
                      consequence::k_algorithm);
}

void Judgement::prove_time(Instant proven) {
  report_.level = "T";
  best_time_ = std::min(best_time_, proven);
  report_.signer->best_time = best_time_;
}

void Judgement::judge_signer(std::vector<Certificate> const& extra) {
  if (!has_path(extra)) return;
  check_validity();
  check_role();
  check_identity();
  check_authorities();
  check_revocation({*certificate_, chain_->issuer(), best_time_, times_.at, anchors_->cache});
}

void Judgement::judge_token(Token const& token) {
  certificate_ = token.authority;
  report_.signer = certificate_->describe();
  report_.signer->best_time = best_time_ = token.at;
  chain_ = token.chain;
  report_.level = "T";
  check_authorities();
  check_revocation({*certificate_, chain_->issuer(), best_time_, times_.at, anchors_->cache});
}

Report Judgement::finish() {
  if (!checks_.failed()) report_.indication = Indication::total_passed;
  return std::move(report_);
}

bool Judgement::has_path(std::vector<Certificate> const& extra) {
  auto chain = build_chain(*certificate_, *anchors_, extra, best_time_);
  auto const unknown = chain ? std::nullopt : Fault{chain.error()};
  if (!checks_.note("chain", "path", unknown, consequence::k_no_chain)) return false;
  chain_ = std::move(*chain);
  auto constraint = find_chain_fault(*chain_, policy_, best_time_);
  if (!constraint) constraint = find_authority_fault(*chain_, policy_);
  if (!constraint) constraint = find_policy_fault(*certificate_, policy_);
  checks_.note("chain_constraints", "path", constraint, consequence::k_chain);
  checks_.note("authority_validity", "time",
               fault_unless(chain_->authorities_valid, "signature.authority_expired"),
               consequence::k_out_of_bounds);
  return true;
}

void Judgement::check_validity() {
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

void Judgement::check_role() {
  checks_.note("key_role", "policy", find_role_fault(*certificate_, policy_), consequence::k_chain);
}

void Judgement::check_number(char const* name, int nid, std::string_view prefix,
                             std::string const& wanted, char const* wrong) {
  auto const identity = read_number(*certificate_, nid, prefix);
  Fault fault = fault_unless(!identity.malformed && !identity.number.empty(), "signature.identity");
  if (!fault && nid == NID_serialNumber && !policy_.test_persons && !is_valid_iin(identity.number))
    fault = "signature.invalid_iin";
  if (!fault && !wanted.empty() && identity.number != wanted) fault = wrong;
  checks_.note(name, "identity", fault, consequence::k_constraints);
}

void Judgement::check_identity() {
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
RevocationVerdict Judgement::ask_ocsp(Subject const& subject) const {
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

void Judgement::report_ocsp(RevocationVerdict const& verdict) {
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

/// Lists of other kinds than the national ones are a matter of the whole path.
RevocationVerdict Judgement::ask_lists(Subject const& subject) const {
  using Kind = RevocationVerdict::Kind;
  auto verdict = judge_crls(evidence_.crls, evidence_.lists, subject);
  bool const decided = verdict.kind == Kind::good || verdict.kind == Kind::revoked;
  if (policy_.national || decided || evidence_.crls.empty()) return verdict;
  auto const fault = find_path_fault(subject.certificate, *anchors_, chain_->certificates,
                                     evidence_.crls, {}, subject.best_time);
  if (!fault) return {.kind = Kind::good};
  if (fault->kind == PathFault::Kind::revoked)
    return {.kind = Kind::revoked, .check = "revocation", .reason = "signature.revoked"};
  return verdict;
}

void Judgement::report_crl(Subject const& subject) {
  using Kind = RevocationVerdict::Kind;
  auto const verdict = ask_lists(subject);
  report_.lists = verdict.lists;
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

bool Judgement::is_listed(Certificate const& certificate, Certificate const& issuer,
                          Instant by) const {
  return judge_crls(evidence_.crls, evidence_.lists, {certificate, issuer, by, times_.at}).kind ==
         RevocationVerdict::Kind::revoked;
}

/// Authorities are configured by people, so silence about them is no fault; a list that names one
/// is.
void Judgement::check_authorities() {
  auto const& all = chain_->certificates;
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    if (is_listed(all[i], all[i + 1], best_time_))
      checks_.note("authority_revocation", "revocation", "signature.authority_revoked",
                   consequence::k_revoked_no_poe);
  }
}

void Judgement::check_revocation(Subject const& subject) {
  auto const verdict = ask_ocsp(subject);
  if (verdict.kind != RevocationVerdict::Kind::unavailable) {
    report_ocsp(verdict);
    return;
  }
  if (!evidence_.ocsp.empty())
    checks_.remark("ocsp_response", "revocation", "signature.ocsp_unavailable");
  report_crl(subject);
}

}  // namespace qyzmet::signing
