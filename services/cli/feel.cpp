// `qyzmet feel`: the value of a FEEL-mini expression as canonical JSON.
#include <cstdio>

#include "engine/feel.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/cli/variables.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace {

constexpr char const* k_usage =
    "usage: qyzmet feel EXPRESSION [--var NAME=VALUE]...\n"
    "VALUE is a date (2026-11-21), a literal (12, true, \"text\", [1, 2], duration\"P1M\"), or "
    "text";

}  // namespace

int run_feel(Arguments arguments) {
  // The expression stands first and may begin with a minus.
  if (arguments.empty()) return wrong_use(k_usage);
  auto const options = Options::parse(arguments.subspan(1), {"--var"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (!options->words().empty()) return wrong_use(k_usage);
  auto const calendar = seeds::calendar();
  auto const variables = read_variables(options->all("--var"), calendar);
  if (!variables) return wrong_use(variables.error());
  auto const expression = engine::Expression::compile(arguments.front());
  if (!expression) {
    auto const& why = expression.error().arguments;
    return wrong_use("the expression is refused at byte " + why.at("at") + ": " +
                     why.at("construct") + " '" + why.at("found") + "'");
  }
  std::puts(engine::to_json(expression->evaluate(*variables, calendar)).c_str());
  return 0;
}

}  // namespace qyzmet::cli
