#include "signing/responders.hpp"

#include <openssl/rand.h>

#include <array>

#include "signing/algorithms.hpp"
#include "signing/cms.hpp"
#include "signing/cms_writer.hpp"

namespace qyzmet::signing {
namespace {

using RequestPtr = Owned<OCSP_REQUEST, OCSP_REQUEST_free>;
using CertIdPtr = Owned<OCSP_CERTID, OCSP_CERTID_free>;
using TspRequestPtr = Owned<TS_REQ, TS_REQ_free>;

constexpr std::string_view k_ocsp_basic = "1.3.6.1.5.5.7.48.1.1";
constexpr std::string_view k_ocsp_nonce = "1.3.6.1.5.5.7.48.1.2";

struct Opened {
  std::unique_ptr<SigningKey> key;
  Certificate certificate, issuer;
  Suite const& suite;

  std::string algorithm() const { return encode_algorithm(suite.signatures.front()); }
};

/// The policies of the national TSA, one for each family.
std::string_view tsa_policy(Suite const& suite) {
  if (suite.key == oids::k_gost_2004) return "1.2.398.3.3.2.6.1";
  return suite.key == oids::k_gost_2015_512 ? "1.2.398.3.3.2.6.4" : "1.2.398.3.3.2.6.2";
}

std::unexpected<Error> malformed() {
  return fail(ErrorCode::invalid, "signature.malformed");
}

Result<Opened> open(Responder const& responder) {
  auto key = open_p12(responder.p12, responder.password);
  if (!key) return std::unexpected(key.error());
  auto certificate = Certificate::read((*key)->certificate_der());
  auto issuer = Certificate::read_file(responder.issuer);
  auto const* suite = certificate ? signing_suite(*certificate) : nullptr;
  if (suite == nullptr || !issuer) return malformed();
  return Opened{std::move(*key), std::move(*certificate), std::move(*issuer), *suite};
}

std::string bit_string(std::string_view bytes) {
  return der::encode(der::bit_string, std::string(1, '\0') + std::string{bytes});
}

std::string encode_status(CertificateStatus const& status) {
  using Kind = CertificateStatus::Kind;
  if (status.kind == Kind::good) return der::encode(der::context(0), "");
  if (status.kind == Kind::unknown) return der::encode(der::context(2), "");
  auto const reason =
      der::encode(der::enumerated, std::string(1, static_cast<char>(status.reason)));
  return der::encode(der::context_constructed(1),
                     {encode_generalized_time(status.revoked_at),
                      der::encode(der::context_constructed(0), reason)});
}

/// The CertID of the request, perhaps with another serial number in it.
std::string encode_certificate_id(OCSP_CERTID* id, std::string const& foreign_serial) {
  auto whole = to_der(id, i2d_OCSP_CERTID);
  if (foreign_serial.empty()) return whole;
  BIGNUM* raw = nullptr;
  BN_hex2bn(&raw, foreign_serial.c_str());
  BignumPtr const number{raw};
  Owned<ASN1_INTEGER, ASN1_INTEGER_free> const serial{BN_to_ASN1_INTEGER(number.get(), nullptr)};
  auto const parts = der::children(der::first(whole)->content);
  std::string content;
  for (std::size_t i = 0; i + 1 < parts->size(); ++i) content += (*parts)[i].whole;
  return der::encode(der::sequence, content + to_der(serial.get(), i2d_ASN1_INTEGER));
}

std::string encode_nonce(OCSP_REQUEST* request, OcspFaults const& faults) {
  int const at = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
  if (at < 0 || faults.without_nonce) return {};
  auto value = string_of(X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(request, at)));
  if (faults.wrong_nonce) value.back() = static_cast<char>(value.back() ^ 1);
  auto const extension =
      der::encode(der::sequence, {der::oid(k_ocsp_nonce), der::encode(der::octet_string, value)});
  return der::encode(der::context_constructed(1), der::encode(der::sequence, extension));
}

std::string serial_hex(OCSP_CERTID* id) {
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
  BignumPtr const number{ASN1_INTEGER_to_BN(serial, nullptr)};
  char* text = BN_bn2hex(number.get());
  std::string hex = text != nullptr ? text : "";
  OPENSSL_free(text);
  return hex;
}

bool is_of_authority(OCSP_CERTID* id, Certificate const& issuer) {
  ASN1_OBJECT* algorithm = nullptr;
  OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, id);
  auto const* md = EVP_get_digestbyobj(algorithm);
  // The serial number does not matter: only name and key of the issuer are compared.
  CertIdPtr const expected{md != nullptr ? OCSP_cert_id_new(md, X509_get_subject_name(issuer.get()),
                                                            X509_get0_pubkey_bitstr(issuer.get()),
                                                            X509_get0_serialNumber(issuer.get()))
                                         : nullptr};
  return expected && OCSP_id_issuer_cmp(expected.get(), id) == 0;
}

std::string encode_single(OCSP_CERTID* id, CertificateStatus const& status, Instant this_update,
                          OcspFaults const& faults) {
  auto content = encode_certificate_id(id, faults.foreign_serial) + encode_status(status) +
                 encode_generalized_time(this_update);
  if (faults.with_next_update)
    content += der::encode(der::context_constructed(0),
                           encode_generalized_time(this_update + std::chrono::hours{1}));
  return der::encode(der::sequence, content);
}

Result<std::string> sign_ocsp(Opened const& responder, std::string const& tbs) {
  auto const signature = responder.key->sign(tbs);
  if (!signature) return std::unexpected(signature.error());
  auto const certificates = der::encode(der::context_constructed(0),
                                        der::encode(der::sequence, responder.certificate.der()));
  auto const basic = der::encode(
      der::sequence, {tbs, responder.algorithm(), bit_string(*signature), certificates});
  auto const bytes =
      der::encode(der::sequence, {der::oid(k_ocsp_basic), der::encode(der::octet_string, basic)});
  return der::encode(der::sequence, {der::encode(der::enumerated, std::string(1, '\0')),
                                     der::encode(der::context_constructed(0), bytes)});
}

int random_number() {
  std::array<unsigned char, 3> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return bytes[0] << 16 | bytes[1] << 8 | bytes[2];
}

std::string encode_imprint(TS_REQ* request, TspFaults const& faults) {
  auto imprint = to_der(TS_REQ_get_msg_imprint(request), i2d_TS_MSG_IMPRINT);
  if (faults.wrong_imprint) imprint.back() = static_cast<char>(imprint.back() ^ 1);
  return imprint;
}

std::string encode_tst_info(TS_REQ* request, Suite const& suite, Instant now,
                            TspFaults const& faults) {
  auto const policy = faults.policy.empty() ? tsa_policy(suite) : std::string_view{faults.policy};
  auto content = der::number(1) + der::oid(policy) + encode_imprint(request, faults) +
                 der::number(random_number()) + encode_generalized_time(now);
  if (auto const* nonce = TS_REQ_get_nonce(request)) {
    auto encoded = to_der(nonce, i2d_ASN1_INTEGER);
    if (faults.wrong_nonce) encoded.back() = static_cast<char>(encoded.back() ^ 1);
    content += encoded;
  }
  return der::encode(der::sequence, content);
}

std::string encode_entry(RevokedEntry const& entry) {
  BIGNUM* raw = nullptr;
  BN_hex2bn(&raw, entry.serial.c_str());
  BignumPtr const number{raw};
  Owned<ASN1_INTEGER, ASN1_INTEGER_free> const serial{BN_to_ASN1_INTEGER(number.get(), nullptr)};
  auto const reason = der::encode(
      der::sequence,
      {der::oid("2.5.29.21"),
       der::encode(der::octet_string,
                   der::encode(der::enumerated, std::string(1, static_cast<char>(entry.reason))))});
  return der::encode(der::sequence, {to_der(serial.get(), i2d_ASN1_INTEGER), encode_time(entry.at),
                                     der::encode(der::sequence, reason)});
}

std::string encode_crl_extensions(CrlSpec const& spec, Certificate const& authority) {
  auto const extension = [](std::string_view oid, bool critical, std::string const& value) {
    return der::encode(der::sequence,
                       {der::oid(oid), critical ? der::encode(der::boolean, "\xff") : "",
                        der::encode(der::octet_string, value)});
  };
  std::string all;
  if (auto const* key_id = X509_get0_subject_key_id(authority.get()))
    all += extension("2.5.29.35", false,
                     der::encode(der::sequence, der::encode(der::context(0), string_of(key_id))));
  all += extension("2.5.29.20", false, der::number(spec.number));
  if (spec.delta_of) all += extension("2.5.29.27", true, der::number(*spec.delta_of));
  return der::encode(der::context_constructed(0), der::encode(der::sequence, all));
}

}  // namespace

CertificateStatus never_issued() {
  return {.kind = CertificateStatus::Kind::revoked,
          .revoked_at = Instant{},
          .reason = CRL_REASON_CERTIFICATE_HOLD};
}

Result<std::string> answer_ocsp(Responder const& responder, std::string_view request,
                                StatusLookup const& status, Instant now, OcspFaults const& faults) {
  auto const opened = open(responder);
  if (!opened) return std::unexpected(opened.error());
  RequestPtr const question{from_der<OCSP_REQUEST>(request, d2i_OCSP_REQUEST, OCSP_REQUEST_free)};
  if (!question || OCSP_request_onereq_count(question.get()) != 1) return malformed();
  auto* id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(question.get(), 0));
  if (!is_of_authority(id, opened->issuer))
    return fail(ErrorCode::forbidden, "signature.malformed");
  auto const this_update = now - faults.age;
  auto const single = encode_single(id, status(serial_hex(id)), this_update, faults);
  auto const by_name =
      der::encode(der::context_constructed(1),
                  to_der(X509_get_subject_name(opened->certificate.get()), i2d_X509_NAME));
  auto const tbs = der::encode(der::sequence,
                               {by_name, encode_generalized_time(this_update),
                                der::encode(der::sequence, faults.twice ? single + single : single),
                                encode_nonce(question.get(), faults)});
  return sign_ocsp(*opened, tbs);
}

std::string ocsp_error(int status) {
  return der::encode(der::sequence,
                     der::encode(der::enumerated, std::string(1, static_cast<char>(status))));
}

Result<std::string> answer_tsp(Responder const& responder, std::string_view request, Instant now,
                               TspFaults const& faults) {
  auto const opened = open(responder);
  if (!opened) return std::unexpected(opened.error());
  TspRequestPtr const question{from_der<TS_REQ>(request, d2i_TS_REQ, TS_REQ_free)};
  if (!question || TS_REQ_get_version(question.get()) != 1) return malformed();
  auto const token =
      write_cms(*opened->key, encode_tst_info(question.get(), opened->suite, now, faults),
                {.content_type = oids::k_tst_info, .attached = true, .signing_time = now});
  if (!token) return std::unexpected(token.error());
  auto const granted = der::encode(der::sequence, der::number(0));
  return der::encode(der::sequence, {granted, *token});
}

bool asks_for_gost(std::string_view request) {
  TspRequestPtr const question{from_der<TS_REQ>(request, d2i_TS_REQ, TS_REQ_free)};
  if (!question) return false;
  auto* imprint = TS_REQ_get_msg_imprint(question.get());
  auto const oid = oid_text(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
  return oid == oids::k_streebog_512 || oid == oids::k_gost_34311;
}

Result<std::string> make_crl(Responder const& authority, CrlSpec const& spec) {
  auto const opened = open(authority);
  if (!opened) return std::unexpected(opened.error());
  std::string entries;
  for (auto const& entry : spec.revoked) entries += encode_entry(entry);
  auto const tbs = der::encode(
      der::sequence, {der::number(1), opened->algorithm(),
                      to_der(X509_get_subject_name(opened->certificate.get()), i2d_X509_NAME),
                      encode_time(spec.this_update), encode_time(spec.next_update),
                      entries.empty() ? std::string{} : der::encode(der::sequence, entries),
                      encode_crl_extensions(spec, opened->certificate)});
  auto const signature = opened->key->sign(tbs);
  if (!signature) return std::unexpected(signature.error());
  return der::encode(der::sequence, {tbs, opened->algorithm(), bit_string(*signature)});
}

}  // namespace qyzmet::signing
