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
constexpr std::string_view k_nonce = "1.3.6.1.5.5.7.48.1.2";

using NamePtr = Owned<X509_NAME, X509_NAME_free>;
using RequestPtr = Owned<OCSP_REQUEST, OCSP_REQUEST_free>;
using CertIdPtr = Owned<OCSP_CERTID, OCSP_CERTID_free>;
using Kind = RevocationVerdict::Kind;

RevocationVerdict bad(std::string check, std::string reason) {
  return {.kind = Kind::bad, .check = std::move(check), .reason = std::move(reason)};
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

/// CertStatus and its times.
struct Said {
  enum Status : std::uint8_t { good, revoked, unknown } status = unknown;
  std::optional<int> reason;
  Instant this_update;
  std::optional<Instant> next_update, revoked_at;
};

/// A BasicOCSPResponse (RFC 6960, 4.2.1) as it arrived, about one certificate. The certificates
/// stay bytes: those of responders come again and again, and are read through the cache.
struct Basic {
  std::string_view tbs, signature;
  std::string algorithm;
  std::vector<std::string_view> certificates;
  std::string_view responder_name, responder_key;  // one of them
  Instant produced_at;
  std::string hash;  // of CertID
  std::string_view name_hash, key_hash, serial;
  Said said;
  std::optional<std::string_view> nonce;  // content of the extension
};

/// "20261121050000Z" alone (RFC 5280, 4.1.2.5.2).
std::optional<Instant> read_time(std::optional<der::Element> const& element) {
  if (!element || element->tag != der::generalized_time) return std::nullopt;
  auto const text = element->content;
  if (text.size() != 15 || text.back() != 'Z' ||
      text.find_first_not_of("0123456789") != text.size() - 1)
    return std::nullopt;
  auto const number = [&](std::size_t from, std::size_t digits) {
    int out = 0;
    for (char const c : text.substr(from, digits)) out = out * 10 + (c - '0');
    return out;
  };
  std::chrono::year_month_day const day{std::chrono::year{number(0, 4)},
                                        std::chrono::month(unsigned(number(4, 2))),
                                        std::chrono::day(unsigned(number(6, 2)))};
  if (!day.ok() || number(8, 2) > 23 || number(10, 2) > 59 || number(12, 2) > 59)
    return std::nullopt;
  return Instant{std::chrono::sys_days{day}} + std::chrono::hours{number(8, 2)} +
         std::chrono::minutes{number(10, 2)} + std::chrono::seconds{number(12, 2)};
}

bool read_certificate_id(der::Element const& id, Basic& basic) {
  der::Reader reader{id.content};
  auto const algorithm = reader.take(der::sequence);
  auto const name_hash = reader.take(der::octet_string);
  auto const key_hash = reader.take(der::octet_string);
  auto const serial = reader.take(der::integer);
  auto const named = algorithm ? parse_algorithm(*algorithm) : std::nullopt;
  if (!named || !name_hash || !key_hash || !serial || !reader.done()) return false;
  basic.hash = named->oid;
  basic.name_hash = name_hash->content;
  basic.key_hash = key_hash->content;
  basic.serial = serial->content;
  return true;
}

bool read_revoked(der::Element const& info, Said& said) {
  der::Reader reader{info.content};
  said.status = Said::revoked;
  said.revoked_at = read_time(reader.take_any());
  if (auto const explicit_reason = reader.take(der::context_constructed(0))) {
    auto const reason = der::first(explicit_reason->content);
    if (!reason || reason->tag != der::enumerated) return false;
    said.reason = der::small_integer(reason->content);
    if (!said.reason) return false;
  }
  return said.revoked_at && reader.done();
}

bool read_status(std::optional<der::Element> const& status, Said& said) {
  if (!status) return false;
  if (status->tag == der::context_constructed(1)) return read_revoked(*status, said);
  said.status = status->tag == der::context(0) ? Said::good : Said::unknown;
  return status->content.empty() && (said.status == Said::good || status->tag == der::context(2));
}

bool read_single(der::Element const& single, Basic& basic) {
  der::Reader reader{single.content};
  auto const id = reader.take(der::sequence);
  if (!id || !read_certificate_id(*id, basic) || !read_status(reader.take_any(), basic.said))
    return false;
  auto const since = read_time(reader.take(der::generalized_time));
  if (!since) return false;
  basic.said.this_update = *since;
  if (auto const until = reader.take(der::context_constructed(0))) {
    basic.said.next_update = read_time(der::first(until->content));
    if (!basic.said.next_update) return false;
  }
  (void)reader.take(der::context_constructed(1));
  return reader.done();
}

bool read_nonce(der::Element const& extensions, Basic& basic) {
  auto const list = der::first(extensions.content);
  auto const all = list && list->tag == der::sequence ? der::children(list->content) : std::nullopt;
  if (!all) return false;
  for (auto const& extension : *all) {
    der::Reader reader{extension.content};
    auto const name = reader.take(der::object_id);
    (void)reader.take(der::boolean);
    auto const value = reader.take(der::octet_string);
    if (extension.tag != der::sequence || !name || !value || !reader.done()) return false;
    if (der::oid_text(name->content) == k_nonce && !basic.nonce) basic.nonce = value->content;
  }
  return true;
}

/// ResponseData.
bool read_data(der::Element const& data, Basic& basic) {
  der::Reader reader{data.content};
  (void)reader.take(der::context_constructed(0));  // the version, of which there is one
  auto const name = reader.take(der::context_constructed(1));
  auto const key = name ? std::nullopt : reader.take(der::context_constructed(2));
  auto const inside = name || key ? der::first((name ? name : key)->content) : std::nullopt;
  if (!inside || inside->tag != (name ? der::sequence : der::octet_string)) return false;
  (name ? basic.responder_name : basic.responder_key) = name ? inside->whole : inside->content;
  auto const produced_at = read_time(reader.take(der::generalized_time));
  auto const list = reader.take(der::sequence);
  auto const all = list ? der::children(list->content) : std::nullopt;
  if (!produced_at || !all || all->size() != 1 || all->front().tag != der::sequence) return false;
  basic.produced_at = *produced_at;
  auto const extensions = reader.take(der::context_constructed(1));
  return read_single(all->front(), basic) && (!extensions || read_nonce(*extensions, basic)) &&
         reader.done();
}

/// Hash of name and key, hash algorithm and serial are all computed anew and compared.
bool is_about(Basic const& basic, Subject const& subject) {
  if (basic.hash != oids::k_sha1 && basic.hash != oids::k_sha256) return false;
  auto const* const md = basic.hash == oids::k_sha1 ? "SHA1" : "SHA256";
  return basic.serial == subject.certificate.serial() &&
         basic.name_hash == digest(md, subject.certificate.issuer()) &&
         basic.key_hash == digest(md, string_of(X509_get0_pubkey_bitstr(subject.issuer.get())));
}

bool has_nonce(Basic const& basic, std::string_view nonce) {
  // RFC 8954 has an OCTET STRING inside; older responders put the bare octets there.
  return basic.nonce == der::encode(der::octet_string, nonce) || basic.nonce == nonce;
}

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
  return read_data(*tbs, basic) ? std::optional{std::move(basic)} : std::nullopt;
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
bool is_responder(Basic const& basic, Certificate const& certificate) {
  if (basic.responder_name.empty())
    return basic.responder_key ==
           digest("SHA1", string_of(X509_get0_pubkey_bitstr(certificate.get())));
  if (basic.responder_name == certificate.subject_name()) return true;
  NamePtr const name{from_der<X509_NAME>(basic.responder_name, d2i_X509_NAME, X509_NAME_free)};
  return name && X509_NAME_cmp(name.get(), X509_get_subject_name(certificate.get())) == 0;
}

bool is_well_signed(Basic const& basic, Subject const& subject) {
  auto const* suite = suite_of_signature(basic.algorithm);
  if (suite == nullptr) return false;
  auto const signed_by = [&](Certificate const& signer) {
    return is_responder(basic, signer) && may_answer(signer, subject, basic.produced_at) &&
           verify_signature(*suite, signer, basic.tbs, basic.signature);
  };
  if (signed_by(subject.issuer)) return true;
  return std::ranges::any_of(basic.certificates, [&](std::string_view der) {
    auto const signer =
        subject.cache != nullptr ? subject.cache->read(der) : Certificate::read(der);
    return signer && signed_by(*signer);
  });
}

RevocationVerdict judge_status(Said const& said, Subject const& subject) {
  if (said.this_update > subject.at + k_clock_skew_max)
    return bad("ocsp_fresh", "signature.ocsp_future");
  bool const permanent = said.reason != OCSP_REVOKED_STATUS_CERTIFICATEHOLD;
  bool const revoked = said.status == Said::revoked;
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
  if (!revoked && said.status != Said::good)
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
  if (!read) return bad("ocsp_response", "signature.ocsp_bad");
  if (!is_well_signed(*read, subject)) return bad("ocsp_responder", "signature.ocsp_responder");
  if (!is_about(*read, subject)) return bad("ocsp_certificate", "signature.ocsp_other_certificate");
  if (!nonce.empty() && !has_nonce(*read, nonce)) return bad("ocsp_nonce", "signature.ocsp_nonce");
  return judge_status(read->said, subject);
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
