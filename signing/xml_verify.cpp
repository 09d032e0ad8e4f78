// Verification of XML signatures: the profile reads, the Judgement judges.
#include "signing/judgement.hpp"
#include "signing/xml.hpp"
#include "signing/xml_profile.hpp"

namespace qyzmet::signing {
namespace {

/// Addresses that we do not know stand for no algorithm, so the allow-list has none that fits.
bool has_allowed_algorithm(Judgement& judgement, xml::Signature const& signature) {
  auto const* uris = xml::find_uris(signature.signature_uri, signature.digest_uri);
  return judgement.has_allowed_algorithm(
      {.oid = std::string{uris != nullptr ? uris->digest_oid : ""}, .parameters = {}},
      {.oid = std::string{uris != nullptr ? uris->signature_oid : ""}, .parameters = {}});
}

bool is_signed(Judgement& judgement, xml::Signature const& signature) {
  auto& checks = judgement.checks();
  auto const& suite = judgement.suite();
  bool const same = digest(suite.md, signature.content) == signature.digest_value;
  if (!checks.note("message_digest", "crypto", fault_unless(same, "signature.altered"),
                   consequence::k_hash))
    return false;
  bool const valid = verify_signature(suite, judgement.certificate(), signature.signed_info,
                                      signature.signature_value);
  return checks.note("signature_value", "crypto", fault_unless(valid, "signature.altered"),
                     consequence::k_crypto);
}

Report verify(std::string_view bytes, xml::Shape shape, TrustStore const& trust,
              Policy const& policy, Times times, Evidence const& evidence) {
  Judgement judgement{trust, policy, times, evidence};
  auto const signature = xml::read_signature(bytes, shape);
  if (!judgement.checks().note("structure", "format",
                               signature ? std::nullopt : Fault{signature.error()},
                               consequence::k_format))
    return judgement.finish();
  judgement.report().content = signature->content;
  if (judgement.take_certificate(Certificate::read_signer(signature->certificate), std::nullopt) &&
      judgement.takes_binding(Ess::absent) && has_allowed_algorithm(judgement, *signature) &&
      is_signed(judgement, *signature))
    judgement.judge_signer({});
  return judgement.finish();
}

}  // namespace

Report verify_xml(std::string_view bytes, TrustStore const& trust, Policy const& policy, Instant at,
                  Instant received_at, Evidence const& evidence) {
  return verify(bytes, xml::Shape::enveloped, trust, policy, {at, received_at}, evidence);
}

bool is_xml(std::string_view bytes) {
  constexpr std::string_view k_mark = "\xef\xbb\xbf";
  if (bytes.starts_with(k_mark)) bytes.remove_prefix(k_mark.size());
  auto const at = bytes.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && bytes[at] == '<';
}

bool is_soap(std::string_view bytes) {
  auto const document = xml::parse(bytes);
  return document && xml::is(xmlDocGetRootElement(document.get()), xml::ns::k_envelope, "Envelope");
}

Report verify_soap(std::string_view bytes, TrustStore const& trust, Policy const& policy,
                   Instant at, Instant received_at, Evidence const& evidence) {
  return verify(bytes, xml::Shape::soap, trust, policy, {at, received_at}, evidence);
}

}  // namespace qyzmet::signing
