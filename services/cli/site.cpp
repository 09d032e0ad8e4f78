#include "services/cli/site.hpp"

#include <filesystem>

#include "services/cli/demo.hpp"
#include "services/platform/file.hpp"
#include "services/platform/metrics.hpp"
#include "templates/assets.hpp"

namespace qyzmet::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

signing::TrustStore read_trust(platform::Config const& config, db::Mode mode) {
  signing::TrustStore out;
  for (auto const& entry : fs::directory_iterator{config.trust_folder}) {
    auto certificate = platform::read_file(entry.path());
    if (mode == db::Mode::production && signing::is_test_anchor(certificate))
      throw std::runtime_error{"the trust folder holds a test anchor: " + entry.path().string()};
    out.certificates.push_back(std::move(certificate));
  }
  if (out.certificates.empty()) throw std::runtime_error{"the trust folder holds no certificate"};
  out.cache = signing::make_trust_cache();
  return out;
}

/// The schema is checked before anything is served; a wrong one is refused with the remedy.
db::Mode checked_mode(db::Database& database) {
  auto const status = database.run_blocking(
      [](db::Connection& connection) { return db::schema_status(connection); });
  if (status.right()) return *status.mode;
  std::string reason = "the database schema is not the one of this program (" +
                       std::to_string(status.applied) + " of " + std::to_string(status.wanted) +
                       " migrations); run: qyzmet migrate";
  for (auto const& problem : status.problems) reason += "\n  " + problem;
  throw std::runtime_error{reason};
}

void export_gauges(db::Database const& database) {
  auto const gauges = database.gauges();
  auto& metrics = platform::metrics();
  metrics.gauge("qyzmet_db_queued", "Jobs waiting for a database session")
      .set(static_cast<std::int64_t>(gauges.queued));
  metrics.gauge("qyzmet_db_busy", "Database sessions in use")
      .set(static_cast<std::int64_t>(gauges.busy));
}

/// What the demo page links to: the simulators beside this server.
std::vector<portal::Portal::Link> demo_links(platform::Config const& config) {
  std::vector<portal::Portal::Link> out;
  if (auto const end = config.sms_url.find('/', 8); end != std::string::npos)
    out.push_back({.name = "sms", .url = config.sms_url.substr(0, end + 1)});
  if (!config.ncalayer_page.empty())
    out.push_back({.name = "ncalayer", .url = config.ncalayer_page});
  return out;
}

/// The office or branch of a demo person, as the page names it.
std::string demo_unit(std::string_view code) {
  for (auto const& office : demo_offices())
    if (office.code == code) return std::string{office.kk};
  for (auto const& branch : demo_branches())
    if (branch.code == code) return std::string{branch.kk};
  return {};
}

std::vector<portal::Portal::DemoPerson> demo_people(db::Mode mode) {
  std::vector<portal::Portal::DemoPerson> out;
  if (mode != db::Mode::demo) return out;
  for (auto const& human : demo_humans())
    out.push_back({.key = std::string{human.id},
                   .name = std::string{human.surname} + " " + std::string{human.given},
                   .iin = std::string{human.iin},
                   .phone = std::string{human.phone},
                   .role = std::string{human.role},
                   .unit = demo_unit(human.unit)});
  return out;
}

}  // namespace

Site::Site(platform::Config const& given)
    : config{given},
      vault{db::Vault::load(config.vault_key_file)},
      database{
          {.dsn = config.database_url, .connections = config.database_connections, .limits = {}},
          vault},
      steps{database},
      mode{checked_mode(database)},
      files{fs::path{config.state_folder} / "files", *vault},
      sms{config.sms_url, config.limits},
      mail{config.smtp_url, config.mail_from, config.limits},
      ocsp{config.ocsp_url, config.limits},
      crl{config.limits},
      tsa{config.tsa_url, config.limits},
      clamd{config.clamd, config.limits},
      trust{read_trust(config, mode)},
      seal{peers::open_signer(config)},
      ledger{casework::open_log_signer(config)},
      world{.config = config,
            .mode = mode,
            .database = database,
            .steps = steps,
            .clock = clock,
            .vault = *vault,
            .library = library,
            .files = files,
            .sms = sms,
            .mail = mail,
            .ocsp = ocsp,
            .crl = crl,
            .lists = lists,
            .tsa = tsa,
            .clamd = clamd,
            .trust = trust,
            .seal = *seal,
            .ledger = ledger},
      renderer{templates::load_renderer()},
      pages{.world = world,
            .pages = renderer,
            .demo = mode == db::Mode::demo,
            .simulators = demo_links(config),
            .people = demo_people(mode)},
      api{.world = world, .texts = renderer.catalogue()},
      io{static_cast<int>(config.threads)},
      server{io, http::server_options(config), router, hooks()} {
  database.run_blocking([this](db::Connection& connection) {
    clock.refresh(connection);
    library.refresh(connection);
    lists.refresh(connection, config.crl_urls, trust);
  });
  portal::add_routes(router, pages);
  api::add_routes(router, api);
}

http::Hooks Site::hooks() {
  auto out = api::hooks(api, portal::hooks(pages));
  out.ready = [this]() -> asio::awaitable<bool> {
    export_gauges(database);
    co_return clock.fresh() && library.calendar() != nullptr;
  };
  return out;
}

}  // namespace qyzmet::cli
