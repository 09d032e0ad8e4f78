#include "services/cli/variables.hpp"

#include "engine/feel.hpp"

namespace qyzmet::cli {

namespace {

/// A day would be read as two subtractions, so days come first; names and blanks make it text.
Result<engine::Value> read_value(std::string const& text, engine::Calendar const& calendar) {
  if (auto const day = parse_date(text)) return *day;
  if (auto const at = parse_instant(text)) return *at;
  if (text.starts_with('{')) return engine::from_json(text);
  auto const literal = engine::Expression::compile(text);
  if (!literal || !literal->paths().empty()) return text;
  return literal->evaluate(engine::Context{}, calendar);
}

}  // namespace

std::expected<engine::Context, std::string> read_variables(std::vector<std::string> const& words,
                                                           engine::Calendar const& calendar) {
  engine::Context out;
  for (auto const& word : words) {
    auto const equals = word.find('=');
    if (equals == 0 || equals == word.npos) return std::unexpected("--var wants NAME=VALUE");
    auto value = read_value(word.substr(equals + 1), calendar);
    if (!value) return std::unexpected("the value of " + word.substr(0, equals) + " is no JSON");
    engine::set_path(out, word.substr(0, equals), std::move(*value));
  }
  return out;
}

}  // namespace qyzmet::cli
