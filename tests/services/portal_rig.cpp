#include "tests/services/portal_rig.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "services/cli/site.hpp"
#include "services/http/forms.hpp"
#include "services/platform/encoding.hpp"
#include "services/portal/page.hpp"
#include "services/seeds/seeds.hpp"
#include "signing/authority.hpp"
#include "signing/certificate.hpp"
#include "templates/assets.hpp"
#include "tests/support/cluster.hpp"

namespace qyzmet::tests {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_host = "portal.test";
constexpr char const* k_password = "password";

Instant machine_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

struct Human {
  std::string_view id, iin, role;
};
constexpr Human k_humans[] = {{"arman", "850315300019", ""},
                              {"aigul", "820406300048", ""},
                              {"dana", "950615400037", ""},
                              {"half-revoked", "781104300039", ""},
                              {"half-expired", "840211400098", ""},
                              {"expired", "930915300058", ""},
                              {"revoked", "750122300069", ""},
                              {"wrong-iin", "850315300018", ""},
                              {"foreign", "900721300028", ""},
                              {"registrar", "861028400119", "registrar"},
                              {"executor", "880602300074", "executor"},
                              {"head", "800515300087", "head"},
                              {"admin", "770412300138", "admin"}};

/// Two authorities, of which the portal trusts one, and certificates for everybody. Few RSA keys
/// serve many certificates: making them takes the time.
class Workshop {
 public:
  Workshop() : keys_{signing::make_keys(4)} {
    root_ = signing::issue_root(authority("ROOT TEST"));
    ca_ = signing::issue(authority("CA TEST"), root_);
    auto stranger = authority("FOREIGN TEST");
    stranger.key = keys_[3];
    foreign_ = signing::issue_root(stranger);
    auto responder = authority("OCSP TEST");
    responder.key_usage = "critical,digitalSignature";
    responder.basic_constraints = "";
    responder.extended_key_usage = "1.3.6.1.5.5.7.3.9";
    responder.ocsp_nocheck = true;
    ocsp_ = signing::issue(responder, ca_);
    auto seal = person("seal", "", signing::eku::k_information_system);
    seal.extended_key_usage += "," + std::string{signing::eku::k_legal};
    seal.subject.push_back({.type = "O", .value = "ОФИС TEST"});
    seal.subject.push_back({.type = "OU", .value = "BIN120340000014"});
    seal_ = signing::issue(seal, ca_);
    index_.emplace(signing::serial_of(seal_.certificate), signing::CertificateStatus{});
    for (auto const& human : k_humans) add(human);
  }

  /// What the server is configured with.
  void write(fs::path const& folder) const {
    fs::create_directories(folder / "trust");
    std::ofstream{folder / "trust/root.pem"} << signing::to_pem_certificate(root_.certificate);
    std::ofstream{folder / "trust/ca.pem"} << signing::to_pem_certificate(ca_.certificate);
    std::ofstream{folder / "seal.p12"} << signing::to_p12(seal_, k_password, {});
    std::ofstream{folder / "password"} << k_password;
  }
  simulators::Authority directory() const {
    auto const responder = [](signing::Issued const& issued, signing::Issued const& issuer) {
      return signing::Responder{.p12 = signing::to_p12(issued, k_password, {}),
                                .password = k_password,
                                .issuer = issuer.certificate};
    };
    return {.hierarchies = {{.suffix = "",
                             .ca_certificate = ca_.certificate,
                             .root_certificate = root_.certificate,
                             .ca = responder(ca_, root_),
                             .root = responder(root_, root_),
                             .ocsp = responder(ocsp_, ca_),
                             .tsa = responder(ocsp_, ca_)}},
            .index = index_};
  }

  std::map<std::string, Keys, std::less<>> people;

 private:
  signing::CertificateSpec authority(std::string name) const {
    signing::CertificateSpec spec;
    spec.subject = {{.type = "CN", .value = std::move(name)}};
    spec.from = now_ - std::chrono::days{60};
    spec.until = now_ + std::chrono::days{60};
    spec.key_usage = "critical,keyCertSign,cRLSign";
    spec.basic_constraints = "critical,CA:TRUE";
    spec.key = keys_[0];
    return spec;
  }

  signing::CertificateSpec person(std::string_view name, std::string_view iin,
                                  std::string_view usage) {
    signing::CertificateSpec spec;
    spec.subject = {{.type = "CN", .value = "СЫНАҚ " + std::string{name}}};
    if (!iin.empty())
      spec.subject.push_back(
          {.type = "serialNumber", .value = "IIN" + std::string{iin}, .printable = true});
    spec.from = now_ - std::chrono::days{30};
    spec.until = now_ + std::chrono::days{30};
    spec.key_usage = usage == signing::eku::k_auth ? "critical,digitalSignature,keyEncipherment"
                                                   : "critical,digitalSignature,nonRepudiation";
    spec.extended_key_usage = std::string{usage};
    spec.key = keys_[usage == signing::eku::k_auth ? 2 : 1];
    // By default the serial number follows from the key.
    spec.serial_hex = "5" + std::to_string(1'000'000 + ++number_) + std::string(32, '0');
    return spec;
  }

  std::unique_ptr<signing::SigningKey> key(Human const& human, std::string_view usage) {
    auto spec = person(human.id, human.iin, usage);
    bool const citizen = human.role.empty();
    spec.extended_key_usage +=
        "," + std::string{citizen ? signing::eku::k_individual : signing::eku::k_legal};
    if (!citizen) {
      spec.extended_key_usage +=
          "," + std::string{human.role == "head" ? signing::eku::k_head : signing::eku::k_employee};
      spec.subject.push_back({.type = "O", .value = "ОФИС TEST"});
      spec.subject.push_back({.type = "OU", .value = "BIN120340000014"});
    }
    bool const half = human.id.starts_with("half-") && usage == signing::eku::k_sign;
    if (human.id == "expired" || (half && human.id.ends_with("expired")))
      spec.until = now_ - std::chrono::days{1};
    auto const issued = signing::issue(spec, human.id == "foreign" ? foreign_ : ca_);
    signing::CertificateStatus status;
    if (human.id == "revoked" || (half && human.id.ends_with("revoked")))
      status = {.kind = signing::CertificateStatus::Kind::revoked,
                .revoked_at = now_ - std::chrono::hours{1},
                .reason = 1};
    index_.emplace(signing::serial_of(issued.certificate), status);
    return signing::signing_key(issued);
  }

  void add(Human const& human) {
    people.emplace(human.id, Keys{.sign = key(human, signing::eku::k_sign),
                                  .auth = key(human, signing::eku::k_auth)});
  }

  Instant now_ = std::chrono::floor<std::chrono::seconds>(machine_now());
  std::vector<std::string> keys_;
  signing::Issued root_, ca_, foreign_, ocsp_, seal_;
  std::map<std::string, signing::CertificateStatus, std::less<>> index_;
  int number_ = 0;
};

fs::path temporary_folder() {
  auto const path = fs::temp_directory_path() / ("qyzmet-site-" + std::to_string(::getpid()));
  fs::create_directories(path);
  return path;
}

struct Units {
  OfficeId office;
  BranchId branch;
};

Units make_units(db::Connection& connection) {
  db::Office office;
  office.code = "7112";
  office.name_kk = office.name_ru = office.name_en = "Сынақ бөлімі";
  office.address_kk = office.address_ru = office.address_en = "Астана қ., Сынақ көшесі, 1";
  office.higher_body_kk = office.higher_body_ru = "Департамент";
  office.place = "city";
  Units units;
  units.office = db::save_office(connection, office);
  db::Branch branch;
  branch.office = units.office;
  branch.code = "esil-1";
  branch.name_kk = branch.name_ru = branch.name_en = "Есіл";
  branch.address_kk = branch.address_ru = branch.address_en = "Астана қ., Сынақ көшесі, 2";
  units.branch = db::save_branch(connection, branch);
  return units;
}

void make_people(db::Connection& connection, Units const& units) {
  int number = 0;
  for (auto const& human : k_humans) {
    if (human.id == "wrong-iin") continue;
    auto const person =
        db::ensure_person(connection, {.id = {},
                                       .iin = std::string{human.iin},
                                       .name = "Сынақ " + std::string{human.id},
                                       .phone = "+7701000000" + std::to_string(number++),
                                       .email = {},
                                       .address = "Астана қ., Сынақ көшесі, 3",
                                       .language = "kk"});
    auto const user = db::ensure_user(connection, person);
    if (human.role.empty()) continue;
    db::Grant grant{.role = std::string{human.role}, .office = {}, .branch = {}};
    if (human.role != "admin") grant.office = units.office;
    db::grant(connection, user, grant, std::nullopt);
  }
}

}  // namespace

/// The world outside first: the site must not outlive it.
struct PortalRig::Impl {
  Workshop workshop;
  fs::path folder = temporary_folder();
  simulators::PkiSimulator pki{workshop.directory(), simulators::Clock{}};
  simulators::SmsSimulator sms{simulators::Clock{}};
  // Each simulator has a page at "/" and so a server of its own.
  Rig pki_server, sms_server;
  simulators::ClamdSimulator clamd{pki_server.io, 0};
  Units units;
  std::unique_ptr<cli::Site> site;
  std::vector<std::jthread> threads;

  Impl() {
    pki.add_routes(pki_server.router);
    sms.add_routes(sms_server.router);
    clamd.start();
    pki_server.start(1);
    sms_server.start(1);
    workshop.write(folder);
    auto const config = configuration();
    prepare(config);
    site = std::make_unique<cli::Site>(config);
    site->server.start();
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { site->io.run(); });
  }
  ~Impl() {
    site->server.stop();
    site->io.stop();
    threads.clear();
    site.reset();
    sms_server.stop();
    pki_server.io.stop();  // the scanner accepts there without end
    pki_server.stop();
    fs::remove_all(folder);
  }
  Impl(Impl const&) = delete;
  Impl& operator=(Impl const&) = delete;

  platform::Config configuration() const {
    auto const at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
    platform::Config config;
    config.listen_port = 0;
    config.public_url = "http://" + std::string{k_host};
    config.hosts = {std::string{k_host}};
    config.edge_addresses = {"127.0.0.1"};
    config.state_folder = folder.string();
    config.database_url = Cluster::instance().create("portal_rig");
    config.trust_folder = (folder / "trust").string();
    config.seal_p12 = (folder / "seal.p12").string();
    config.seal_password_file = (folder / "password").string();
    config.vault_key_file = (folder / "vault.key").string();
    config.sms_url = "http://" + at(sms_server.port()) + "/messages";
    config.ocsp_url = "http://" + at(pki_server.port()) + "/ocsp";
    config.clamd = at(clamd.port());
    config.database_connections = 4;
    return config;
  }

  void prepare(platform::Config const& config) {
    db::Connection connection{config.database_url,
                              db::Vault::load_or_create(config.vault_key_file)};
    db::migrate(connection, db::Mode::demo);
    seeds::deploy(connection);
    units = make_units(connection);
    make_people(connection, units);
  }
};

PortalRig::PortalRig() : impl_{std::make_unique<Impl>()} {}
PortalRig::~PortalRig() = default;

PortalRig& PortalRig::instance() {
  static PortalRig site;
  return site;
}
Keys const& PortalRig::keys(std::string_view person) const {
  return impl_->workshop.people.find(person)->second;
}
std::string PortalRig::iin(std::string_view person) {
  return std::string{std::ranges::find(k_humans, person, &Human::id)->iin};
}
casework::World& PortalRig::world() {
  return impl_->site->world;
}
simulators::PkiSimulator& PortalRig::pki() {
  return impl_->pki;
}
simulators::SmsSimulator& PortalRig::sms() {
  return impl_->sms;
}
simulators::ClamdSimulator& PortalRig::clamd() {
  return impl_->clamd;
}
std::uint16_t PortalRig::port() const {
  return impl_->site->server.port();
}
std::string PortalRig::office() const {
  return std::to_string(impl_->units.office.value);
}
std::string PortalRig::branch() const {
  return std::to_string(impl_->units.branch.value);
}

// --- Pages.

namespace {

std::string decoded(std::string text) {
  for (auto const& [entity, character] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    for (auto at = text.find(entity); at != text.npos; at = text.find(entity, at + 1))
      text.replace(at, std::string_view{entity}.size(), character);
  return text;
}

std::string between(std::string const& text, std::size_t from, std::string_view begin,
                    std::string_view end) {
  auto const start = text.find(begin, from);
  if (start == text.npos) return {};
  auto const first = start + begin.size();
  return text.substr(first, text.find(end, first) - first);
}

}  // namespace

std::string Page::header(std::string_view name) const {
  return between(head, 0, "\r\n" + std::string{name} + ": ", "\r\n");
}

std::string Page::value(std::string_view name) const {
  auto const at = body.find(" name=\"" + std::string{name} + "\"");
  if (at == body.npos) return {};
  auto const tag = body.rfind('<', at);
  if (!body.substr(tag).starts_with("<textarea"))
    return decoded(between(body.substr(0, body.find('>', at)), tag, " value=\"", "\""));
  auto text = between(body, body.find('>', at), ">", "</textarea>");
  if (text.starts_with('\n')) text.erase(0, 1);  // a browser leaves it out
  return decoded(std::move(text));
}

bool Page::says(std::string_view text) const {
  return decoded(body).contains(text);
}

Browser::Browser(std::string the_language) : language{std::move(the_language)} {
  static std::atomic<int> count{0};
  int const number = ++count;
  address_ = "10.1." + std::to_string(number / 250) + '.' + std::to_string(number % 250 + 1);
}

std::string Browser::url(std::string const& path) const {
  bool const whole = path.size() > 3 && portal::is_language(path.substr(1, 2)) && path[3] == '/';
  return whole ? path : "/" + language + path;
}

Page Browser::exchange(std::string const& request) {
  RawClient client{PortalRig::instance().port()};
  client.send(request);
  auto const answer = client.read(30s);
  auto const end = answer.find("\r\n\r\n");
  Page page{.status = status_of(answer), .head = answer.substr(0, end + 2), .body = {}};
  if (end != answer.npos) page.body = answer.substr(end + 4);
  for (auto at = page.head.find("\r\nSet-Cookie: "); at != page.head.npos;
       at = page.head.find("\r\nSet-Cookie: ", at + 1)) {
    auto const pair = between(page.head, at, "Set-Cookie: ", ";");
    auto const equals = pair.find('=');
    cookies_[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (auto token = page.value("csrf"); !token.empty()) csrf = std::move(token);
  return page;
}

Page Browser::raw(std::string const& method, std::string const& path, std::string const& headers,
                  std::string const& body) {
  std::string request = method + " " + url(path) + " HTTP/1.1\r\nHost: " + std::string{k_host} +
                        "\r\nConnection: close\r\nX-Forwarded-For: " + address_ + "\r\n" + headers;
  std::string cookies;
  for (auto const& [name, value] : cookies_)
    if (!value.empty()) cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
  if (!cookies.empty()) request += "Cookie: " + cookies + "\r\n";
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return exchange(request + "\r\n" + body);
}

Page Browser::get(std::string const& path) {
  return raw("GET", path, "", "");
}

namespace {

std::string form_headers(std::string const& type) {
  auto const origin = "http://" + std::string{k_host};
  return "Origin: " + origin + "\r\nSec-Fetch-Site: same-origin\r\nReferer: " + origin +
         "/kk/cabinet\r\nContent-Type: " + type + "\r\n";
}

}  // namespace

Page Browser::post(std::string const& path, Fields fields) {
  fields.emplace("csrf", csrf);
  std::string body;
  for (auto const& [name, value] : fields)
    body +=
        (body.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  return raw("POST", path, form_headers("application/x-www-form-urlencoded"), body);
}

Page Browser::send(std::string const& path, Fields fields, std::vector<File> const& files) {
  fields.emplace("csrf", csrf);
  std::string body;
  for (auto const& [name, value] : fields)
    body +=
        "--XY\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  for (auto const& file : files)
    body += "--XY\r\nContent-Disposition: form-data; name=\"" + file.field + "\"; filename=\"" +
            file.name + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + file.bytes +
            "\r\n";
  return raw("POST", path, form_headers("multipart/form-data; boundary=XY"), body + "--XY--\r\n");
}

std::string Browser::signature(Page const& page, signing::SigningKey const& key) {
  auto const data = between(page.body, page.body.find("data-sign-bytes"), "value=\"", "\"");
  auto const bytes = platform::from_base64(decoded(data)).value_or("");
  auto const cms = signing::sign_cms(key, bytes, {.at = machine_now()});
  return platform::to_base64(cms.value());
}

Page Browser::sign_in(std::string_view person) {
  auto const page = get("/login");
  return send("/login/eds",
              {{"challenge", page.value("challenge")},
               {"next", ""},
               {"signature", signature(page, *PortalRig::instance().keys(person).auth)}});
}

std::string file_application(std::string_view person) {
  auto& rig = PortalRig::instance();
  Browser browser;
  browser.sign_in(person);
  browser.get("/apply/military_id");
  auto const begun = browser.post("/apply/military_id", {});
  auto path = begun.location().substr(3);
  path.resize(path.rfind('/') + 1);
  browser.send(path + "reason", {{"subtype", "dismissed"}});
  browser.send(path + "office", {{"office", rig.office()}});
  browser.send(path + "branch", {{"branch", rig.branch()}});
  browser.send(
      path + "contacts",
      {{"phone", "+77011234567"}, {"email", ""}, {"address", "Астана қ., Сынақ көшесі, 7"}});
  browser.send(path + "consent", {{"consent", "true"}});
  auto const sha256 = browser.get(path + "check").value("sha256");
  browser.send(path + "check", {{"sha256", sha256}});
  auto const page = browser.get(path + "certify");
  auto const signature = Browser::signature(page, *rig.keys(person).sign);
  auto const sent = browser.send(path + "certify",
                                 {{"act", "sign"}, {"sha256", sha256}, {"signature", signature}});
  auto const location = sent.location();
  constexpr std::string_view k_before = "/kk/cabinet/cases/";
  EXPECT_TRUE(location.starts_with(k_before)) << sent.status << sent.body;
  return location.substr(k_before.size(), location.rfind('/') - k_before.size());
}

std::string text_of(std::string_view key, std::string_view language,
                    boost::json::object const& arguments) {
  static auto const catalogue = templates::load_catalogue();
  return catalogue.text(language, key, arguments, nullptr);
}

}  // namespace qyzmet::tests
