#include "tests/signing/bench.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "signing/algorithms.hpp"
#include "signing/openssl.hpp"
#include "signing/signer.hpp"

namespace qyzmet::signing::tests {

Instant now() {
  using namespace std::chrono;
  return sys_days{2026y / November / 21} + hours{5};
}

namespace {

Family current_family = Family::rsa;

/// Written out once more: what tests expect must not come from what they test.
struct Names {
  char const *algorithm, *md, *digest, *signature;
};
Names names() {
  switch (current_family) {
    case Family::rsa:
      return {"RSA", "SHA256", "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11"};
    case Family::gost:
      return {k_gost_2015, "KZ-STREEBOG-512", "1.2.398.3.10.1.3.3", "1.2.398.3.10.1.1.2.3.2"};
    case Family::gost_older:
      return {k_gost_older, "KZ-GOST34311", "1.2.398.3.10.1.3.1", "1.2.398.3.10.1.1.1.2"};
  }
  return {};
}

}  // namespace

Family family() {
  return current_family;
}

WithFamily::WithFamily(Family family) : before_(std::exchange(current_family, family)) {}
WithFamily::~WithFamily() {
  current_family = before_;
}

CertificateSpec authority_spec(std::string name) {
  CertificateSpec spec;
  spec.subject = {{.type = "C", .value = "KZ", .printable = true},
                  {.type = "CN", .value = std::move(name)}};
  spec.from = now() - days{400};
  spec.until = now() + days{4000};
  spec.key_usage = "critical,keyCertSign,cRLSign";
  spec.basic_constraints = "critical,CA:TRUE";
  return spec;
}

CertificateSpec citizen_spec() {
  CertificateSpec spec;
  spec.subject = {{.type = "CN", .value = "ҮЛГІҰЛЫ АРМАН"},
                  {.type = "SN", .value = "ҮЛГІҰЛЫ"},
                  {.type = "serialNumber", .value = std::string{"IIN"} + k_iin, .printable = true},
                  {.type = "C", .value = "KZ", .printable = true},
                  {.type = "GN", .value = "СЕРІКҰЛЫ"}};
  spec.from = now() - days{100};
  spec.until = now() + days{265};
  spec.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1";
  // Keys of GOST 34.10-2015 are one key for both purposes.
  if (current_family == Family::gost) spec.key_usage += ",keyAgreement";
  return spec;
}

CertificateSpec official_spec() {
  auto spec = citizen_spec();
  spec.subject[2].value = std::string{"IIN"} + k_official_iin;
  spec.subject.push_back({.type = "O", .value = "Есіл ауданының қорғаныс істері бөлімі"});
  spec.subject.push_back({.type = "OU", .value = std::string{"BIN"} + k_bin});
  spec.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.1";
  return spec;
}

namespace {

std::string next_serial() {
  static std::atomic<int> counter = 0x1000;
  char hex[16];
  std::snprintf(hex, sizeof hex, "5A%06X", counter++);
  return hex;
}

Issued issue_keyed(CertificateSpec spec, std::string const& key, Issued const& authority) {
  spec.key = key;
  if (spec.serial_hex.empty()) spec.serial_hex = next_serial();
  return issue(spec, authority);
}

CertificateSpec ocsp_spec() {
  auto spec = authority_spec("OCSP TEST");
  spec.key_usage = "critical,digitalSignature";
  spec.basic_constraints = "";
  spec.extended_key_usage = "1.3.6.1.5.5.7.3.9";
  spec.ocsp_nocheck = true;
  return spec;
}

CertificateSpec tsa_spec() {
  auto spec = authority_spec("TSA TEST");
  spec.key_usage = "critical,digitalSignature";
  spec.basic_constraints = "";
  spec.extended_key_usage = "critical,1.3.6.1.5.5.7.3.8";
  spec.policies = "1.2.398.3.3.2.6";
  return spec;
}

Bench make_bench() {
  auto keys = make_keys(6, names().algorithm);
  Bench all;
  auto root = authority_spec("НЕГІЗГІ ОРТАЛЫҚ TEST (RSA)");
  root.key = keys[0];
  all.root = issue_root(root);
  all.ca = issue_keyed(authority_spec("ҰЛТТЫҚ ОРТАЛЫҚ TEST (RSA)"), keys[1], all.root);
  root.key = keys[2];
  all.other_root = issue_root(root);
  all.other_ca = issue_keyed(authority_spec("ҰЛТТЫҚ ОРТАЛЫҚ TEST (RSA)"), keys[2], all.other_root);
  all.ocsp = issue_keyed(ocsp_spec(), keys[3], all.ca);
  all.tsa = issue_keyed(tsa_spec(), keys[3], all.ca);
  all.person_key = keys[4];
  all.spare_key = keys[5];
  all.citizen = issue_keyed(citizen_spec(), keys[4], all.ca);
  auto auth = citizen_spec();
  auth.key_usage = "critical,digitalSignature,keyEncipherment";
  auth.extended_key_usage = "1.3.6.1.5.5.7.3.2,1.2.398.3.3.4.1.1";
  all.citizen_auth = issue_keyed(auth, keys[4], all.ca);
  all.official = issue_keyed(official_spec(), keys[4], all.ca);
  auto seal = official_spec();
  std::erase_if(seal.subject, [](NameEntry const& entry) { return entry.type == "serialNumber"; });
  seal.extended_key_usage = "1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.6";
  all.seal = issue_keyed(seal, keys[4], all.ca);
  all.trust.certificates = {to_pem_certificate(all.root.certificate), all.ca.certificate};
  return all;
}

}  // namespace

Bench const& bench() {
  static std::map<Family, Bench> all;
  if (!all.contains(current_family)) all.emplace(current_family, make_bench());
  return all.at(current_family);
}

Issued issue_person(CertificateSpec spec) {
  auto const key = spec.key.empty() && spec.key_bits == 2048 && spec.key_exponent == 65537
                       ? bench().person_key
                       : spec.key;
  return issue_keyed(std::move(spec), key, bench().ca);
}

std::string sign_raw(std::string const& key_der, char const* md, std::string_view bytes) {
  auto const* at = bytes_of(key_der);
  KeyPtr const key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key_der.size()))};
  DigestContextPtr const context{EVP_MD_CTX_new()};
  std::size_t size = 0;
  if (EVP_DigestSignInit_ex(context.get(), nullptr, md, nullptr, nullptr, key.get(), nullptr) != 1)
    return "no such signature";
  EVP_DigestSign(context.get(), nullptr, &size, bytes_of(bytes), bytes.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                 bytes_of(bytes), bytes.size());
  return signature;
}

std::string attribute(std::string_view oid, std::string const& values) {
  return der::encode(der::sequence, {der::oid(oid), der::encode(der::set, values)});
}

std::string ess_v2(std::string_view certificate) {
  auto const id =
      der::encode(der::sequence, der::encode(der::octet_string, digest("SHA256", certificate)));
  return attribute(oids::k_ess_v2, der::encode(der::sequence, der::encode(der::sequence, id)));
}

Parts::Parts(Issued const& issued)
    : signer(issued),
      digest_oids{names().digest},
      digest_oid(names().digest),
      signature_algorithm(encode_algorithm(names().signature)),
      md(names().md),
      certificates{issued.certificate} {}

std::vector<std::string> Parts::usual_attributes() const {
  auto const hash = digest_by_oid(digest_oid, content).value_or(digest(md, content));
  return {attribute(oids::k_content_type, der::oid(content_type)),
          attribute(oids::k_signing_time, encode_time(now())),
          attribute(oids::k_message_digest, der::encode(der::octet_string, hash)),
          ess_v2(signer.certificate)};
}

std::string Parts::make() const {
  auto list = attributes.empty() ? usual_attributes() : attributes;
  auto set = der::set_of(std::move(list));
  auto signature = sign_raw(signer.key, md, with_attributes ? set : content);
  if (change_signed) change_signed(set);
  if (change_signature) change_signature(signature);
  set.front() = static_cast<char>(der::context_constructed(0));
  auto id = signer_id;
  // Not with our reader, which refuses what some tests sign with.
  auto const x509 = x509_from_der(signer.certificate);
  if (id.empty())
    id = der::encode(der::sequence, {to_der(X509_get_issuer_name(x509.get()), i2d_X509_NAME),
                                     to_der(X509_get0_serialNumber(x509.get()), i2d_ASN1_INTEGER)});
  auto info = der::number(signer_version) + id + encode_algorithm(digest_oid) +
              (with_attributes ? set : "") + signature_algorithm +
              der::encode(der::octet_string, signature);
  std::string rest;
  for (auto const& each : unsigned_attributes) rest += each;
  if (!rest.empty()) info += der::encode(der::context_constructed(1), rest);
  std::string infos, digests, chain;
  for (int i = 0; i < signers; ++i) infos += der::encode(der::sequence, info);
  for (auto const& oid : digest_oids) digests += encode_algorithm(oid);
  for (auto const& each : certificates) chain += each;
  auto what = der::oid(content_type);
  if (attached)
    what += der::encode(der::context_constructed(0), der::encode(der::octet_string, content));
  auto data = der::number(1) + der::encode(der::set, digests) + der::encode(der::sequence, what);
  if (!chain.empty()) data += der::encode(der::context_constructed(0), chain);
  data += der::encode(der::set, infos);
  return der::encode(der::sequence,
                     {der::oid(oids::k_signed_data),
                      der::encode(der::context_constructed(0), der::encode(der::sequence, data))});
}

Responder responder_of(Issued const& key, Issued const& issuer) {
  return {.p12 = to_p12(key, k_password, {}), .password = k_password, .issuer = issuer.certificate};
}

Situation::Situation() {
  policy.expected_iin = k_iin;
}

std::string Situation::cms() const {
  auto made = parts.make();
  if (stamped_at != Instant{}) {
    auto const data = parse_signed_data(made);
    auto const question = tsp_question(
        stamped_bytes.empty() ? data->signers.front().signature : std::string_view{stamped_bytes},
        tsp_digest);
    auto const response =
        answer_tsp(responder_of(authority, bench().ca), question->request, stamped_at, tsp_faults);
    // The token is taken out by hand: a faulty one would not get through tsp_token().
    auto const outer = der::children(der::first(*response)->content);
    std::string token{outer->back().whole};
    if (change_token) token = change_token(token);
    made = *with_timestamp(made, token);
  }
  return carry ? carry(std::move(made)) : made;
}

Evidence Situation::evidence() const {
  Evidence evidence;
  // Asked about the certificate even where the CMS around it is spoilt.
  auto const question = ocsp_question(Parts{parts.signer}.make(), bench().trust);
  if (question) {
    auto const response = answer_ocsp(
        responder_of(responder, bench().ca), question->request,
        [this](std::string const&) { return status; }, ocsp_time, ocsp_faults);
    if (response) evidence.ocsp = {*response};
    evidence.ocsp_nonce = question->nonce;
  }
  if (change_evidence) change_evidence(evidence);
  return evidence;
}

Report Situation::verify() const {
  auto const bytes = cms();
  std::optional<std::string_view> content;
  if (give_content && !parts.attached) content = given;
  return verify_cms(bytes, content, trust, policy, at, received_at, evidence());
}

std::string failed_check(Report const& report) {
  auto const first = std::ranges::find_if(
      report.checks, [](Check const& check) { return !check.passed && check.decides; });
  return first == report.checks.end() ? "" : first->name;
}

std::string blank_pdf() {
  std::vector<std::string> const objects{
      "<< /Type /Pages\n   /Kids [ 2 0 R ]\n   /Count 1\n>>",
      "<< /Type /Page % 1\n   /Parent 1 0 R\n   /MediaBox [ 0 0 595 842 ]\n   /Resources << >>\n>>",
      "<< /Producer (test)\n   /CreationDate (D:20261121100000+05'00)\n>>",
      "<< /Type /Catalog\n   /Pages 1 0 R\n>>"};
  std::string pdf = "%PDF-1.5\n";
  std::string table = "xref\n0 5\n0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    auto const offset = std::to_string(pdf.size());
    table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
    pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  auto const at = std::to_string(pdf.size());
  return pdf + table + "trailer\n<< /Size 5\n   /Root 4 0 R\n   /Info 3 0 R\n>>\nstartxref\n" + at +
         "\n%%EOF\n";
}

}  // namespace qyzmet::signing::tests
