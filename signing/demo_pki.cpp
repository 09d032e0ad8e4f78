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
constexpr std::size_t k_authorities = 4;  // root, CA, OCSP, TSA
constexpr std::string_view k_sign_usage = "critical,digitalSignature,nonRepudiation";
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

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

class Maker {
 public:
  explicit Maker(DemoPkiSpec const& spec)
      : spec_(spec),
        from_(std::chrono::floor<std::chrono::seconds>(spec.now) - days{60}),
        keys_(make_keys(k_authorities + 2 * spec.people.size())) {}

  Result<DemoPki> make() {
    make_authorities();
    for (auto const& person : spec_.people) {
      if (!is_complete(person)) return fail(ErrorCode::invalid, "signature.demo_person", person.id);
      make_person(person);
    }
    files_["people.json"] = "[" + people_ + "\n]\n";
    files_["index.txt"] = index_;
    if (auto made = make_lists(); !made) return std::unexpected(made.error());
    return std::move(files_);
  }

 private:
  CertificateSpec authority_spec(std::string name) const;
  void make_authorities();
  void make_service(std::string const& name, CertificateSpec spec);
  void make_person(DemoPerson const& person);
  void make_key(DemoPerson const& person, std::string const& suffix, std::string usage,
                std::string_view key_usage);
  void describe(DemoPerson const& person);
  void enter(Issued const& issued, DemoPerson const* person);
  Result<void> make_lists();

  std::string next_key() {
    auto key = std::move(keys_.back());
    keys_.pop_back();
    return key;
  }

  DemoPkiSpec const& spec_;
  Instant from_;
  std::vector<std::string> keys_;
  Issued root_, ca_;
  std::vector<RevokedEntry> revoked_;
  std::string people_, index_;
  DemoPki files_;
};

CertificateSpec Maker::authority_spec(std::string name) const {
  CertificateSpec spec;
  spec.subject = {{.type = "C", .value = "KZ", .printable = true},
                  {.type = "CN", .value = std::move(name)}};
  spec.from = from_;
  spec.until = from_ + k_authority_life;
  spec.key_usage = "critical,keyCertSign,cRLSign";
  spec.basic_constraints = "critical,CA:TRUE";
  return spec;
}

void Maker::make_authorities() {
  auto root = authority_spec("НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ TEST (RSA) DEMO");
  root.policies = "1.2.398.3.1.2";
  root.key = next_key();
  root_ = issue_root(root);
  auto ca = authority_spec("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ TEST (RSA) DEMO");
  ca.basic_constraints = "critical,CA:TRUE,pathlen:0";
  ca.key = next_key();
  ca_ = issue(ca, root_);
  files_["trust/root.pem"] = to_pem_certificate(root_.certificate);
  files_["trust/ca.pem"] = to_pem_certificate(ca_.certificate);
  files_["root.p12"] = to_p12(root_, spec_.password, {});
  files_["ca.p12"] = to_p12(ca_, spec_.password, {root_.certificate});

  auto ocsp = authority_spec("OCSP RESPONDER TEST DEMO");
  ocsp.key_usage = "critical,digitalSignature";
  ocsp.basic_constraints = "";
  ocsp.extended_key_usage = std::string{eku::k_ocsp};
  ocsp.ocsp_nocheck = true;
  make_service("ocsp", std::move(ocsp));
  auto tsa = authority_spec("TIME-STAMPING AUTHORITY TEST DEMO");
  tsa.key_usage = "critical,digitalSignature,nonRepudiation";
  tsa.basic_constraints = "";
  tsa.extended_key_usage = "critical," + std::string{eku::k_timestamping};
  tsa.policies = "1.2.398.3.3.2.6";
  make_service("tsa", std::move(tsa));
}

void Maker::make_service(std::string const& name, CertificateSpec spec) {
  spec.address = spec_.address;
  spec.key = next_key();
  auto const issued = issue(spec, ca_);
  files_[name + ".p12"] = to_p12(issued, spec_.password, {ca_.certificate});
  files_[name + ".pem"] = to_pem_certificate(issued.certificate);
  enter(issued, nullptr);
}

void Maker::make_person(DemoPerson const& person) {
  auto const role = role_usages(person.role);
  if (person.role == DemoRole::office_seal) {
    make_key(person, "seal", role, k_sign_usage);
  } else {
    make_key(person, "sign", std::string{eku::k_sign} + "," + role, k_sign_usage);
    make_key(person, "auth", std::string{eku::k_auth} + "," + role, k_auth_usage);
  }
  describe(person);
}

void Maker::make_key(DemoPerson const& person, std::string const& suffix, std::string usage,
                     std::string_view key_usage) {
  CertificateSpec spec;
  spec.subject = subject_of(person);
  spec.from = from_ + days{1};
  spec.until = person.expired ? from_ + days{59} : from_ + days{1} + k_person_life;
  spec.key_usage = key_usage;
  spec.extended_key_usage = std::move(usage);
  spec.address = spec_.address;
  spec.key = next_key();
  auto const issued = issue(spec, ca_);
  auto const stem = "people/" + person.id + "-" + suffix;
  files_[stem + ".p12"] = to_p12(issued, spec_.password, {ca_.certificate});
  files_[stem + ".pem"] = to_pem_certificate(issued.certificate);
  enter(issued, &person);
}

void Maker::enter(Issued const& issued, DemoPerson const* person) {
  auto const serial = serial_of(issued.certificate);
  if (person == nullptr || !person->revoked) {
    index_ += serial + " good\n";
    return;
  }
  auto const at = std::chrono::floor<std::chrono::seconds>(spec_.now) - hours{1};
  revoked_.push_back({.serial = serial, .at = at, .reason = CRL_REASON_KEY_COMPROMISE});
  index_ +=
      serial + " revoked " + to_iso(at) + " " + std::to_string(CRL_REASON_KEY_COMPROMISE) + "\n";
}

void Maker::describe(DemoPerson const& person) {
  bool const seal = person.role == DemoRole::office_seal;
  std::string state = "good";
  if (person.expired) state = "expired";
  if (person.revoked) state = "revoked";
  people_ += people_.empty() ? "\n  {" : ",\n  {";
  people_ += "\"id\": " + quoted(person.id) + ", \"role\": " + quoted(role_word(person.role)) +
             ", \"surname\": " + quoted(person.surname) + ", \"given\": " + quoted(person.given) +
             ", \"patronymic\": " + quoted(person.patronymic) + ", \"iin\": " + quoted(person.iin) +
             ", \"organisation\": " + quoted(person.organisation) +
             ", \"bin\": " + quoted(person.bin) + ", \"state\": " + quoted(state) +
             ", \"keys\": " + (seal ? R"(["seal"])" : R"(["sign", "auth"])") + "}";
}

Result<void> Maker::make_lists() {
  auto const list = [&](Issued const& authority, std::vector<RevokedEntry> revoked) {
    return make_crl({.p12 = to_p12(authority, spec_.password, {}),
                     .password = spec_.password,
                     .issuer = authority.certificate},
                    {.revoked = std::move(revoked),
                     .number = 1,
                     .this_update = spec_.now,
                     .next_update = spec_.now + days{1}});
  };
  auto ca = list(ca_, revoked_);
  auto root = list(root_, {});
  if (!ca) return std::unexpected(ca.error());
  if (!root) return std::unexpected(root.error());
  files_["ca.crl"] = std::move(*ca);
  files_["root.crl"] = std::move(*root);
  return {};
}

}  // namespace

Result<DemoPki> make_demo_pki(DemoPkiSpec const& spec) {
  return Maker{spec}.make();
}

}  // namespace qyzmet::signing
