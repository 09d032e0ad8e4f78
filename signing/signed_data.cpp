#include "signing/signed_data.hpp"

#include <algorithm>

#include "signing/trust_cache.hpp"

namespace qyzmet::signing {
namespace {

/// IssuerSerial: GeneralNames with one directoryName, and the serial.
bool names_certificate(der::Element const& issuer_serial, Certificate const& certificate) {
  der::Reader reader{issuer_serial.content};
  auto const names = reader.take(der::sequence);
  auto const serial = reader.take(der::integer);
  if (!names || !serial || !reader.done()) return false;
  auto const list = der::children(names->content);
  if (!list || list->size() != 1 || list->front().tag != der::context_constructed(4)) return false;
  return list->front().content == certificate.issuer() && serial->content == certificate.serial();
}

bool matches_certificate_id(der::Element const& id, Certificate const& certificate, bool v1) {
  if (id.tag != der::sequence) return false;
  der::Reader reader{id.content};
  std::string hash_oid{v1 ? oids::k_sha1 : oids::k_sha256};
  if (auto const algorithm = v1 ? std::nullopt : reader.take(der::sequence)) {
    auto const parsed = parse_algorithm(*algorithm);
    if (!parsed || parsed->oid == oids::k_sha1) return false;
    hash_oid = parsed->oid;
  }
  auto const hash = reader.take(der::octet_string);
  if (!hash) return false;
  auto const expected = hash_oid == oids::k_sha256 ? certificate.fingerprint()
                                                   : digest_by_oid(hash_oid, certificate.der());
  if (expected != hash->content) return false;
  auto const issuer_serial = reader.take(der::sequence);
  return (!issuer_serial || names_certificate(*issuer_serial, certificate)) && reader.done();
}

/// The first certificate identifier is the signer's (RFC 5035, 5).
bool matches_signing_certificate(der::Element const& value, Certificate const& certificate,
                                 bool v1) {
  if (value.tag != der::sequence) return false;
  der::Reader reader{value.content};
  auto const ids = reader.take(der::sequence);
  if (!ids) return false;
  auto const list = der::children(ids->content);
  return list && !list->empty() && matches_certificate_id(list->front(), certificate, v1);
}

/// Content that could be taken for signed attributes: with the attributes left away, a signature
/// over attributes would turn into a signature over such content.
bool looks_like_attributes(std::string_view content) {
  auto const element = der::first(content);
  return element && element->tag == der::set && element->whole.size() == content.size();
}

}  // namespace

bool is_signer(Certificate const& certificate, SignerInfo const& signer) {
  if (!signer.by_key_id)
    return signer.issuer == certificate.issuer() && signer.serial == certificate.serial();
  auto const* key_id = X509_get0_subject_key_id(certificate.get());
  return key_id != nullptr && string_of(key_id) == signer.key_id;
}

std::optional<Certificate> find_signer_certificate(SignedData const& data, SignerInfo const& signer,
                                                   TrustCache* cache) {
  std::vector<Certificate> named;
  for (auto const& der : data.certificates) {
    auto certificate = cache != nullptr ? cache->read(der) : Certificate::read_signer(der);
    if (!certificate || !is_signer(*certificate, signer)) continue;
    auto const same = [&](Certificate const& other) { return other.der() == der; };
    if (std::ranges::none_of(named, same)) named.push_back(std::move(*certificate));
  }
  for (auto const& certificate : named)
    if (compare_ess(signer, certificate, false) == Ess::matches) return certificate;
  return named.size() == 1 ? std::optional{named.front()} : std::nullopt;
}

Ess compare_ess(SignerInfo const& signer, Certificate const& certificate, bool v1) {
  auto const has_v2 = count(signer.attributes, oids::k_ess_v2) != 0;
  auto const has_v1 = count(signer.attributes, oids::k_ess_v1) != 0;
  if (!has_v2 && !(v1 && has_v1)) return Ess::absent;
  auto const* value = only_value(signer.attributes, has_v2 ? oids::k_ess_v2 : oids::k_ess_v1);
  return value != nullptr && matches_signing_certificate(*value, certificate, !has_v2)
             ? Ess::matches
             : Ess::differs;
}

Fault find_attribute_fault(SignedData const& data, SignerInfo const& signer, bool required) {
  bool const by_key_id = signer.version == 3;
  if ((signer.version != 1 && signer.version != 3) || by_key_id != signer.by_key_id)
    return "signature.malformed";
  auto const listed = std::ranges::find(data.digests, signer.digest.oid, &Algorithm::oid);
  if (listed == data.digests.end()) return "signature.malformed";
  if (!signer.signed_attributes) {
    if (required || data.content_type != oids::k_data) return "signature.no_signed_attributes";
    return std::nullopt;
  }
  if (!der::is_der(signer.signed_attributes->whole)) return "signature.signed_attributes";
  for (auto const& attribute : signer.attributes)
    if (count(signer.attributes, attribute.oid) != 1) return "signature.signed_attributes";
  auto const* type = only_value(signer.attributes, oids::k_content_type);
  if (type == nullptr || type->tag != der::object_id ||
      der::oid_text(type->content) != data.content_type)
    return "signature.signed_attributes";
  auto const* digest = only_value(signer.attributes, oids::k_message_digest);
  if (digest == nullptr || digest->tag != der::octet_string) return "signature.signed_attributes";
  if (count(signer.attributes, oids::k_signing_time) != 0 && !claimed_time(signer))
    return "signature.signed_attributes";
  return std::nullopt;
}

bool has_digest_of(SignerInfo const& signer, std::string_view content) {
  if (!signer.signed_attributes) return true;
  auto const* signed_digest = only_value(signer.attributes, oids::k_message_digest);
  return signed_digest != nullptr &&
         digest_by_oid(signer.digest.oid, content) == signed_digest->content;
}

bool is_signature_valid(SignerInfo const& signer, Suite const& suite,
                        Certificate const& certificate, std::string_view content) {
  if (!signer.signed_attributes)
    return !looks_like_attributes(content) &&
           verify_signature(suite, certificate, content, signer.signature);
  auto const attributes = der::encode(der::set, signer.signed_attributes->content);
  return verify_signature(suite, certificate, attributes, signer.signature);
}

std::optional<Instant> claimed_time(SignerInfo const& signer) {
  auto const* value = only_value(signer.attributes, oids::k_signing_time);
  if (value == nullptr) return std::nullopt;
  if (value->tag != der::utc_time && value->tag != der::generalized_time) return std::nullopt;
  auto const* at = bytes_of(value->whole);
  Owned<ASN1_TIME, ASN1_TIME_free> const time{
      d2i_ASN1_TIME(nullptr, &at, static_cast<long>(value->whole.size()))};
  return to_instant(time.get());
}

}  // namespace qyzmet::signing
