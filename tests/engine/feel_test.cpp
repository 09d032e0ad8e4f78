#include "engine/feel.hpp"

#include <gtest/gtest.h>

#include <random>

namespace qyzmet::engine {
namespace {

Calendar const& calendar() {
  static Calendar const seed = seed_calendar();
  return seed;
}

Context const& variables() {
  static Context const context{
      {"a", 5},
      {"name", "Айгүл"},
      {"yes", true},
      {"no", false},
      {"list", List{1, 2, {}}},
      {"D0", parse_date("2026-12-10").value()},
      {"filed", parse_instant("2026-12-10T13:00:00.000000Z").value()},
      {"T", Context{{"end", parse_date("2026-12-18").value()}, {"days", 5}}},
      {"date", 1},
      {"count", 2}};
  return context;
}

std::string value_of(std::string_view text) {
  auto const expression = Expression::compile(text);
  if (!expression) return "refused: " + expression.error().arguments.at("construct");
  return to_json(expression->evaluate(variables(), calendar()));
}

Kind kind_of_variable(std::string_view path) {
  auto const& value = at_path(variables(), path);
  return value.is_null() ? Kind::any : kind_of(value);
}

struct Case {
  char const* text;
  char const* value;
};
void expect_all(std::vector<Case> const& cases) {
  for (Case const& each : cases) EXPECT_EQ(value_of(each.text), each.value) << each.text;
}

TEST(Feel, CalculatesWithExactNumbers) {
  expect_all({{"10+5", "15"},
              {"0.1 + 0.2 = 0.3", "true"},
              {"-10--5", "-5"},
              {"-10*-5", "50"},
              {"-(2)", "-2"},
              {"--2", "2"},
              {"2+3*4", "14"},
              {"(2+3)*4", "20"},
              {"10-2-3", "5"},
              {".872", R"({"$number":"0.872"})"},
              {"1.10*2", R"({"$number":"2.2"})"},
              {"999999999999999999999999999999999999 + 1", "null"},
              {" \n\t 1 \r\n", "1"}});
}

TEST(Feel, TreatsNullAsNotKnown) {
  expect_all({{"10+null", "null"},
              {"null-1", "null"},
              {"-null", "null"},
              {"missing * 2", "null"},
              {"false and null", "false"},
              {"null and false", "false"},
              {"true and null", "null"},
              {"true or null", "true"},
              {"null or true", "true"},
              {"false or null", "null"},
              {"null or null", "null"},
              {"not(null)", "null"},
              {"not(false)", "true"},
              {"not(1)", "null"},
              {"1 and true", "null"},
              {"null = null", "true"},
              {"missing = null", "true"},
              {"a = null", "false"},
              {"a != null", "true"},
              {"null != null", "false"},
              {"null < 1", "null"},
              {"missing.of.nothing", "null"},
              {"null", "null"}});
}

TEST(Feel, ComparesOnlyWhatIsOfOneKind) {
  expect_all({{"1 < 2", "true"},
              {"2 <= 2", "true"},
              {"2 > 2", "false"},
              {"2 >= 3", "false"},
              {"1 = 1.0", "true"},
              {"1 != 2", "true"},
              {"1 = \"1\"", "null"},
              {"1 < \"2\"", "null"},
              {"true < false", "null"},
              {"true = true", "true"},
              {"\"a\" < \"b\"", "true"},
              {"\"z\" < \"\xD2\x9A\"", "true"},
              {"\"\xEF\xBF\xBD\" < \"\xF0\x9F\x98\x80\"", "true"},
              {"[1, 2] = [1, 2]", "true"},
              {"date\"2026-01-01\" < date\"2026-01-02\"", "true"},
              {"filed < D0", "null"},
              {"duration\"P1D\" < duration\"PT25H\"", "true"},
              {"duration\"P1M\" > duration\"P30D\"", "null"},
              {"duration\"P1Y\" = duration\"P12M\"", "true"},
              {"duration\"P0M\" = duration\"PT0S\"", "true"}});
}

TEST(Feel, TestsMembershipAndRanges) {
  expect_all({{"a in (1, 5)", "true"},
              {"a in (1, 2)", "false"},
              {"a in ([1..5])", "true"},
              {"a in ([1..5), 7)", "false"},
              {"a in (7, [1..5))", "false"},
              {"a in (7, [1..5])", "true"},
              {"a in [1..5]", "true"},
              {"a in [1..5)", "false"},
              {"a in (5..9]", "false"},
              {"a in (4..9)", "true"},
              {"a in ]5..9]", "false"},
              {"a in [1..5[", "false"},
              {"a in ((4..9))", "true"},
              {"a in [1, 5]", "true"},
              {"a in []", "false"},
              {"a in ([])", "false"},
              {"a in ([1, 2], [5])", "true"},
              {"2 in list", "true"},
              {"7 in list", "false"},
              {"null in list", "true"},
              {"a in (2+3)", "true"},
              {"a in ((2)+3)", "true"},
              {"a in (if yes then 5 else 6)", "true"},
              {"a in (missing)", "false"},
              {"missing in [1..5]", "null"},
              {"a in [1..missing]", "null"},
              {"a in [6..missing]", "false"},
              {"a in [1,5] and yes", "true"},
              {"a in [1..5] and no", "false"},
              {"no or a in (5)", "true"},
              {"a between 1 and 5", "true"},
              {"a between 6 and 9", "false"},
              {"a between 1 and 5 and no", "false"},
              {"a between 1 and 2 + 3 and yes", "true"},
              {"D0 in [date\"2026-12-01\"..date\"2026-12-31\"]", "true"},
              {"\"b\" in (\"a\", \"b\")", "true"},
              {"[a in ]1..9[]", "[true]"},
              {"[a in ]1..9[, 3]", "[true,3]"}});
}

TEST(Feel, ChoosesTheFirstBranchOnlyWhenTheConditionIsTrue) {
  expect_all({{"if yes then 1 else 2", "1"},
              {"if no then 1 else 2", "2"},
              {"if null then 1 else 2", "2"},
              {"if 1 then 1 else 2", "2"},
              {"if no then 1 else if yes then 3 else 4", "3"},
              {"(if yes then 1 else 2) + 1", "2"},
              {"if yes then 1 else 2 + 1", "1"},
              {"if a > 3 and yes then \"x\" else \"y\"", "\"x\""}});
}

TEST(Feel, JoinsAndSearchesTexts) {
  expect_all({{"\"a\" + \"b\"", "\"ab\""},
              {"name + \"!\"", "\"Айгүл!\""},
              {"\"a\" + 1", "null"},
              {"\"a\" - \"b\"", "null"},
              {R"("\"\\\n\t\r")", R"("\"\\\n\t\r")"},
              {R"("\u0416\ud83d\ude00")", "\"Ж\xF0\x9F\x98\x80\""},
              {"contains(\"abc\", \"bc\")", "true"},
              {"contains(\"abc\", \"x\")", "false"},
              {"contains(\"abc\", 1)", "null"},
              {"contains(list, 2)", "true"},
              {"contains(list, 9)", "false"},
              {"contains(null, 9)", "null"},
              {"count(list)", "3"},
              {"count([])", "0"},
              {"count(null)", "null"},
              {"count(5)", "null"},
              {"[1, [2, \"x\"], null]", "[1,[2,\"x\"],null]"}});
}

TEST(Feel, CalculatesWithDatesInstantsAndDurations) {
  expect_all({{"date\"2026-01-31\" + duration\"P1M\"", R"({"$date":"2026-02-28"})"},
              {"date\"2024-02-29\" + duration\"P1Y\"", R"({"$date":"2025-02-28"})"},
              {"date\"2026-03-31\" - duration\"P1M\"", R"({"$date":"2026-02-28"})"},
              {"date\"2026-12-31\" + duration\"P1D\"", R"({"$date":"2027-01-01"})"},
              {"duration\"P1D\" + date\"2026-12-31\"", R"({"$date":"2027-01-01"})"},
              {"date\"2026-12-31\" + duration\"PT1H\"", "null"},
              {"date\"9999-12-31\" + duration\"P1D\"", "null"},
              {"date\"0001-01-01\" - duration\"P1D\"", "null"},
              {"date\"2026-12-31\" - date\"2026-12-01\"", R"({"$duration":"P30D"})"},
              {"filed + duration\"PT90M\"", R"({"$at":"2026-12-10T14:30:00.000000Z"})"},
              {"filed - duration\"P1D\"", R"({"$at":"2026-12-09T13:00:00.000000Z"})"},
              // 18:00 in the legal zone stays 18:00.
              {"filed + duration\"P1M\"", R"({"$at":"2027-01-10T13:00:00.000000Z"})"},
              {"filed - filed", R"({"$duration":"PT0S"})"},
              {"filed + duration\"PT5S\" - filed", R"({"$duration":"PT5S"})"},
              {"D0 - filed", "null"},
              {"duration\"P1D\" + duration\"PT1H\"", R"({"$duration":"P1DT1H"})"},
              {"duration\"P1D\" + duration\"P1M\"", "null"},
              {"duration\"P1D\" * 3", R"({"$duration":"P3D"})"},
              {"2 * duration\"P1M\"", R"({"$duration":"P2M"})"},
              {"duration\"P1D\" * 1.5", "null"},
              {"-duration\"P1D\"", R"({"$duration":"-P1D"})"},
              {"D0 + 1", "null"},
              {"date(\"2026-12-10\")", R"({"$date":"2026-12-10"})"},
              {"date(\"2026-12-32\")", "null"},
              {"date(filed)", R"({"$date":"2026-12-10"})"},
              {"date(D0) = D0", "true"},
              {"date(1)", "null"},
              {"date \"2026-12-10\"", R"({"$date":"2026-12-10"})"}});
}

TEST(Feel, CountsWorkingDays) {
  expect_all({{"wd_add(D0, 5)", R"({"$date":"2026-12-18"})"},
              {"wd_add(T.end, -3)", R"({"$date":"2026-12-14"})"},
              {"wd_add(date\"2026-11-21\", 0)", R"({"$date":"2026-11-23"})"},
              {"wd_add(date\"2026-11-21\", 1)", R"({"$date":"2026-11-23"})"},
              {"wd_add(date\"2026-11-21\", -1)", R"({"$date":"2026-11-20"})"},
              {"wd_add(filed, 1)", R"({"$date":"2026-12-11"})"},
              {"wd_add(D0, T.days) = T.end", "true"},
              {"wd_add(D0, 1.5)", "null"},
              {"wd_add(D0, 999999999)", "null"},
              {"wd_add(D0, -9223372036854775808)", "null"},
              {"wd_add(date\"9999-12-31\", 1)", "null"},
              {"wd_add(null, 1)", "null"},
              {"wd_end(date\"2026-11-21\")", R"({"$at":"2026-11-23T19:00:00.000000Z"})"},
              {"wd_end(D0)", R"({"$at":"2026-12-10T19:00:00.000000Z"})"},
              {"wd_end(1)", "null"},
              {"wd_between(D0, T.end)", "5"},
              {"wd_between(T.end, D0)", "-5"},
              {"wd_between(filed, T.end)", "5"},
              {"wd_between(date\"0001-01-01\", date\"9999-12-31\") > 2600000", "true"}});
}

TEST(Feel, TakesNamesOfFunctionsAsPathsToo) {
  expect_all({{"date + count", "3"}, {"T.in", "null"}, {"T . days", "5"}});
  auto const expression = Expression::compile("if T.end = null then a else wd_add(a, hearing.n)");
  ASSERT_TRUE(expression);
  EXPECT_EQ(expression->paths(), (std::set<std::string, std::less<>>{"T.end", "a", "hearing.n"}));
  EXPECT_EQ(expression->text(), "if T.end = null then a else wd_add(a, hearing.n)");
  EXPECT_FALSE(expression->is_true(variables(), calendar()));
  EXPECT_TRUE(Expression::compile("a = 5")->is_true(variables(), calendar()));
  EXPECT_FALSE(Expression::compile("null")->is_true(variables(), calendar()));
}

struct Refused {
  char const* text;
  char const* construct;
  int at;
  char const* found;
};

TEST(Feel, RefusesByNameAndPosition) {
  for (Refused const& each :
       std::vector<Refused>{{"10/2", "division", 2, "/"},
                            {"2 ** 3", "power", 2, "**"},
                            {"1 // x", "comment", 2, "//"},
                            {"1 /* x */", "comment", 2, "/*"},
                            {"{a: 1}", "context_literal", 0, "{"},
                            {"@\"2026-01-01\"", "at_literal", 0, "@"},
                            {"for x in list return x", "loop", 0, "for"},
                            {"some x in list satisfies x", "quantifier", 0, "some"},
                            {"every x in list satisfies x", "quantifier", 0, "every"},
                            {"function(x) x", "function_definition", 0, "function"},
                            {"a instance of number", "instance_of", 2, "instance"},
                            {"list[1]", "filter", 4, "["},
                            {"(list)[1]", "filter", 6, "["},
                            {"now()", "clock", 0, "now"},
                            {"today ( )", "clock", 0, "today"},
                            {"sum(list)", "unknown_function", 0, "sum"},
                            {"a.b(1)", "unknown_function", 2, "b"},
                            {"date and time(\"x\")", "unknown_function", 9, "time"},
                            {"count(1, 2)", "arguments", 0, "count"},
                            {"count()", "arguments", 0, "count"},
                            {"not(yes, no)", "arguments", 0, "not"},
                            {"1 + Full Name", "name_with_space", 4, "Full Name"},
                            {"not yes", "name_with_space", 0, "not yes"},
                            {"[1..5]", "range", 2, ".."},
                            {"1..5", "range", 1, ".."},
                            {"0.0000000000000000001", "number", 0, "0.0000000000000000001"},
                            {"\"open", "text", 0, "\"open"},
                            {"\"\\x\"", "text", 0, "\"\\x\""},
                            {"\"\\ud800\"", "text", 0, "\"\\ud800\""},
                            {"\"\\u0000\"", "text", 0, "\"\\u0000\""},
                            {"\"\xC0\x80\"", "text", 0, "\"\xC0\x80\""},
                            {"date\"2026-02-30\"", "date", 4, "\"2026-02-30\""},
                            {"duration\"P1M1D\"", "duration", 8, "\"P1M1D\""},
                            {"", "unexpected_end", 0, ""},
                            {"  ", "unexpected_end", 2, ""},
                            {"1 +", "unexpected_end", 3, ""},
                            {"(1", "unexpected_end", 2, ""},
                            {"if yes then 1", "unexpected_end", 13, ""},
                            {"1 2", "unexpected", 2, "2"},
                            {"1)", "unexpected", 1, ")"},
                            {"1 < 2 < 3", "unexpected", 6, "<"},
                            {"a = = 1", "unexpected", 4, "="},
                            {"a in (1, )", "unexpected", 9, ")"},
                            {"a in ]1, 2[", "unexpected", 7, ","},
                            {"a in [1..2", "unexpected_end", 10, ""},
                            {"a.", "unexpected_end", 2, ""},
                            {"and", "unexpected", 0, "and"},
                            {"a; b", "unexpected", 1, ";"},
                            {"a & b", "unexpected", 2, "&"},
                            {"ә", "unexpected", 0, "ә"},
                            {"'a'", "unexpected", 0, "'"}}) {
    auto const expression = Expression::compile(each.text);
    ASSERT_FALSE(expression) << each.text;
    auto const& arguments = expression.error().arguments;
    EXPECT_EQ(arguments.at("construct"), each.construct) << each.text;
    EXPECT_EQ(arguments.at("at"), std::to_string(each.at)) << each.text;
    EXPECT_EQ(arguments.at("found"), each.found) << each.text;
    EXPECT_EQ(expression.error().text, "error.invalid_expression");
  }
}

TEST(Feel, LimitsLengthAndDepth) {
  std::string const blanks(k_expression_bytes_max - 1, ' ');
  EXPECT_EQ(value_of(blanks + "1"), "1");
  EXPECT_EQ(value_of(blanks + "12"), "refused: too_long");
  auto const nested = [](char const* open, char const* close, int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += '1';
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_EQ(value_of(nested("(", ")", 63)), "1");
  for (auto const& [open, close] :
       std::vector<std::pair<char const*, char const*>>{{"(", ")"},
                                                        {"[", "]"},
                                                        {"-", ""},
                                                        {"not(", ")"},
                                                        {"if yes then ", " else 0"},
                                                        {"a in ", ""},
                                                        {"a in (", ")"},
                                                        {"a in [", "]"}})
    EXPECT_TRUE(value_of(nested(open, close, 65)).starts_with("refused: ")) << open;
  std::string chain = "1";
  for (int i = 0; i < 1000; ++i) chain += "+1";
  EXPECT_EQ(value_of(chain), "1001");
}

TEST(Feel, NeverFailsOnRandomWords) {
  std::mt19937 random{20261121};
  std::vector<std::string> const words{"a",
                                       "name",
                                       "list",
                                       "D0",
                                       "filed",
                                       "T.end",
                                       "1",
                                       "2.5",
                                       "\"x\"",
                                       "null",
                                       "true",
                                       "if",
                                       "then",
                                       "else",
                                       "or",
                                       "and",
                                       "not(",
                                       "in",
                                       "between",
                                       "=",
                                       "<",
                                       ">=",
                                       "+",
                                       "-",
                                       "*",
                                       "(",
                                       ")",
                                       "[",
                                       "]",
                                       ",",
                                       "..",
                                       "wd_add(",
                                       "wd_end(",
                                       "count(",
                                       "contains(",
                                       "date(",
                                       "duration\"P1M\"",
                                       "date\"2026-12-10\"",
                                       "wd_between(",
                                       "missing",
                                       "."};
  int compiled = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text;
    for (auto size = 1 + random() % 9; size > 0; --size)
      text += words[random() % words.size()] + ' ';
    auto const expression = Expression::compile(text);
    if (!expression) continue;
    ++compiled;
    auto const json = to_json(expression->evaluate(variables(), calendar()));
    ASSERT_EQ(to_json(expression->evaluate(variables(), calendar())), json) << text;
    ASSERT_TRUE(from_json(json)) << text;
    // What is known without evaluating holds for the value.
    auto const kind = expression->kind(kind_of_variable);
    auto const value = expression->evaluate(variables(), calendar());
    if (kind && *kind != Kind::any && !value.is_null())
      ASSERT_EQ(to_text(*kind), to_text(kind_of(value))) << text;
  }
  EXPECT_GT(compiled, 500);
}

/// The kind of an expression, or what is wrong with it.
std::string kind_of_text(std::string_view text) {
  auto const kind = Expression::compile(text)->kind(kind_of_variable);
  return kind ? std::string{to_text(*kind)} : kind.error();
}

TEST(Feel, KnowsTheKindOfAValueBeforeThereIsOne) {
  std::map<std::string, std::string> const kinds{{"a + 1", "number"},
                                                 {"name + \"!\"", "text"},
                                                 {"D0 + duration\"P1D\"", "date"},
                                                 {"duration\"P1D\" + filed", "datetime"},
                                                 {"D0 - T.end", "duration"},
                                                 {"wd_add(filed, -1)", "date"},
                                                 {"wd_end(D0)", "datetime"},
                                                 {"wd_between(D0, filed) * 2", "number"},
                                                 {"count(list) > 2 and yes", "boolean"},
                                                 {"a in (1, [2..3], list)", "boolean"},
                                                 {"name = null", "boolean"},
                                                 {"if yes then a else null", "number"},
                                                 {"if yes then a else name", "anything"},
                                                 {"unknown.path", "anything"},
                                                 {"unknown.path + 1", "number"},
                                                 {"[1, name]", "list"},
                                                 {"null", "null"}};
  for (auto const& [text, kind] : kinds) EXPECT_EQ(kind_of_text(text), kind) << text;
}

TEST(Feel, NamesTheOperationThatNeverHasAValue) {
  std::map<std::string, std::string> const wrong{
      {"a + name", "'+' of number and text"},
      {"D0 + 1", "'+' of date and number"},
      {"D0 <= filed", "'<=' of date and datetime"},
      {"name = 1", "'=' of text and number"},
      {"yes and a", "'and' of boolean and number"},
      {"not(name)", "'not' of text"},
      {"wd_add(a, 1)", "'wd_add' of number and number"},
      {"count(name)", "'count' of text"},
      {"contains(name, 1)", "'contains' of text and number"},
      {"a between 1 and name", "'in' of number and text"},
      {"if a then 1 else 2", "'if' of number"},
      {"-list", "'-' of list"},
      {"a * name", "'*' of number and text"}};
  for (auto const& [text, problem] : wrong) EXPECT_EQ(kind_of_text(text), problem) << text;
}

}  // namespace
}  // namespace qyzmet::engine
