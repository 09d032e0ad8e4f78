#include "signing/certificate.hpp"

#include <algorithm>
#include <array>

#include "signing/algorithms.hpp"
#include "signing/cms.hpp"
#include "signing/public_key.hpp"

namespace qyzmet::signing {
namespace {

std::string utf8_of(ASN1_STRING const* text) {
  unsigned char* out = nullptr;
  int const size = ASN1_STRING_to_UTF8(&out, text);
  if (size < 0) return {};
  std::string utf8(chars_of(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return utf8;
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool has_valid_check_digit(std::string_view digits) {
  constexpr std::array<int, 11> k_second{3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2};
  if (digits.size() != 12 || !all_digits(digits)) return false;
  int first = 0, second = 0;
  for (int i = 0; i < 11; ++i) {
    auto const at = static_cast<std::size_t>(i);
    first += (digits[at] - '0') * (i + 1);
    second += (digits[at] - '0') * k_second[at];
  }
  int const control = first % 11 < 10 ? first % 11 : second % 11;
  return control < 10 && control == digits[11] - '0';
}

std::vector<std::string> read_usages(X509* x509) {
  std::vector<std::string> usages;
  auto* list =
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x509, NID_ext_key_usage, nullptr, nullptr));
  for (int i = 0; i < sk_ASN1_OBJECT_num(list); ++i)
    usages.push_back(oid_text(sk_ASN1_OBJECT_value(list, i)));
  EXTENDED_KEY_USAGE_free(list);
  return usages;
}

struct RoleName {
  std::string_view oid, name;
};
constexpr std::array k_role_names{RoleName{eku::k_sign, "sign"},
                                  RoleName{eku::k_auth, "authenticate"},
                                  RoleName{eku::k_individual, "individual"},
                                  RoleName{eku::k_system_of_individual, "information_system"},
                                  RoleName{eku::k_legal, "legal_entity"},
                                  RoleName{eku::k_head, "head"},
                                  RoleName{eku::k_right_to_sign, "right_to_sign"},
                                  RoleName{eku::k_finance, "financial_documents"},
                                  RoleName{eku::k_personnel, "personnel"},
                                  RoleName{eku::k_employee, "employee"},
                                  RoleName{eku::k_information_system, "information_system"},
                                  RoleName{eku::k_authority_staff, "authority_staff"},
                                  RoleName{eku::k_treasury, "treasury"},
                                  RoleName{eku::k_notary, "notary"},
                                  RoleName{eku::k_timestamping, "timestamping"},
                                  RoleName{eku::k_ocsp, "ocsp"}};

bool has_sound_serial(X509 const* x509) {
  auto const* serial = X509_get0_serialNumber(x509);
  int const size = ASN1_STRING_length(serial);
  if (serial->type != V_ASN1_INTEGER || size < 1) return false;
  // 20 octets in DER: a leading 0x80 bit would need a 21st.
  bool const zero = size == 1 && ASN1_STRING_get0_data(serial)[0] == 0;
  bool const grows = (ASN1_STRING_get0_data(serial)[0] & 0x80) != 0;
  return !zero && static_cast<std::size_t>(size) + (grows ? 1 : 0) <= k_serial_bytes_max;
}

bool has_one_name(X509 const* x509) {
  return X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
}

/// Of the AlgorithmIdentifier that `bytes` begin with.
std::string oid_inside(std::string_view bytes) {
  auto const element = der::first(bytes);
  auto const algorithm = element ? parse_algorithm(*element) : std::nullopt;
  return algorithm ? algorithm->oid : std::string{};
}

}  // namespace

std::string oid_text(ASN1_OBJECT const* object) {
  return der::oid_text({chars_of(OBJ_get0_data(object)), OBJ_length(object)}).value_or("");
}

std::optional<Certificate::Parts> Certificate::split(std::string_view der) {
  auto const whole = der::first(der);
  if (!whole) return std::nullopt;
  der::Reader outer{whole->content};
  auto const tbs = outer.take(der::sequence);
  auto const outer_algorithm = outer.take(der::sequence);
  auto const signature = outer.take(der::bit_string);
  if (!tbs || !outer_algorithm || !signature || !outer.done()) return std::nullopt;
  der::Reader inner{tbs->content};
  auto const version = inner.take(der::context_constructed(0));
  auto const serial = inner.take(der::integer);
  auto const inner_algorithm = inner.take(der::sequence);
  auto const issuer = inner.take(der::sequence);
  auto const validity = inner.take(der::sequence);
  auto const subject = inner.take(der::sequence);
  auto const key_info = inner.take(der::sequence);
  if (!version || !serial || !inner_algorithm || !issuer || !validity || !subject || !key_info)
    return std::nullopt;
  // The first octet tells how many bits of the last one do not count; signatures are whole octets.
  auto const bits = signature->content;
  bool const octets = !bits.empty() && bits.front() == '\0';
  return Parts{.tbs = tbs->whole,
               .serial = serial->content,
               .inner_algorithm = inner_algorithm->whole,
               .issuer = issuer->whole,
               .subject = subject->whole,
               .key_info = key_info->whole,
               .outer_algorithm = outer_algorithm->whole,
               .signature = octets ? bits.substr(1) : std::string_view{}};
}

std::optional<Certificate> Certificate::read(std::string_view der) {
  return read(der, true);
}

std::optional<Certificate> Certificate::read_signer(std::string_view der) {
  return read(der, false);
}

std::optional<Certificate> Certificate::read(std::string_view der, bool issues) {
  if (!der::is_der(der)) return std::nullopt;
  auto facts = std::make_shared<Facts>();
  facts->der = der;
  auto const parts = split(facts->der);
  if (!parts) return std::nullopt;
  facts->parts = *parts;
  facts->x509 = issues ? x509_from_der(der) : x509_without_key(der);
  auto* x509 = facts->x509.get();
  // Who issued the own certificate is an issuer; and other keys than those of the national profile
  // are left to OpenSSL.
  if (!issues && x509 != nullptr && (has_one_name(x509) || X509_get0_pubkey(x509) == nullptr))
    return read(der, true);
  if (x509 == nullptr || X509_get_version(x509) != X509_VERSION_3) return std::nullopt;
  auto const from = to_instant(X509_get0_notBefore(x509));
  auto const until = to_instant(X509_get0_notAfter(x509));
  if (!from || !until || !has_sound_serial(x509)) return std::nullopt;
  // Filled here, so that later readers of a shared certificate change nothing in it.
  if ((X509_get_extension_flags(x509) & EXFLAG_INVALID) != 0) return std::nullopt;
  facts->key = issues ? KeyPtr{X509_get_pubkey(x509)} : read_public_key(parts->key_info);
  facts->common_exponent = qyzmet::signing::has_common_exponent(parts->key_info);
  facts->key_algorithm = oid_inside(der::first(parts->key_info)->content);
  facts->signature_algorithm = oid_inside(parts->outer_algorithm);
  facts->fingerprint = digest("SHA256", der);
  facts->usages = read_usages(x509);
  facts->not_before = *from;
  facts->not_after = *until;
  return Certificate{std::move(facts)};
}

bool Certificate::is_signed_by(Certificate const& issuer) const {
  auto const& parts = facts_->parts;
  auto const* suite = suite_of_signature(signature_algorithm());
  // What we have no suite for is OpenSSL's to judge: other standard paths than the national ones.
  if (suite == nullptr) {
    auto const whole = x509_from_der(der());
    return issuer.key() != nullptr && X509_verify(whole.get(), issuer.key()) == 1;
  }
  return parts.inner_algorithm == parts.outer_algorithm && issuer.key_algorithm() == suite->key &&
         verify_signature(*suite, issuer.key(), parts.tbs, parts.signature);
}

std::optional<Certificate> Certificate::read_file(std::string_view bytes) {
  auto const der = unwrap_pem_or_der(bytes);
  return der ? read(*der) : std::nullopt;
}

bool Certificate::is_self_issued() const {
  return has_one_name(get());
}

std::string Certificate::serial_hex() const {
  BignumPtr const number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(get()), nullptr)};
  char* text = BN_bn2hex(number.get());
  std::string hex = text != nullptr ? text : "";
  OPENSSL_free(text);
  return hex;
}

std::string Certificate::subject() const {
  return name_text(X509_get_subject_name(get()));
}

std::string name_text(X509_NAME const* name) {
  BioPtr const out{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(out.get(), name, 0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char const* text = nullptr;
  auto const size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string{};
}

std::vector<std::string> Certificate::values(int nid) const {
  std::vector<std::string> values;
  auto* name = X509_get_subject_name(get());
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;)
    values.push_back(utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
  return values;
}

bool Certificate::has_usage(std::string_view oid) const {
  return std::ranges::find(usages(), oid) != usages().end();
}

std::vector<std::string> Certificate::roles() const {
  std::vector<std::string> roles;
  for (auto const& [oid, name] : k_role_names)
    if (has_usage(oid) && std::ranges::find(roles, name) == roles.end()) roles.emplace_back(name);
  return roles;
}

std::uint32_t Certificate::key_usage() const {
  return (X509_get_extension_flags(get()) & EXFLAG_KUSAGE) != 0 ? X509_get_key_usage(get()) : 0;
}

std::vector<std::string> Certificate::policies() const {
  std::vector<std::string> policies;
  auto* list = static_cast<CERTIFICATEPOLICIES*>(
      X509_get_ext_d2i(get(), NID_certificate_policies, nullptr, nullptr));
  for (int i = 0; i < sk_POLICYINFO_num(list); ++i)
    policies.push_back(oid_text(sk_POLICYINFO_value(list, i)->policyid));
  CERTIFICATEPOLICIES_free(list);
  return policies;
}

bool Certificate::has_policy_under(std::string_view arc) const {
  auto const all = policies();
  return std::ranges::any_of(all, [&](std::string const& policy) {
    return policy == arc || policy.starts_with(std::string{arc} + ".");
  });
}

std::string Certificate::ocsp_address() const {
  std::string address;
  auto* list = X509_get1_ocsp(get());
  if (sk_OPENSSL_STRING_num(list) > 0) address = sk_OPENSSL_STRING_value(list, 0);
  X509_email_free(list);
  return address;
}

Signer Certificate::describe() const {
  auto const first = [&](int nid) {
    auto const all = values(nid);
    return all.empty() ? std::string{} : all.front();
  };
  Signer signer;
  signer.subject = subject();
  signer.iin = read_number(*this, NID_serialNumber, "IIN").number;
  signer.bin = read_number(*this, NID_organizationalUnitName, "BIN").number;
  signer.algorithm = signature_algorithm();
  signer.serial = serial_hex();
  signer.certificate_der = der();
  signer.roles = roles();
  signer.name = first(NID_commonName);
  signer.organisation = first(NID_organizationName);
  auto* issuer = X509_get_issuer_name(get());
  int const at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
  if (at >= 0) signer.issuer = utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at)));
  signer.not_before = not_before();
  signer.not_after = not_after();
  return signer;
}

Identity read_number(Certificate const& certificate, int nid, std::string_view prefix) {
  Identity identity;
  auto* name = X509_get_subject_name(certificate.get());
  int entries = 0;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0; ++entries) {
    auto const* entry = X509_NAME_get_entry(name, at);
    auto const* data = X509_NAME_ENTRY_get_data(entry);
    auto const text = string_of(data);
    auto const same_set = [&](int other) {
      return other >= 0 && other < X509_NAME_entry_count(name) &&
             X509_NAME_ENTRY_set(X509_NAME_get_entry(name, other)) == X509_NAME_ENTRY_set(entry);
    };
    bool const plain = data->type == V_ASN1_PRINTABLESTRING || data->type == V_ASN1_UTF8STRING;
    bool const form = text.size() == prefix.size() + 12 && text.starts_with(prefix) &&
                      all_digits(std::string_view{text}.substr(prefix.size()));
    if (!plain || !form || same_set(at - 1) || same_set(at + 1)) identity.malformed = true;
    identity.number = form ? text.substr(prefix.size()) : "";
  }
  if (entries > 1) identity.malformed = true;
  if (identity.malformed) identity.number.clear();
  return identity;
}

bool is_valid_iin(std::string_view digits) {
  if (!has_valid_check_digit(digits)) return false;
  auto const two = [&](std::size_t at) { return (digits[at] - '0') * 10 + digits[at + 1] - '0'; };
  char const century = digits[6];
  if (century > '6') return false;
  auto const exists = [&](int base) {
    return std::chrono::year_month_day{std::chrono::year{base + two(0)},
                                       std::chrono::month(unsigned(two(2))),
                                       std::chrono::day(unsigned(two(4)))}
        .ok();
  };
  // 0 (some foreigners) tells no century: either may hold.
  if (century == '0') return exists(1900) || exists(2000);
  return exists(1800 + (century - '1') / 2 * 100);
}

bool is_test_anchor(std::string_view bytes) {
  auto const certificate = Certificate::read_file(bytes);
  if (!certificate) return true;
  auto upper = certificate->subject();
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper.find("TEST") != std::string::npos || upper.find("DEMO") != std::string::npos;
}

}  // namespace qyzmet::signing
