#include "signing/timestamp.hpp"

#include "signing/signed_data.hpp"

namespace qyzmet::signing {
namespace {

using InfoPtr = Owned<TS_TST_INFO, TS_TST_INFO_free>;

std::unexpected<std::string> untrusted() {
  return std::unexpected(std::string{"signature.timestamp"});
}

/// What the token states; nothing if it is not over `stamped` or not under an accepted policy.
std::optional<Instant> read_info(std::string_view content, std::string_view stamped,
                                 bool national) {
  InfoPtr const info{from_der<TS_TST_INFO>(content, d2i_TS_TST_INFO, TS_TST_INFO_free)};
  if (!info || TS_TST_INFO_get_version(info.get()) != 1) return std::nullopt;
  auto const policy = oid_text(TS_TST_INFO_get_policy_id(info.get()));
  if (national && !policy.starts_with(std::string{k_national_tsa_policy} + "."))
    return std::nullopt;
  auto* imprint = TS_TST_INFO_get_msg_imprint(info.get());
  auto const algorithm = oid_text(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
  if (algorithm == oids::k_sha1) return std::nullopt;
  if (digest_by_oid(algorithm, stamped) != string_of(TS_MSG_IMPRINT_get_msg(imprint)))
    return std::nullopt;
  return to_instant(TS_TST_INFO_get_time(info.get()));
}

/// RFC 3161, 2.3: the key is for timestamps, and for nothing else. Older certificates of the
/// national TSA state no keyUsage, which allows every usage.
bool is_authority(Certificate const& certificate) {
  bool const stated = (X509_get_extension_flags(certificate.get()) & EXFLAG_KUSAGE) != 0;
  int const at = X509_get_ext_by_NID(certificate.get(), NID_ext_key_usage, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate.get(), at)) == 1 &&
         certificate.usages().size() == 1 && certificate.has_usage(eku::k_timestamping) &&
         (!stated || (certificate.key_usage() & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0);
}

bool is_signed_by(SignedData const& data, Certificate const& certificate, bool national,
                  Instant at) {
  auto const& signer = data.signers.front();
  auto const suite =
      find_suite(certificate, signer.digest, signer.signature_algorithm, national, at);
  return suite && !find_attribute_fault(data, signer, true) &&
         compare_ess(signer, certificate, true) == Ess::matches &&
         has_digest_of(signer, *data.content) &&
         is_signature_valid(signer, **suite, certificate, *data.content);
}

}  // namespace

std::expected<Instant, std::string> verify_timestamp(std::string_view token,
                                                     std::string_view stamped,
                                                     Anchors const& anchors, Policy const& policy,
                                                     Instant at) {
  auto const data = parse_signed_data(token);
  if (!data || data->signers.size() != 1 || !data->content ||
      data->content_type != oids::k_tst_info)
    return untrusted();
  auto const stated = read_info(*data->content, stamped, policy.national);
  if (!stated || *stated > at + k_clock_skew_max) return untrusted();
  auto const certificate = find_signer_certificate(*data, data->signers.front());
  if (!certificate || !is_authority(*certificate) || !certificate->covers(*stated))
    return untrusted();
  if (!is_signed_by(*data, *certificate, policy.national, *stated)) return untrusted();
  auto const chain = build_chain(*certificate, anchors, {}, *stated);
  if (!chain) return std::unexpected(chain.error());
  if (!chain->authorities_valid) return untrusted();
  if (auto fault = find_chain_fault(*chain, policy, *stated)) return std::unexpected(*fault);
  return *stated;
}

}  // namespace qyzmet::signing
