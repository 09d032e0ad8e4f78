#include "signing/timestamp.hpp"

namespace qyzmet::signing {
namespace {

using InfoPtr = Owned<TS_TST_INFO, TS_TST_INFO_free>;

/// RFC 3161, 2.3: the key is for timestamps, and for nothing else. Older certificates of the
/// national TSA state no keyUsage, which allows every usage.
bool is_authority(Certificate const& certificate) {
  bool const stated = (X509_get_extension_flags(certificate.get()) & EXFLAG_KUSAGE) != 0;
  int const at = X509_get_ext_by_NID(certificate.get(), NID_ext_key_usage, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate.get(), at)) == 1 &&
         certificate.usages().size() == 1 && certificate.has_usage(eku::k_timestamping) &&
         (!stated || (certificate.key_usage() & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0);
}

bool is_well_signed(SignedData const& data, Certificate const& certificate, bool national,
                    Instant at) {
  auto const& signer = data.signers.front();
  auto const suite =
      find_suite(certificate, signer.digest, signer.signature_algorithm, national, at);
  return suite && !find_attribute_fault(data, signer, true) &&
         compare_ess(signer, certificate, true) == Ess::matches &&
         has_digest_of(signer, *data.content) &&
         is_signature_valid(signer, **suite, certificate, *data.content);
}

/// One run over one token.
class Judge {
 public:
  Judge(Anchors const& anchors, Policy const& policy, Instant at, TokenNote const& note)
      : anchors_(anchors), policy_(policy), at_(at), note_(note) {}

  std::optional<Token> run(std::string_view token, std::optional<std::string_view> stamped) {
    bool const sound = has_structure(token) && has_policy() && has_imprint(stamped) && has_time() &&
                       has_certificate() && is_signed() && has_path();
    if (!sound) return std::nullopt;
    return Token{.authority = std::move(*certificate_), .chain = std::move(*chain_), .at = stated_};
  }

 private:
  bool note(char const* name, char const* layer, bool holds, Consequence failed) {
    return note_(name, layer, holds ? std::nullopt : Fault{std::string{"signature."} + name},
                 failed);
  }

  bool has_structure(std::string_view token) {
    auto data = parse_signed_data(token);
    bool sound = data && data->signers.size() == 1 && data->content &&
                 data->content_type == oids::k_tst_info;
    if (sound) {
      info_.reset(from_der<TS_TST_INFO>(*data->content, d2i_TS_TST_INFO, TS_TST_INFO_free));
      auto const time = info_ ? to_instant(TS_TST_INFO_get_time(info_.get())) : std::nullopt;
      sound = time && TS_TST_INFO_get_version(info_.get()) == 1;
      if (sound) stated_ = *time;
    }
    if (sound) data_ = std::move(*data);
    return note("timestamp_structure", "format", sound, consequence::k_format);
  }

  bool has_policy() {
    auto const policy = oid_text(TS_TST_INFO_get_policy_id(info_.get()));
    return note("timestamp_policy", "policy",
                !policy_.national || policy.starts_with(std::string{k_national_tsa_policy} + "."),
                consequence::k_constraints);
  }

  bool has_imprint(std::optional<std::string_view> stamped) {
    auto* imprint = TS_TST_INFO_get_msg_imprint(info_.get());
    auto const algorithm = oid_text(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
    auto const known = algorithm != oids::k_sha1 && digest_by_oid(algorithm, "").has_value();
    if (!note("timestamp_algorithm", "policy", known, consequence::k_algorithm)) return false;
    if (!stamped)
      return note_("timestamp_imprint", "crypto", "signature.content_missing",
                   {Indication::indeterminate, "SIGNED_DATA_NOT_FOUND"});
    return note("timestamp_imprint", "crypto",
                digest_by_oid(algorithm, *stamped) == string_of(TS_MSG_IMPRINT_get_msg(imprint)),
                consequence::k_hash);
  }

  bool has_time() {
    return note("timestamp_time", "time", stated_ <= at_ + k_clock_skew_max,
                consequence::k_constraints);
  }

  bool has_certificate() {
    certificate_ = find_signer_certificate(data_, data_.signers.front(), anchors_.cache);
    return note("timestamp_certificate", "path",
                certificate_ && is_authority(*certificate_) && certificate_->covers(stated_),
                consequence::k_chain) &&
           certificate_;
  }

  bool is_signed() {
    return note("timestamp_signature", "crypto",
                is_well_signed(data_, *certificate_, policy_.national, stated_),
                consequence::k_crypto);
  }

  bool has_path() {
    auto chain = build_chain(*certificate_, anchors_, {}, stated_);
    Fault fault;
    if (!chain) {
      fault = chain.error();
    } else if (!chain->authorities_valid) {
      fault = "signature.authority_expired";
    } else {
      fault = find_chain_fault(*chain, policy_, stated_);
    }
    if (!note_("timestamp_chain", "path", fault, consequence::k_no_chain)) return false;
    if (chain) chain_ = std::move(*chain);
    return chain_.has_value();
  }

  Anchors const& anchors_;
  Policy const& policy_;
  Instant at_;
  TokenNote const& note_;
  SignedData data_;
  InfoPtr info_;
  Instant stated_;
  std::optional<Certificate> certificate_;
  std::optional<Chain> chain_;
};

}  // namespace

std::optional<Token> judge_token(std::string_view token, std::optional<std::string_view> stamped,
                                 Anchors const& anchors, Policy const& policy, Instant at,
                                 TokenNote const& note) {
  return Judge{anchors, policy, at, note}.run(token, stamped);
}

std::expected<Instant, std::string> verify_timestamp(std::string_view token,
                                                     std::string_view stamped,
                                                     Anchors const& anchors, Policy const& policy,
                                                     Instant at) {
  Fault first;
  auto const judged = judge_token(token, stamped, anchors, policy, at,
                                  [&](char const*, char const*, Fault const& fault, Consequence) {
                                    if (fault) first = fault;
                                    return !fault;
                                  });
  if (!judged) return std::unexpected(first.value_or("signature.timestamp"));
  return judged->at;
}

}  // namespace qyzmet::signing
