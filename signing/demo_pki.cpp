#include "signing/demo_pki.hpp"

#include <algorithm>

#include "signing/authority.hpp"
#include "signing/certificate.hpp"
#include "signing/responders.hpp"

namespace qyzmet::signing {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr days k_authority_life{3650};
constexpr days k_person_life{730};
constexpr std::size_t k_authorities = 4;  // with RSA: root, CA, OCSP, TSA
constexpr std::string_view k_sign_usage = "critical,digitalSignature,nonRepudiation";
/// Keys of GOST 34.10-2015 are one key for all purposes (signing.md 4.2).
constexpr std::string_view k_gost_usage = "critical,digitalSignature,nonRepudiation,keyAgreement";
constexpr std::string_view k_auth_usage = "critical,digitalSignature,keyEncipherment";

std::string role_word(DemoRole role) {
  switch (role) {
    case DemoRole::citizen:
      return "citizen";
    case DemoRole::head:
      return "head";
    case DemoRole::right_to_sign:
      return "right_to_sign";
    case DemoRole::employee:
      return "employee";
    case DemoRole::office_seal:
      return "office_seal";
  }
  return {};
}

std::string role_usages(DemoRole role) {
  auto const legal = std::string{eku::k_legal};
  switch (role) {
    case DemoRole::citizen:
      return std::string{eku::k_individual};
    case DemoRole::head:
      return legal + "," + std::string{eku::k_head};
    case DemoRole::right_to_sign:
      return legal + "," + std::string{eku::k_right_to_sign};
    case DemoRole::employee:
      return legal + "," + std::string{eku::k_employee};
    case DemoRole::office_seal:
      return legal + "," + std::string{eku::k_information_system};
  }
  return {};
}

bool is_complete(DemoPerson const& person) {
  bool const seal = person.role == DemoRole::office_seal;
  bool const citizen = person.role == DemoRole::citizen;
  bool const id =
      !person.id.empty() &&
      person.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  bool const office = !person.organisation.empty() && person.bin.size() == 12;
  return id && !person.surname.empty() && (seal || is_valid_iin(person.iin)) && (citizen || office);
}

/// The subject as the national CA writes it; GN is the patronymic (signing.md 4.1).
std::vector<NameEntry> subject_of(DemoPerson const& person) {
  std::vector<NameEntry> subject;
  if (person.role == DemoRole::office_seal) {
    subject.push_back({.type = "CN", .value = person.surname});
  } else {
    subject.push_back({.type = "CN", .value = person.surname + " " + person.given});
    subject.push_back({.type = "SN", .value = person.surname});
    subject.push_back({.type = "serialNumber", .value = "IIN" + person.iin, .printable = true});
  }
  subject.push_back({.type = "C", .value = "KZ", .printable = true});
  if (!person.patronymic.empty()) subject.push_back({.type = "GN", .value = person.patronymic});
  if (person.role != DemoRole::citizen) {
    subject.push_back({.type = "O", .value = person.organisation});
    subject.push_back({.type = "OU", .value = "BIN" + person.bin});
  }
  return subject;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// One authority: its own certificates, and what is told about those that it gave.
struct Hierarchy {
  std::string suffix;     // of its files
  std::string algorithm;  // of all its keys
  std::string name;       // in its certificates
  Issued root = {}, ca = {};
  std::vector<RevokedEntry> revoked = {};
};

class Maker {
 public:
  explicit Maker(DemoPkiSpec const& spec)
      : spec_(spec),
        from_(std::chrono::floor<std::chrono::seconds>(spec.now) - days{60}),
        keys_(make_keys(k_authorities + 2 * spec.people.size())) {}

  Result<DemoPki> make() {
    for (auto* authority : {&rsa_, &gost_}) make_authority(*authority);
    for (auto const& person : spec_.people) {
      if (!is_complete(person)) return fail(ErrorCode::invalid, "signature.demo_person", person.id);
      make_person(person);
    }
    files_["people.json"] = "[" + people_ + "\n]\n";
    files_["index.txt"] = index_;
    for (auto const* authority : {&rsa_, &gost_})
      if (auto made = make_lists(*authority); !made) return std::unexpected(made.error());
    return std::move(files_);
  }

 private:
  CertificateSpec spec_of(Hierarchy const& authority);
  CertificateSpec authority_spec(Hierarchy const& authority, std::string name);
  void make_authority(Hierarchy& authority);
  void make_services(Hierarchy& authority);
  void make_service(Hierarchy& authority, std::string const& name, CertificateSpec spec);
  void make_person(DemoPerson const& person);
  void make_key(Hierarchy& authority, DemoPerson const& person, std::string const& suffix,
                std::string usage, std::string_view key_usage);
  void describe(DemoPerson const& person);
  void enter(Hierarchy& authority, Issued const& issued, DemoPerson const* person);
  Result<void> make_lists(Hierarchy const& authority);

  DemoPkiSpec const& spec_;
  Instant from_;
  std::vector<std::string> keys_;  // RSA, made beforehand
  Hierarchy rsa_{.suffix = "", .algorithm = "RSA", .name = "RSA"};
  Hierarchy gost_{.suffix = "-gost", .algorithm = k_gost_2015, .name = "GOST"};
  std::string people_, index_;
  DemoPki files_;
};

CertificateSpec Maker::spec_of(Hierarchy const& authority) {
  CertificateSpec spec;
  spec.algorithm = authority.algorithm;
  spec.address = spec_.address;
  spec.issuer_file = "ca" + authority.suffix;
  if (&authority == &rsa_) {
    spec.key = std::move(keys_.back());
    keys_.pop_back();
  }
  return spec;
}

CertificateSpec Maker::authority_spec(Hierarchy const& authority, std::string name) {
  auto spec = spec_of(authority);
  spec.subject = {{.type = "C", .value = "KZ", .printable = true},
                  {.type = "CN", .value = std::move(name)}};
  spec.from = from_;
  spec.until = from_ + k_authority_life;
  return spec;
}

void Maker::make_authority(Hierarchy& authority) {
  auto const name = " TEST (" + authority.name + ") DEMO";
  auto root = authority_spec(authority, "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ" + name);
  auto ca = authority_spec(authority, "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ" + name);
  for (auto* spec : {&root, &ca}) {
    spec->address = "";
    spec->key_usage = "critical,keyCertSign,cRLSign";
    spec->basic_constraints = "critical,CA:TRUE";
  }
  root.policies = "1.2.398.3.1.2";
  authority.root = issue_root(root);
  ca.basic_constraints = "critical,CA:TRUE,pathlen:0";
  authority.ca = issue(ca, authority.root);
  auto const put = [&](std::string const& file, Issued const& issued,
                       std::vector<std::string> const& chain) {
    files_["trust/" + file + authority.suffix + ".pem"] = to_pem_certificate(issued.certificate);
    files_[file + authority.suffix + ".p12"] = to_p12(issued, spec_.password, chain);
  };
  put("root", authority.root, {});
  put("ca", authority.ca, {authority.root.certificate});
  make_services(authority);
}

void Maker::make_services(Hierarchy& authority) {
  auto ocsp = authority_spec(authority, "OCSP RESPONDER TEST DEMO");
  ocsp.key_usage = "critical,digitalSignature";
  ocsp.extended_key_usage = std::string{eku::k_ocsp};
  ocsp.ocsp_nocheck = true;
  make_service(authority, "ocsp", std::move(ocsp));
  auto tsa = authority_spec(authority, "TIME-STAMPING AUTHORITY TEST DEMO");
  tsa.key_usage = "critical,digitalSignature,nonRepudiation";
  tsa.extended_key_usage = "critical," + std::string{eku::k_timestamping};
  tsa.policies = "1.2.398.3.3.2.6";
  make_service(authority, "tsa", std::move(tsa));
}

void Maker::make_service(Hierarchy& authority, std::string const& name, CertificateSpec spec) {
  auto const issued = issue(spec, authority.ca);
  auto const stem = name + authority.suffix;
  files_[stem + ".p12"] = to_p12(issued, spec_.password, {authority.ca.certificate});
  files_[stem + ".pem"] = to_pem_certificate(issued.certificate);
  enter(authority, issued, nullptr);
}

void Maker::make_person(DemoPerson const& person) {
  auto const role = role_usages(person.role);
  auto const sign = std::string{eku::k_sign} + "," + role;
  if (person.role == DemoRole::office_seal) {
    make_key(rsa_, person, "seal", role, k_sign_usage);
    make_key(gost_, person, "gost", role, k_gost_usage);
  } else {
    make_key(rsa_, person, "sign", sign, k_sign_usage);
    make_key(rsa_, person, "auth", std::string{eku::k_auth} + "," + role, k_auth_usage);
    make_key(gost_, person, "gost", sign, k_gost_usage);
  }
  describe(person);
}

void Maker::make_key(Hierarchy& authority, DemoPerson const& person, std::string const& suffix,
                     std::string usage, std::string_view key_usage) {
  auto spec = spec_of(authority);
  spec.subject = subject_of(person);
  spec.from = from_ + days{1};
  spec.until = person.expired ? from_ + days{59} : from_ + days{1} + k_person_life;
  spec.key_usage = key_usage;
  spec.extended_key_usage = std::move(usage);
  auto const issued = issue(spec, authority.ca);
  auto const stem = "people/" + person.id + "-" + suffix;
  files_[stem + ".p12"] = to_p12(issued, spec_.password, {authority.ca.certificate});
  files_[stem + ".pem"] = to_pem_certificate(issued.certificate);
  enter(authority, issued, &person);
}

void Maker::enter(Hierarchy& authority, Issued const& issued, DemoPerson const* person) {
  auto const serial = serial_of(issued.certificate);
  if (person == nullptr || !person->revoked) {
    index_ += serial + " good\n";
    return;
  }
  auto const at = std::chrono::floor<std::chrono::seconds>(spec_.now) - hours{1};
  authority.revoked.push_back({.serial = serial, .at = at, .reason = CRL_REASON_KEY_COMPROMISE});
  index_ +=
      serial + " revoked " + to_iso(at) + " " + std::to_string(CRL_REASON_KEY_COMPROMISE) + "\n";
}

void Maker::describe(DemoPerson const& person) {
  bool const seal = person.role == DemoRole::office_seal;
  std::string state = "good";
  if (person.expired) state = "expired";
  if (person.revoked) state = "revoked";
  people_ += people_.empty() ? "\n  {" : ",\n  {";
  people_ += "\"id\": " + json_string(person.id) +
             ", \"role\": " + json_string(role_word(person.role)) +
             ", \"surname\": " + json_string(person.surname) +
             ", \"given\": " + json_string(person.given) +
             ", \"patronymic\": " + json_string(person.patronymic) +
             ", \"iin\": " + json_string(person.iin) +
             ", \"organisation\": " + json_string(person.organisation) +
             ", \"bin\": " + json_string(person.bin) + ", \"state\": " + json_string(state) +
             ", \"keys\": " + (seal ? R"(["seal", "gost"])" : R"(["sign", "auth", "gost"])") + "}";
}

Result<void> Maker::make_lists(Hierarchy const& authority) {
  auto const list = [&](Issued const& issuer, std::vector<RevokedEntry> revoked) {
    return make_crl({.p12 = to_p12(issuer, spec_.password, {}),
                     .password = spec_.password,
                     .issuer = issuer.certificate},
                    {.revoked = std::move(revoked),
                     .number = 1,
                     .this_update = spec_.now,
                     .next_update = spec_.now + days{1}});
  };
  auto ca = list(authority.ca, authority.revoked);
  auto root = list(authority.root, {});
  if (!ca) return std::unexpected(ca.error());
  if (!root) return std::unexpected(root.error());
  files_["ca" + authority.suffix + ".crl"] = std::move(*ca);
  files_["root" + authority.suffix + ".crl"] = std::move(*root);
  return {};
}

}  // namespace

Result<DemoPki> make_demo_pki(DemoPkiSpec const& spec) {
  return Maker{spec}.make();
}

}  // namespace qyzmet::signing
