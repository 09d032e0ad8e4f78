#include "services/cli/configuration.hpp"

#include <cstdio>
#include <cstdlib>

namespace qyzmet::cli {

std::optional<platform::Config> configuration(Options const& options) {
  auto path = options.get("--config");
  if (char const* named = std::getenv("QYZMET_CONFIG"); path.empty() && named != nullptr)
    path = named;
  auto config = platform::load_config(path);
  if (config) return std::move(*config);
  for (auto const& problem : config.error()) std::fprintf(stderr, "qyzmet: %s\n", problem.c_str());
  return std::nullopt;
}

int run_config_check(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {});
  if (!options) return wrong_use(options.error());
  auto const config = configuration(*options);
  if (!config) return 1;
  std::fputs(platform::describe(*config).c_str(), stdout);
  return 0;
}

}  // namespace qyzmet::cli
