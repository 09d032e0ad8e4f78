// `qyzmet feel`: the value of a FEEL-mini expression as JSON that every reader understands: numbers
// with all their digits, days, instants and durations as ISO 8601 texts.
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
    "VALUE is a date (2026-11-21), an instant (2026-11-21T05:00:00.000000Z), a literal (12, true,\n"
    "\"text\", [1, 2], duration\"P1M\"), a JSON object, or text; NAME may be a path (T.end)";

std::string json_of(engine::Value const& value);

struct Writer {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(engine::Decimal const& value) const { return value.text(); }
  std::string operator()(std::string const& value) const { return engine::to_json(value); }
  std::string operator()(Date value) const { return engine::to_json(to_iso(value)); }
  std::string operator()(Instant value) const { return engine::to_json(to_iso(value)); }
  std::string operator()(engine::Duration value) const {
    return engine::to_json(engine::to_text(value));
  }
  std::string operator()(engine::List const& list) const {
    std::string out;
    for (auto const& each : list) out += (out.empty() ? "" : ",") + json_of(each);
    return "[" + out + "]";
  }
  std::string operator()(engine::Context const& context) const {
    std::string out;
    for (auto const& [name, each] : context)
      out += (out.empty() ? "" : ",") + engine::to_json(name) + ":" + json_of(each);
    return "{" + out + "}";
  }
};

std::string json_of(engine::Value const& value) {
  return std::visit(Writer{}, value.variant());
}

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
  std::puts(json_of(expression->evaluate(*variables, calendar)).c_str());
  return 0;
}

}  // namespace qyzmet::cli
