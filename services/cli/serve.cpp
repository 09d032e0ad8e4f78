// `qyzmet serve`: the site with its background work, until a signal ends it.
#include <thread>

#include "services/cli/configuration.hpp"
#include "services/cli/site.hpp"
#include "services/platform/log.hpp"
#include "services/work/workers.hpp"

namespace qyzmet::cli {

namespace asio = boost::asio;
namespace {

void run_threads(asio::io_context& io, std::size_t count) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < count; ++i) threads.emplace_back([&io] { io.run(); });
  io.run();
}

int serve(platform::Config const& config) {
  platform::set_log_level(config.log_level);
  Site site{config};
  work::Workers workers{site.io, site.world};
  workers.start();
  site.server.start();
  http::drain_on_signals(site.io, site.server, [&workers] { workers.stop(); });
  platform::log(platform::Level::info, "serving", {{"port", site.server.port()}});
  run_threads(site.io, config.threads);
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
