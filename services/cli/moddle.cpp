// `qyzmet process moddle`: what a BPMN tool needs to show and write the wf: vocabulary; the server
// gives the same files at /static/.
#include <cstdio>

#include "engine/base/check.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "templates/assets.hpp"

namespace qyzmet::cli {

namespace {

constexpr char const* k_usage =
    "usage: qyzmet process moddle [--templates]\n"
    "Prints the moddle descriptor, with --templates the element templates.";

}  // namespace

int run_process_moddle(Arguments arguments) {
  auto const options = Options::parse(arguments, {}, {"--templates"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (!options->words().empty()) return wrong_use(k_usage);
  auto const* file = templates::find_asset(options->has("--templates") ? "workflow.templates.json"
                                                                       : "workflow.moddle.json");
  check(file != nullptr, "the vocabulary is embedded");
  std::fwrite(file->bytes.data(), 1, file->bytes.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace qyzmet::cli
