// An expression: what is refused says where; what is accepted has one value, whatever the variables
// are, and that value has a JSON form.
#include <cstdint>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/calendar.hpp"
#include "engine/feel.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::engine;

Date day(int year, unsigned month, unsigned in_month) {
  return Date{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{in_month}};
}

/// One variable of each kind, under the names that short expressions have.
Context const& variables() {
  static Context const made{{"a", 7},
                            {"b", "text"},
                            {"c", true},
                            {"d", day(2026, 11, 21)},
                            {"e", start_of(day(2026, 11, 23))},
                            {"f", List{1, "text", Value{}, List{2}}},
                            {"g", *Decimal::parse("999999999999999999.999999999999999999")},
                            {"h", Duration{.months = 5, .seconds = 0}},
                            {"x", Context{{"y", day(9999, 12, 31)}, {"z", day(1, 1, 1)}}}};
  return made;
}

void look_at_refusal(Error const& error, std::string_view text) {
  auto const number = [&](char const* name) { return std::stoul(error.arguments.at(name)); };
  check(error.text == "error.invalid_expression", "a refusal has its text");
  check(!error.arguments.at("construct").empty(), "a refusal names the construct");
  auto const at = number("at");
  check(at <= text.size() && text.substr(at, number("length")) == error.arguments.at("found"),
        "a refusal says where");
}

void look_at_value(Expression const& expression, Context const& context) {
  static Calendar const calendar = seed_calendar();
  auto const value = expression.evaluate(context, calendar);
  check(value == expression.evaluate(context, calendar), "an expression is a function");
  check(expression.is_true(context, calendar) == (value == Value{true}), "true is true");
  auto const json = to_json(value);
  auto const read = from_json(json);
  // Deeply nested or long lists go beyond what JSON of a case may be.
  check(!read || *read == value, "a value has one JSON form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  auto const expression = Expression::compile(text);
  if (!expression) {
    look_at_refusal(expression.error(), text);
    return 0;
  }
  check(expression->text() == text, "an expression keeps its text");
  look_at_value(*expression, variables());
  look_at_value(*expression, {});
  return 0;
}
