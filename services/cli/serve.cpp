// `qyzmet serve`: builds everything by hand, in order of dependency, on the stack; destruction
// order is the shutdown order.
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "db/clock.hpp"
#include "db/database.hpp"
#include "db/migrate.hpp"
#include "services/casework/world.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/demo.hpp"
#include "services/http/server.hpp"
#include "services/platform/log.hpp"
#include "services/platform/metrics.hpp"
#include "services/portal/portal.hpp"
#include "services/work/workers.hpp"
#include "signing/signer.hpp"
#include "templates/assets.hpp"

namespace qyzmet::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

std::string read_file(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error{"cannot read " + path.string()};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

signing::TrustStore read_trust(platform::Config const& config, db::Mode mode) {
  signing::TrustStore out;
  for (auto const& entry : fs::directory_iterator{config.trust_folder}) {
    auto certificate = read_file(entry.path());
    if (mode == db::Mode::production && signing::is_test_anchor(certificate))
      throw std::runtime_error{"the trust folder holds a test anchor: " + entry.path().string()};
    out.certificates.push_back(std::move(certificate));
  }
  if (out.certificates.empty()) throw std::runtime_error{"the trust folder holds no certificate"};
  return out;
}

std::unique_ptr<signing::SigningKey> read_seal(platform::Config const& config) {
  auto password = read_file(config.seal_password_file);
  while (!password.empty() && password.back() == '\n') password.pop_back();
  auto key = signing::open_p12(read_file(config.seal_p12), password);
  if (!key) throw std::runtime_error{"the seal cannot be opened: " + key.error().text};
  return std::move(*key);
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

http::Hooks server_hooks(portal::Portal& pages, casework::World& world) {
  auto out = portal::hooks(pages);
  out.ready = [&world]() -> asio::awaitable<bool> {
    export_gauges(world.database);
    co_return world.clock.fresh() && world.library.calendar() != nullptr;
  };
  return out;
}

void run_threads(asio::io_context& io, std::size_t count) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < count; ++i) threads.emplace_back([&io] { io.run(); });
  io.run();
}

int serve(platform::Config const& config) {
  platform::set_log_level(config.log_level);
  auto const vault = db::Vault::load(config.vault_key_file);
  db::Database database{
      {.dsn = config.database_url, .connections = config.database_connections, .limits = {}},
      vault};
  auto const mode = checked_mode(database);
  db::LegalClock clock;
  casework::Library library;
  database.run_blocking([&](db::Connection& connection) {
    clock.refresh(connection);
    library.refresh(connection);
  });
  casework::FileStore files{fs::path{config.state_folder} / "files", *vault};
  peers::SmsGateway sms{config.sms_url, config.limits};
  peers::OcspClient ocsp{config.ocsp_url, config.limits};
  peers::Clamd clamd{config.clamd, config.limits};
  auto const trust = read_trust(config, mode);
  auto const seal = read_seal(config);
  casework::World world{.config = config,
                        .mode = mode,
                        .database = database,
                        .clock = clock,
                        .vault = *vault,
                        .library = library,
                        .files = files,
                        .sms = sms,
                        .ocsp = ocsp,
                        .clamd = clamd,
                        .trust = trust,
                        .seal = *seal};
  auto const renderer = templates::load_renderer();
  portal::Portal pages{.world = world,
                       .pages = renderer,
                       .demo = mode == db::Mode::demo,
                       .simulators = demo_links(config),
                       .people = demo_people(mode)};
  http::Router router;
  portal::add_routes(router, pages);

  asio::io_context io{static_cast<int>(config.threads)};
  http::Server server{io, http::server_options(config), router, server_hooks(pages, world)};
  work::Workers workers{io, world};
  workers.start();
  server.start();
  http::drain_on_signals(io, server, [&workers] { workers.stop(); });
  platform::log(platform::Level::info, "serving", {{"port", server.port()}});
  run_threads(io, config.threads);
  platform::log(platform::Level::info, "stopped");
  return 0;
}

}  // namespace

int run_serve(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {});
  if (!options) return wrong_use(options.error());
  auto const config = configuration(*options);
  if (!config) return 1;
  return serve(*config);
}

}  // namespace qyzmet::cli
