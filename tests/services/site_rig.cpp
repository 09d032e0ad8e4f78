#include "tests/services/site_rig.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "db/sessions.hpp"
#include "services/cli/commands.hpp"
#include "services/http/forms.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"
#include "services/simulators/demo_folder.hpp"
#include "signing/authority.hpp"
#include "tests/services/http_rig.hpp"
#include "tests/support/cluster.hpp"

namespace qyzmet::tests {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

void write_file(fs::path const& path, std::string const& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

http::ServerOptions many_connections() {
  http::ServerOptions out;
  out.limits.connections_per_address_max = 1'000;
  return out;
}

std::string address(http::Server const& server, std::string_view path) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + std::string{path};
}

/// Of all tables but those named: count and sum of row versions.
std::string fingerprint_sql(db::Connection& connection) {
  static db::Sql const k_tables{
      "tables",
      "select relname::text from pg_class where relkind = 'r' and relnamespace = "
      "'public'::regnamespace"
      " and relname not in ('web_session', 'rate_limit', 'read_log', 'test_clock') order by 1"};
  std::string sql = "select concat_ws(' '";
  for (auto const& [table] : connection.query<std::string>(k_tables))
    sql += ", (select '" + table +
           "=' || count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) "
           "from " +
           table + ")";
  return sql + ")";
}

std::string header(std::string const& answer, std::string_view name) {
  auto const end = answer.find("\r\n\r\n");
  auto const at = answer.find("\r\n" + std::string{name} + ": ");
  if (at == std::string::npos || at > end) return {};
  auto const from = at + 4 + name.size();
  return answer.substr(from, answer.find("\r\n", from) - from);
}

std::map<std::string, std::string> cookies_of(std::string const& answer) {
  constexpr std::string_view k_field = "\r\nSet-Cookie: ";
  std::map<std::string, std::string> out;
  auto const head = answer.substr(0, answer.find("\r\n\r\n"));
  for (auto at = head.find(k_field); at != std::string::npos; at = head.find(k_field, at + 1)) {
    auto const from = at + k_field.size();
    auto const equals = head.find('=', from);
    out[head.substr(from, equals - from)] =
        head.substr(equals + 1, head.find_first_of(";\r", equals) - equals - 1);
  }
  return out;
}

std::string cookies(Guest const& guest) {
  if (!guest.session.empty()) return "Cookie: qyzmet=" + guest.session + "\r\n";
  return guest.visit.empty() ? std::string{} : "Cookie: visit=" + guest.visit + "\r\n";
}

}  // namespace

std::vector<signing::DemoPerson> signing_people() {
  auto const person = [](char const* id, char const* surname, char const* iin,
                         signing::DemoRole role) {
    bool const citizen = role == signing::DemoRole::citizen;
    return signing::DemoPerson{.id = id,
                               .role = role,
                               .surname = surname,
                               .given = "Арман",
                               .patronymic = {},
                               .iin = iin,
                               .organisation = citizen ? "" : "Есіл бөлімі",
                               .bin = citizen ? "" : "120340000014"};
  };
  using enum signing::DemoRole;
  return {person("arman", "Үлгіұлы", "850315300019", citizen),
          person("bauyrzhan", "Сынақов", "900721300028", citizen),
          person("yermek", "Тестов", "781104300039", citizen),
          person("aigul", "Мысалова", "820406300048", citizen),
          person("saule", "Тіркеуова", "861028400119", citizen),
          person("timur", "Баптаушиев", "770412300138", citizen),
          person("dias", "Босатылов", "020501500169", citizen),
          person("madina", "Дәрігерова", "950310400188", citizen),
          person("executor", "Орындаушиев", "880602300074", employee),
          person("head", "Басшыбаев", "800515300087", head),
          person("deputy", "Орынбасаров", "790202300115", head),
          person("registrar", "Тіркеуова", "861028400119", employee)};  // saule at work
}

Authority make_authority(Instant made, std::string const& address) {
  signing::DemoPkiSpec spec;
  if (!address.empty()) spec.address = address;
  spec.now = made;
  spec.people = signing_people();
  spec.people.push_back({.id = "seal",
                         .role = signing::DemoRole::office_seal,
                         .surname = "АЖ Qyzmet",
                         .given = {},
                         .patronymic = {},
                         .iin = {},
                         .organisation = "Есіл бөлімі",
                         .bin = "120340000014"});
  auto out = signing::make_demo_pki(spec);
  if (!out) throw std::runtime_error{"demo PKI: " + out.error().field};
  out->emplace("password", spec.password);
  return std::move(*out);
}

Authority const& demo_authority() {
  static Authority const made = make_authority(*parse_instant(k_pki_made));
  return made;
}

SiteRig::SiteRig(std::string const& database_name, db::Mode mode, Authority const& authority)
    : mode_{mode}, authority_{authority} {
  platform::set_log_level(platform::Level::error);
  make_folder();
  start_simulators();
  try {
    dsn_ = Cluster::instance().create(database_name);
    auto const held = hold_port();
    write_config();
    prepare_database();
    start_site();
  } catch (...) {
    outside_.stop();  // or its thread would never be joined
    throw;
  }
}

SiteRig::~SiteRig() {
  if (site_) site_->server.stop();
  outside_.stop();
  if (site_) site_->io.stop();
  threads_.clear();
  site_.reset();
  pki_server_.reset();
  sms_server_.reset();
  clamd_.reset();
  smtp_.reset();
  fs::remove_all(folder_);
}

void SiteRig::make_folder() {
  auto name = (fs::temp_directory_path() / "qyzmet-site-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  folder_ = name;
  for (auto const& [path, bytes] : authority_) write_file(folder_ / "pki" / path, bytes);
  write_file(folder_ / "pki/seal.password", authority_.at("password") + "\n");
}

void SiteRig::start_simulators() {
  auto const clock = simulators::Clock{(folder_ / "clock").string()};
  pki_ = std::make_unique<simulators::PkiSimulator>(
      simulators::read_authority((folder_ / "pki").string()), clock);
  sms_ = std::make_unique<simulators::SmsSimulator>(clock);
  pki_->add_routes(pki_router_);
  sms_->add_routes(sms_router_);
  pki_server_ =
      std::make_unique<http::Server>(outside_, many_connections(), pki_router_, http::Hooks{});
  sms_server_ =
      std::make_unique<http::Server>(outside_, many_connections(), sms_router_, http::Hooks{});
  clamd_ = std::make_unique<simulators::ClamdSimulator>(outside_, 0);
  clamd_->start();
  smtp_ = std::make_unique<simulators::SmtpSimulator>(outside_, 0);
  smtp_->start();
  pki_server_->start();
  sms_server_->start();
  threads_.emplace_back([this] { outside_.run(); });
}

/// The port of the server, which stands in its configuration before it starts, as in life: nobody
/// else gets it while the socket is open, which does not listen.
asio::ip::tcp::acceptor SiteRig::hold_port() {
  asio::ip::tcp::acceptor held{outside_, asio::ip::tcp::v4()};
  held.set_option(asio::ip::tcp::acceptor::reuse_address{true});
  held.bind({asio::ip::address_v4::loopback(), 0});
  port_ = held.local_endpoint().port();
  return held;
}

void SiteRig::write_config() const {
  auto const at = [this](char const* path) { return (folder_ / path).string(); };
  std::map<std::string, std::string> const values{
      {"listen_port", std::to_string(port_)},
      {"public_url", "http://" + host()},
      {"state_folder", folder_.string()},
      {"database_url", dsn_},
      {"trust_folder", at("pki/trust")},
      {"seal_p12", at("pki/people/seal-seal.p12")},
      {"seal_password_file", at("pki/seal.password")},
      {"vault_key_file", at("vault.key")},
      {"sms_url", address(*sms_server_, "/messages")},
      {"smtp_url", "smtp://127.0.0.1:" + std::to_string(smtp_->port())},
      {"mail_from", "qyzmet@example.kz"},
      {"ocsp_url", address(*pki_server_, "/ocsp")},
      {"crl_urls", address(*pki_server_, "/ca.crl") + " " + address(*pki_server_, "/ca-delta.crl")},
      {"tsa_url", address(*pki_server_, "/tsa")},
      {"clamd", "127.0.0.1:" + std::to_string(clamd_->port())},
      {"database_connections", "4"},
      {"log_level", "error"}};
  std::string text;
  for (auto const& [key, value] : values) text += key + " = " + value + "\n";
  write_file(config_file(), text);
}

/// As an operator does it; then the clock is put into the test's hand.
void SiteRig::prepare_database() {
  for (auto const* name : {"DATABASE_URL", "QYZMET_DATABASE_URL"}) ::unsetenv(name);
  auto const file = config_file();
  std::vector<std::string_view> const words{
      "--mode", mode_ == db::Mode::demo ? "demo" : "production", "--config", file};
  testing::internal::CaptureStdout();
  int const code = cli::run_migrate(words);
  auto const said = testing::internal::GetCapturedStdout();
  if (code != 0) throw std::runtime_error{"migrate: " + said};
  db::Connection connection{dsn_, db::Vault::load(folder_ / "vault.key")};
  connection.script(
      "create table test_clock (at timestamptz not null);"
      "insert into test_clock values ('" +
      std::string{k_pki_made} +
      "');"
      "create or replace function qyzmet_now() returns timestamptz language sql volatile as"
      " 'select at from test_clock'");
}

void SiteRig::start_site() {
  auto config = platform::load_config(config_file());
  if (!config) throw std::runtime_error{"configuration: " + config.error().front()};
  config->limits.connections_per_address_max = 1'000;
  config->limits.peer_deadline = std::chrono::milliseconds{2'000};
  site_ = std::make_unique<cli::Site>(*config);
  fingerprint_sql_ = in_database(fingerprint_sql);
  site_->server.start();
  for (std::size_t i = 0; i < config->threads; ++i)
    threads_.emplace_back([this] { site_->io.run(); });
}

void SiteRig::set_clock(Instant at) {
  write_file(folder_ / "clock", to_iso(at) + "\n");
  in_database([this, at](db::Connection& connection) {
    connection.script("update test_clock set at = '" + to_iso(at) + "'");
    site_->clock.refresh(connection);
  });
}

Guest SiteRig::invite(std::string const& iin, std::string const& name,
                      std::vector<db::Grant> const& grants) {
  return in_database([&](db::Connection& connection) {
    Guest out{.session = platform::random_token(), .csrf = platform::random_token()};
    out.person = db::ensure_person(connection, {.id = {},
                                                .iin = iin,
                                                .name = name,
                                                .phone = "+7701" + iin.substr(5),
                                                .email = {},
                                                .address = "Астана қ., Сынақ көшесі, 1",
                                                .language = "kk"});
    out.user = db::ensure_user(connection, out.person);
    for (auto const& each : grants) db::grant(connection, out.user, each, std::nullopt);
    db::create_session(connection, {.token = out.session,
                                    .user = out.user,
                                    .method = "eds",
                                    .csrf = out.csrf,
                                    .client = "127.0.0.1"});
    if (!grants.empty())
      db::choose_role(connection, out.session, grants.front().role, grants.front().office,
                      grants.front().branch);
    return out;
  });
}

void SiteRig::grant(Guest const& guest, db::Grant const& grant) {
  in_database(
      [&](db::Connection& connection) { db::grant(connection, guest.user, grant, std::nullopt); });
}
void SiteRig::take_away(Guest const& guest, db::Grant const& grant) {
  in_database([&](db::Connection& connection) { db::revoke(connection, guest.user, grant); });
}

PageAnswer SiteRig::exchange(std::string const& request) const {
  RawClient client{site_->server.port()};
  client.send(request);
  auto const answer = client.read(20s);
  return {.status = status_of(answer),
          .location = header(answer, "Location"),
          .body = body_of(answer),
          .cookies = cookies_of(answer)};
}

PageAnswer SiteRig::get(Guest const& guest, std::string const& path) {
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host() +
                        "\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n";
  request += cookies(guest);
  return exchange(request + "\r\n");
}

PageAnswer SiteRig::send(Guest const& guest, std::string const& path, std::string const& type,
                         std::string const& body) const {
  std::string request = "POST " + path + " HTTP/1.1\r\nHost: " + host() +
                        "\r\nConnection: close\r\nOrigin: http://" + host() +
                        "\r\nContent-Type: " + type +
                        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  request += cookies(guest);
  return exchange(request + "\r\n" + body);
}

PageAnswer SiteRig::post(Guest const& guest, std::string const& path, FormValues values) {
  values["csrf"] = guest.csrf;
  std::string body;
  for (auto const& [name, value] : values)
    body +=
        (body.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
  return send(guest, path, "application/x-www-form-urlencoded", body);
}

PageAnswer SiteRig::upload(Guest const& guest, std::string const& path, FormValues values,
                           FormValues const& files) {
  values["csrf"] = guest.csrf;
  std::string const part = "--XY\r\nContent-Disposition: form-data; name=\"";
  std::string body;
  for (auto const& [name, value] : values) body += part + name + "\"\r\n\r\n" + value + "\r\n";
  for (auto const& [name, bytes] : files)
    body += part + name + "\"; filename=\"" + name +
            ".pdf\"\r\nContent-Type: application/pdf\r\n\r\n" + bytes + "\r\n";
  return send(guest, path, "multipart/form-data; boundary=XY", body + "--XY--\r\n");
}

std::string SiteRig::sign(std::string const& person, std::string_view bytes,
                          std::string_view usage) {
  auto const key =
      signing::open_p12(authority_.at("people/" + person + "-" + std::string{usage} + ".p12"),
                        authority_.at("password"));
  auto const cms = signing::sign_cms(**key, bytes, {.at = site_->clock.now()});
  return platform::to_base64(*cms);
}

std::string SiteRig::serial_of(std::string const& person) const {
  auto const key =
      signing::open_p12(authority_.at("people/" + person + "-sign.p12"), authority_.at("password"));
  return signing::serial_of((*key)->certificate_der());
}

std::string SiteRig::fingerprint() {
  return in_database([this](db::Connection& connection) {
    static std::map<std::string, std::unique_ptr<db::Sql>> kept;  // Sql constants live for ever
    auto& [text, sql] = *kept.try_emplace(fingerprint_sql_).first;
    if (!sql) sql = std::make_unique<db::Sql>("fingerprint", text);
    return std::get<0>(*connection.one<std::string>(*sql));
  });
}

Result<casework::OpenCase> SiteRig::fail(db::Claimed const& effect) {
  return wait(casework::act(
      world(), effect.case_id,
      {.actor = {.user = "", .role = "system"},
       .body = engine::HandlerResult{.token = effect.token,
                                     .ok = false,
                                     .error_code = {},
                                     .detail = "no way",
                                     .result = {}},
       .completes = db::StepRow::Completes{.token = effect.token, .fence = effect.fence}}));
}

std::string SiteRig::text(std::string_view language, std::string_view key) const {
  return site_->renderer.catalogue().text(language, key, {}, nullptr);
}

std::string unescaped(std::string html) {
  static std::pair<std::string_view, std::string_view> constexpr k_marks[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (auto const& [mark, sign] : k_marks)
    for (auto at = html.find(mark); at != std::string::npos; at = html.find(mark, at + 1))
      html.replace(at, mark.size(), sign);
  return html;
}

std::string input_value(std::string_view html, std::string_view name) {
  auto const at = html.find(" name=\"" + std::string{name} + "\"");
  if (at == std::string_view::npos) return {};
  auto const value = html.find(" value=\"", at);
  if (value == std::string_view::npos || value > html.find('>', at)) return {};
  auto const from = value + 8;
  return unescaped(std::string{html.substr(from, html.find('"', from) - from)});
}

}  // namespace qyzmet::tests
