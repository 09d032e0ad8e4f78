#include "signing/cms_writer.hpp"

#include <cstdio>

#include "signing/algorithms.hpp"

namespace qyzmet::signing {
namespace {

std::string encode_attribute(std::string_view oid, std::string value) {
  return der::encode(der::sequence, {der::oid(oid), der::encode(der::set, value)});
}

/// SigningCertificateV2 with the default hash, SHA-256.
std::string encode_ess(std::string_view certificate) {
  auto const hash = der::encode(der::octet_string, digest("SHA256", certificate));
  auto const id = der::encode(der::sequence, hash);
  return der::encode(der::sequence, der::encode(der::sequence, id));
}

std::string encode_signer_id(Certificate const& certificate) {
  return der::encode(der::sequence,
                     {to_der(X509_get_issuer_name(certificate.get()), i2d_X509_NAME),
                      to_der(X509_get0_serialNumber(certificate.get()), i2d_ASN1_INTEGER)});
}

std::string digits_of(Instant at, bool with_century) {
  auto const day = std::chrono::floor<std::chrono::days>(at);
  std::chrono::year_month_day const ymd{day};
  auto const seconds = std::chrono::floor<std::chrono::seconds>(at - day).count();
  char text[40];
  std::snprintf(text, sizeof text, "%04d%02u%02u%02d%02d%02dZ", int{ymd.year()},
                unsigned{ymd.month()}, unsigned{ymd.day()}, int(seconds / 3600),
                int(seconds / 60 % 60), int(seconds % 60));
  return with_century ? text : text + 2;
}

std::string encode_attributes(std::string_view content, std::string_view certificate,
                              Suite const& suite, CmsPlan const& plan) {
  std::vector<std::string> attributes{
      encode_attribute(oids::k_content_type, der::oid(plan.content_type)),
      encode_attribute(oids::k_message_digest,
                       der::encode(der::octet_string, digest(suite.md, content))),
      encode_attribute(oids::k_ess_v2, encode_ess(certificate))};
  if (plan.signing_time)
    attributes.push_back(encode_attribute(oids::k_signing_time, encode_time(*plan.signing_time)));
  return der::set_of(std::move(attributes));
}

}  // namespace

std::string encode_generalized_time(Instant at) {
  return der::encode(der::generalized_time, digits_of(at, true));
}

std::string encode_time(Instant at) {
  auto const year =
      int{std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(at)}.year()};
  if (year < 1950 || year > 2049) return encode_generalized_time(at);
  return der::encode(der::utc_time, digits_of(at, false));
}

std::string encode_algorithm(std::string_view oid) {
  return der::encode(der::sequence, {der::oid(oid), der::encode(der::null, "")});
}

Result<CmsDraft> draft_cms(std::string_view certificate_der, std::string_view content,
                           CmsPlan const& plan) {
  auto const certificate = Certificate::read_file(certificate_der);
  auto const* suite = certificate ? signing_suite(*certificate) : nullptr;
  if (suite == nullptr) return fail(ErrorCode::invalid, "signature.unsupported_algorithm");
  CmsDraft draft;
  draft.to_sign.bytes = encode_attributes(content, certificate->der(), *suite, plan);
  draft.to_sign.digest = digest(suite->md, draft.to_sign.bytes);
  draft.to_sign.digest_algorithm = suite->digest;
  draft.to_sign.algorithm = suite->signatures.front();
  draft.certificate = certificate->der();
  draft.content_type = plan.content_type;
  if (plan.attached) draft.content = content;
  return draft;
}

Result<std::string> finish_cms(CmsDraft const& draft, std::string_view signature) {
  auto const certificate = Certificate::read(draft.certificate);
  auto const* suite = certificate ? signing_suite(*certificate) : nullptr;
  if (suite == nullptr) return fail(ErrorCode::invalid, "signature.unsupported_algorithm");
  if (!verify_signature(*suite, *certificate, draft.to_sign.bytes, signature))
    return fail(ErrorCode::invalid, "signature.signer_answer");
  auto attributes = draft.to_sign.bytes;
  attributes.front() = static_cast<char>(der::context_constructed(0));
  auto const signer = der::encode(
      der::sequence,
      {der::number(1), encode_signer_id(*certificate), encode_algorithm(suite->digest), attributes,
       encode_algorithm(suite->signatures.front()), der::encode(der::octet_string, signature)});
  auto content_info = der::oid(draft.content_type);
  if (draft.content)
    content_info +=
        der::encode(der::context_constructed(0), der::encode(der::octet_string, *draft.content));
  // Version 3 is for content types other than data (RFC 5652, 5.1).
  auto const data =
      der::encode(der::sequence, {der::number(draft.content_type == oids::k_data ? 1 : 3),
                                  der::encode(der::set, encode_algorithm(suite->digest)),
                                  der::encode(der::sequence, content_info),
                                  der::encode(der::context_constructed(0), certificate->der()),
                                  der::encode(der::set, signer)});
  return der::encode(der::sequence, {der::oid(oids::k_signed_data),
                                     der::encode(der::context_constructed(0), data)});
}

Result<std::string> write_cms(SigningKey const& key, std::string_view content,
                              CmsPlan const& plan) {
  auto const draft = draft_cms(key.certificate_der(), content, plan);
  if (!draft) return std::unexpected(draft.error());
  auto const signature = key.sign(draft->to_sign.bytes);
  if (!signature) return std::unexpected(signature.error());
  return finish_cms(*draft, *signature);
}

}  // namespace qyzmet::signing
