// `qyzmet feel`: the value of a FEEL-mini expression as canonical JSON.
#include <cstdio>

#include "engine/feel.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace {

constexpr char const* k_usage =
    "usage: qyzmet feel EXPRESSION [--var NAME=VALUE]...\n"
    "VALUE is a date (2026-11-21), a literal (12, true, \"text\", [1, 2], duration\"P1M\"), or "
    "text";

/// A day would be read as two subtractions, so days come first; names and blanks make it text.
engine::Value read_value(std::string const& text, engine::Calendar const& calendar) {
  if (auto const day = parse_date(text)) return *day;
  auto const literal = engine::Expression::compile(text);
  if (!literal || !literal->paths().empty()) return text;
  return literal->evaluate({}, calendar);
}

}  // namespace

int run_feel(Arguments arguments) {
  // The expression stands first and may begin with a minus.
  if (arguments.empty()) return wrong_use(k_usage);
  auto const options = Options::parse(arguments.subspan(1), {"--var"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (!options->words().empty()) return wrong_use(k_usage);
  auto const calendar = seeds::calendar();
  engine::Context variables;
  for (auto const& variable : options->all("--var")) {
    auto const equals = variable.find('=');
    if (equals == 0 || equals == variable.npos) return wrong_use("--var wants NAME=VALUE");
    engine::set_path(variables, variable.substr(0, equals),
                     read_value(variable.substr(equals + 1), calendar));
  }
  auto const expression = engine::Expression::compile(arguments.front());
  if (!expression) {
    auto const& why = expression.error().arguments;
    return wrong_use("the expression is refused at byte " + why.at("at") + ": " +
                     why.at("construct") + " '" + why.at("found") + "'");
  }
  std::puts(engine::to_json(expression->evaluate(variables, calendar)).c_str());
  return 0;
}

}  // namespace qyzmet::cli
