// OCSP: the question, and what an answer is worth.
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "signing/algorithms.hpp"
#include "signing/path.hpp"
#include "signing/revocation.hpp"
#include "signing/signed_data.hpp"
#include "signing/trust_cache.hpp"

namespace qyzmet::signing {
namespace {

constexpr std::size_t k_nonce_bytes = 32;
constexpr std::string_view k_basic = "1.3.6.1.5.5.7.48.1.1";

using BasicPtr = Owned<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using RequestPtr = Owned<OCSP_REQUEST, OCSP_REQUEST_free>;
using CertIdPtr = Owned<OCSP_CERTID, OCSP_CERTID_free>;
using Kind = RevocationVerdict::Kind;

RevocationVerdict bad(std::string check, std::string reason) {
  return {.kind = Kind::bad, .check = std::move(check), .reason = std::move(reason)};
}

/// Hash of name and key, hash algorithm and serial are all computed anew and compared.
bool is_about(OCSP_SINGLERESP const* single, Subject const& subject) {
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
  ASN1_OBJECT* algorithm = nullptr;
  if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, id) != 1) return false;
  auto const oid = oid_text(algorithm);
  if (oid != oids::k_sha1 && oid != oids::k_sha256) return false;
  CertIdPtr const expected{OCSP_cert_to_id(oid == oids::k_sha1 ? EVP_sha1() : EVP_sha256(),
                                           subject.certificate.get(), subject.issuer.get())};
  return expected && OCSP_id_cmp(expected.get(), id) == 0;
}

bool has_nonce(OCSP_BASICRESP* basic, std::string_view nonce) {
  int const at = OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, -1);
  if (at < 0) return false;
  auto const value = string_of(X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(basic, at)));
  // RFC 8954 has an OCTET STRING inside; older responders put the bare octets there.
  return value == der::encode(der::octet_string, nonce) || value == nonce;
}

/// The issuer itself, or a certificate that the same CA gave for this purpose.
bool may_answer(Certificate const& signer, Subject const& subject, Instant produced_at) {
  if (signer.der() == subject.issuer.der()) return true;
  auto* issuer = subject.issuer.get();
  return X509_check_issued(issuer, signer.get()) == X509_V_OK &&
         (subject.cache != nullptr ? subject.cache->is_signed_by(signer, subject.issuer, true)
                                   : signer.is_signed_by(subject.issuer)) &&
         signer.has_usage(eku::k_ocsp) && signer.covers(produced_at) &&
         X509_get_ext_by_NID(signer.get(), NID_id_pkix_OCSP_noCheck, -1) >= 0 &&
         check_certificate_algorithms(signer, false, produced_at).has_value();
}

/// A BasicOCSPResponse as it arrived. The certificates stay bytes: those of responders come again
/// and again, and are read through the cache.
struct Basic {
  BasicPtr parsed;  // without the certificates
  std::string_view tbs, signature;
  std::string algorithm;
  std::vector<std::string_view> certificates;
};

bool read_certificates(der::Reader& reader, Basic& basic) {
  auto const list = reader.take(der::context_constructed(0));
  if (!list) return true;
  auto const sequence = der::first(list->content);
  auto const all =
      sequence && sequence->tag == der::sequence ? der::children(sequence->content) : std::nullopt;
  if (!all || all->size() > k_certificates_max) return false;
  for (auto const& element : *all) basic.certificates.push_back(element.whole);
  return true;
}

std::optional<Basic> read_basic(std::string_view bytes) {
  auto const whole = der::first(bytes);
  if (!whole || whole->tag != der::sequence || whole->whole.size() != bytes.size())
    return std::nullopt;
  der::Reader reader{whole->content};
  auto const tbs = reader.take(der::sequence);
  auto const algorithm = reader.take(der::sequence);
  auto const bits = reader.take(der::bit_string);
  if (!tbs || !algorithm || !bits || bits->content.size() < 2 || bits->content[0] != 0)
    return std::nullopt;
  auto const named = parse_algorithm(*algorithm);
  Basic basic;
  if (!named || !read_certificates(reader, basic) || !reader.done()) return std::nullopt;
  basic.tbs = tbs->whole;
  basic.signature = bits->content.substr(1);
  basic.algorithm = named->oid;
  auto const bare = der::encode(
      der::sequence,
      {std::string{tbs->whole}, std::string{algorithm->whole}, std::string{bits->whole}});
  basic.parsed.reset(from_der<OCSP_BASICRESP>(bare, d2i_OCSP_BASICRESP, OCSP_BASICRESP_free));
  return basic.parsed ? std::optional{std::move(basic)} : std::nullopt;
}

/// The BasicOCSPResponse inside a successful answer; empty for an error.
std::optional<std::string_view> open_response(std::string_view bytes) {
  auto const whole = der::first(bytes);
  if (!whole || whole->tag != der::sequence || whole->whole.size() != bytes.size())
    return std::nullopt;
  der::Reader reader{whole->content};
  auto const status = reader.take(der::enumerated);
  if (!status || status->content.size() != 1) return std::nullopt;
  if (status->content[0] != OCSP_RESPONSE_STATUS_SUCCESSFUL) return std::string_view{};
  auto const wrapped = reader.take(der::context_constructed(0));
  auto const inner = wrapped ? der::first(wrapped->content) : std::nullopt;
  if (!inner || inner->tag != der::sequence || !reader.done()) return std::nullopt;
  der::Reader parts{inner->content};
  auto const type = parts.take(der::object_id);
  auto const basic = parts.take(der::octet_string);
  if (!type || !basic || !parts.done() || basic->content.empty() ||
      der::oid_text(type->content) != k_basic)
    return std::nullopt;
  return basic->content;
}

/// ResponderID: the name, or SHA-1 of the key.
bool is_responder(OCSP_BASICRESP const* basic, Certificate const& certificate) {
  ASN1_OCTET_STRING const* key = nullptr;
  X509_NAME const* name = nullptr;
  if (OCSP_resp_get0_id(basic, &key, &name) != 1) return false;
  if (name != nullptr) return X509_NAME_cmp(name, X509_get_subject_name(certificate.get())) == 0;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  return X509_pubkey_digest(certificate.get(), EVP_sha1(), hash.data(), &size) == 1 &&
         string_of(key) == std::string_view{chars_of(hash.data()), size};
}

bool is_well_signed(Basic const& basic, Subject const& subject) {
  auto const produced_at = to_instant(OCSP_resp_get0_produced_at(basic.parsed.get()));
  auto const* suite = suite_of_signature(basic.algorithm);
  if (!produced_at || suite == nullptr) return false;
  auto const signed_by = [&](Certificate const& signer) {
    return is_responder(basic.parsed.get(), signer) && may_answer(signer, subject, *produced_at) &&
           verify_signature(*suite, signer, basic.tbs, basic.signature);
  };
  if (signed_by(subject.issuer)) return true;
  return std::ranges::any_of(basic.certificates, [&](std::string_view der) {
    auto const signer =
        subject.cache != nullptr ? subject.cache->read(der) : Certificate::read(der);
    return signer && signed_by(*signer);
  });
}

struct Said {
  int status = 0, reason = 0;
  Instant this_update;
  std::optional<Instant> next_update, revoked_at;
};

std::optional<Said> read_status(OCSP_SINGLERESP* single) {
  ASN1_GENERALIZEDTIME *revoked = nullptr, *this_update = nullptr, *next_update = nullptr;
  Said said;
  said.status = OCSP_single_get0_status(single, &said.reason, &revoked, &this_update, &next_update);
  auto const since = to_instant(this_update);
  if (!since) return std::nullopt;
  said.this_update = *since;
  said.next_update = to_instant(next_update);
  said.revoked_at = to_instant(revoked);
  if (next_update != nullptr && !said.next_update) return std::nullopt;
  if (said.status == V_OCSP_CERTSTATUS_REVOKED && !said.revoked_at) return std::nullopt;
  return said;
}

RevocationVerdict judge_status(Said const& said, Subject const& subject) {
  if (said.this_update > subject.at + k_clock_skew_max)
    return bad("ocsp_fresh", "signature.ocsp_future");
  bool const permanent = said.reason != OCSP_REVOKED_STATUS_CERTIFICATEHOLD;
  bool const revoked = said.status == V_OCSP_CERTSTATUS_REVOKED;
  bool const stale = said.this_update + k_ocsp_age_max < subject.best_time ||
                     (said.next_update && *said.next_update < subject.best_time);
  if (stale && !(revoked && permanent)) return bad("ocsp_fresh", "signature.ocsp_stale");
  if (revoked && *said.revoked_at <= subject.best_time) {
    bool const never_issued = !permanent && *said.revoked_at == Instant{};
    return {.kind = Kind::revoked,
            .check = "revocation",
            .reason = never_issued ? "signature.not_issued" : "signature.revoked",
            .revoked_at = *said.revoked_at};
  }
  if (!revoked && said.status != V_OCSP_CERTSTATUS_GOOD)
    return bad("revocation", "signature.unknown_to_authority");
  return {.kind = Kind::good, .check = {}, .reason = {}};
}

std::string make_nonce() {
  std::string nonce(k_nonce_bytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(nonce.data());
  return RAND_bytes(out, static_cast<int>(nonce.size())) == 1 ? nonce : std::string{};
}

/// The issuer of `leaf` among the configured certificates, whatever the time is.
std::optional<Certificate> find_issuer(Certificate const& leaf, Anchors const& anchors) {
  for (auto const* list : {&anchors.intermediates, &anchors.trusted})
    for (auto const& candidate : *list)
      if (X509_check_issued(candidate.get(), leaf.get()) == X509_V_OK &&
          leaf.is_signed_by(candidate))
        return candidate;
  return std::nullopt;
}

}  // namespace

RevocationVerdict judge_ocsp(std::string_view bytes, std::string_view nonce,
                             Subject const& subject) {
  if (bytes.size() > k_ocsp_bytes_max) return bad("ocsp_response", "signature.ocsp_bad");
  auto const inside = open_response(bytes);
  if (!inside) return bad("ocsp_response", "signature.ocsp_bad");
  // An error status is not signed: it counts as silence, never as a statement.
  if (inside->empty())
    return {.kind = Kind::unavailable,
            .check = "ocsp_response",
            .reason = "signature.ocsp_unavailable"};
  auto const read = read_basic(*inside);
  if (!read || OCSP_resp_count(read->parsed.get()) != 1)
    return bad("ocsp_response", "signature.ocsp_bad");
  auto* basic = read->parsed.get();
  auto* single = OCSP_resp_get0(basic, 0);
  if (!is_well_signed(*read, subject)) return bad("ocsp_responder", "signature.ocsp_responder");
  if (!is_about(single, subject))
    return bad("ocsp_certificate", "signature.ocsp_other_certificate");
  if (!nonce.empty() && !has_nonce(basic, nonce)) return bad("ocsp_nonce", "signature.ocsp_nonce");
  auto const said = read_status(single);
  if (!said) return bad("ocsp_response", "signature.ocsp_bad");
  return judge_status(*said, subject);
}

Result<OcspQuestion> ocsp_question(std::string_view cms, TrustStore const& trust) {
  auto const der = unwrap_cms(cms);
  auto const data = der ? parse_signed_data(*der) : std::unexpected(der.error());
  if (!data || data->signers.size() != 1) return fail(ErrorCode::invalid, "signature.malformed");
  auto const leaf = find_signer_certificate(*data, data->signers.front());
  if (!leaf) return fail(ErrorCode::invalid, "signature.malformed");
  auto const issuer = find_issuer(*leaf, read_trust(trust));
  if (!issuer) return fail(ErrorCode::invalid, "signature.unknown_authority");
  auto nonce = make_nonce();
  RequestPtr const request{OCSP_REQUEST_new()};
  // SHA-1 only names the issuer here, and every responder understands it.
  CertIdPtr id{OCSP_cert_to_id(EVP_sha1(), leaf->get(), issuer->get())};
  if (nonce.empty() || !request || !id ||
      OCSP_request_add0_id(request.get(), id.release()) == nullptr ||
      OCSP_request_add1_nonce(request.get(), reinterpret_cast<unsigned char*>(nonce.data()),
                              static_cast<int>(nonce.size())) != 1)
    return fail(ErrorCode::unavailable, "signature.ocsp_unavailable");
  return OcspQuestion{.request = to_der(request.get(), i2d_OCSP_REQUEST),
                      .nonce = std::move(nonce),
                      .address = leaf->ocsp_address()};
}

}  // namespace qyzmet::signing
