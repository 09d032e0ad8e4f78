#pragma once
// The configuration of a subcommand: the file named by --config, else by QYZMET_CONFIG, else none;
// the environment goes before the file.
#include <optional>

#include "services/cli/options.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::cli {

/// Nothing when it is wrong; all problems were printed to standard error then.
std::optional<platform::Config> configuration(Options const& options);

}  // namespace qyzmet::cli
