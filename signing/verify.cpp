#include "signing/verify.hpp"

#include <algorithm>

#include "signing/judgement.hpp"
#include "signing/timestamp.hpp"

namespace qyzmet::signing {
namespace {

/// What the caller knows of the signed bytes.
struct Expected {
  std::optional<std::string_view> bytes;
  bool attached_may_repeat = false;        // attached content is taken if it equals `bytes`
  std::optional<std::size_t> signer = {};  // this one of several; nothing: there must be one
};

bool has_one_byte_behind(std::string_view cms) {
  auto const whole = der::first(cms);
  return whole && whole->whole.size() + 1 == cms.size();
}

/// One run over one CMS.
class Verification {
 public:
  Verification(TrustStore const& trust, Policy const& policy, Times times, Evidence const& evidence)
      : judgement_(trust, policy, times, evidence) {}

  Report run(std::string_view carrier, Expected const& expected) {
    one_of_ = expected.signer;
    if (open(carrier) && has_content(expected) && has_sound_form() && has_certificate() &&
        judgement_.has_allowed_algorithm(signer().digest, signer().signature_algorithm) &&
        is_signed())
      judgement_.judge_signer(extra_certificates());
    return judgement_.finish();
  }

 private:
  bool open(std::string_view carrier);
  bool has_content(Expected const& expected);
  bool has_sound_form();
  bool has_certificate();
  bool is_signed();
  void read_timestamps();
  void read_timestamp(std::string_view bytes);
  std::vector<Certificate> extra_certificates() const;
  SignerInfo const& signer() const { return data_.signers[one_of_.value_or(0)]; }

  Judgement judgement_;
  Policy const& policy_ = judgement_.policy();
  Checks& checks_ = judgement_.checks();
  Report& report_ = judgement_.report();
  std::string cms_;
  SignedData data_;
  std::optional<std::size_t> one_of_;
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
  if (data_.signers.size() > 1 && !one_of_) count_fault = "signature.many_signers";
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
  return judgement_.take_certificate(find_signer_certificate(data_, signer()),
                                     claimed_time(signer())) &&
         judgement_.takes_binding(compare_ess(signer(), judgement_.certificate(), false));
}

bool Verification::is_signed() {
  auto const digest = fault_unless(has_digest_of(signer(), report_.content), "signature.altered");
  if (!checks_.note("message_digest", "crypto", digest, consequence::k_hash)) return false;
  auto const value = fault_unless(
      is_signature_valid(signer(), judgement_.suite(), judgement_.certificate(), report_.content),
      "signature.altered");
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
      read_timestamp(value.whole);
    }
  }
}

void Verification::read_timestamp(std::string_view bytes) {
  auto const note = [this](char const* name, char const* layer, Fault const& fault, Consequence) {
    if (fault) checks_.remark(name, layer, fault);
    return !fault;
  };
  auto const token = judge_token(bytes, signer().signature, judgement_.anchors(), policy_,
                                 judgement_.times().at, note);
  if (!token) return;
  // Nobody signs before there is a certificate to sign with.
  if (token->at < judgement_.certificate().not_before()) {
    checks_.remark("timestamp_time", "time", "signature.timestamp_time");
  } else if (judgement_.is_listed(token->authority, token->chain.issuer(), token->at)) {
    checks_.remark("timestamp_revocation", "revocation", "signature.timestamp_revocation");
  } else {
    checks_.remark("timestamp", "time", std::nullopt);
    judgement_.prove_time(token->at);
  }
}

/// National paths are built from configured certificates alone.
std::vector<Certificate> Verification::extra_certificates() const {
  std::vector<Certificate> extra;
  if (policy_.national) return extra;
  for (auto const& der : data_.certificates)
    if (auto certificate = Certificate::read(der)) extra.push_back(std::move(*certificate));
  return extra;
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

std::vector<Report> verify_each_signer(std::string_view cms,
                                       std::optional<std::string_view> content,
                                       TrustStore const& trust, Policy const& policy, Instant at,
                                       Instant received_at, Evidence const& evidence) {
  auto const der = unwrap_cms(cms);
  auto const data = der ? parse_signed_data(*der) : std::unexpected(der.error());
  auto const signers = data ? data->signers.size() : 0;
  if (signers < 2) return {verify_cms(cms, content, trust, policy, at, received_at, evidence)};
  std::vector<Report> reports;
  for (std::size_t i = 0; i < signers; ++i)
    reports.push_back(Verification{trust, policy, {at, received_at}, evidence}.run(
        cms, {.bytes = content, .signer = i}));
  return reports;
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
