// Formulas of legal observers: their language, their errors, their truth along a case.
#include <gtest/gtest.h>

#include "engine/explore.hpp"
#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

/// "at: why" of a formula that is refused, "" of one that is not.
std::string wrong(std::string_view text) {
  auto const formula = parse_formula(text);
  return formula ? "" : std::to_string(formula.error().at) + ": " + formula.error().text;
}

TEST(Formula, the_language_is_as_documented) {
  for (auto const* text :
       {"true", "G false", "not O enters(a)", "H (ended -> breach(result))",
        "at(a) and completes(b) or orders(\"x.y\") -> {n = 1}", "Y acts(head) S signs(d.e)",
        "(not produces(d) S signs(d))", "{text = \"}\"} -> ended", "G not Y O H ended"})
    EXPECT_EQ(wrong(text), "") << text;
}

TEST(Formula, an_error_names_its_place) {
  EXPECT_EQ(wrong(""), "0: a predicate is missing");
  EXPECT_EQ(wrong("O enters(a"), "10: a closing parenthesis is missing");
  EXPECT_EQ(wrong("enters a"), "7: a name in parentheses is missing");
  EXPECT_EQ(wrong("enters()"), "7: a name is missing");
  EXPECT_EQ(wrong("true or leaves(a)"), "8: leaves is no predicate");
  EXPECT_EQ(wrong("true true"), "5: nothing more is expected here");
  EXPECT_EQ(wrong("(true"), "5: a closing parenthesis is missing");
  EXPECT_EQ(wrong("{n = }"), "5: not FEEL-mini: unexpected_end");
  EXPECT_EQ(wrong("ended and {n"), "10: the closing brace is missing");
  EXPECT_EQ(wrong(std::string(5'000, ' ')), "0: too long");
  EXPECT_NE(wrong(std::string(100, '(')), "");
  std::string nots;
  for (int i = 0; i < 100; ++i) nots += "not ";
  EXPECT_NE(wrong(nots + "ended"), "");
}

/// Which entries of a script break a formula: "2 4".
std::string broken(Package rules, std::string_view formula, std::vector<Moved> const& script) {
  auto parsed = parse_formula(formula);
  EXPECT_TRUE(parsed) << formula;
  int bit = 0;
  for (auto& part : *parsed)
    if (part.op >= FormulaOp::once) part.bit = bit++;
  rules.observers.push_back({.id = "o",
                             .rule = "",
                             .cite = "",
                             .text = std::string{formula},
                             .line = 0,
                             .formula = *std::move(parsed)});
  std::string out;
  auto const entries = replay(rules, seed(), script);
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!entries[i].broken.empty()) out += (out.empty() ? "" : " ") + std::to_string(i);
  return out;
}

TEST(Observers, temporal_operators_look_back) {
  auto const rules =
      package(start() + task("a") + task("b") + task("c") + end() + flows({"s>a>b>c>e"}));
  Game game{rules};
  DONE(game.done("a", "2026-11-23T11:00", {{"n", 1}}));
  DONE(game.done("b", "2026-11-23T12:00", {{"n", 2}}));
  DONE(game.done("c", "2026-11-23T13:00", {{"n", 3}}));
  std::vector<Moved> script;
  for (auto const& event : game.events)
    script.push_back({.day = legal_date(event.at), .event = event});
  auto const judged = [&](std::string_view formula) { return broken(*rules, formula, script); };
  EXPECT_EQ(judged("O completes(b)"), "0 1");
  EXPECT_EQ(judged("H not completes(b)"), "2 3");
  EXPECT_EQ(judged("Y completes(a)"), "0 1 3");
  EXPECT_EQ(judged("not completes(c) S completes(a)"), "0 3");
  EXPECT_EQ(judged("completes(c) -> O completes(a) and O completes(b)"), "");
  EXPECT_EQ(judged("ended -> {n < 3}"), "3");
  EXPECT_EQ(judged("at(b) or enters(c) or ended"), "0");
  EXPECT_EQ(judged("acts(clerk)"), "");
  EXPECT_EQ(judged("acts(head) or true and not false"), "");
}

std::string reasons(std::string_view observers) {
  auto files = package_files();
  files["observers.xml"] = observers;
  auto const loaded = load_package(std::move(files), "");
  if (loaded) return "";
  auto const& first = loaded.error().front();
  return first.file + ":" + std::to_string(first.line) + " " + first.reason;
}

TEST(Observers, a_package_names_only_what_it_has) {
  std::string const head = "<observers xmlns=\"urn:kz:qyzmet:observers:1\">\n";
  auto const one = [&](std::string_view formula) {
    return reasons(head + "<observer id=\"x\" rule=\"R\" cite=\"p77.1\">\n  " +
                   std::string{formula} + "\n</observer></observers>");
  };
  EXPECT_EQ(one("ended -> O signs(draft.document)"), "");
  EXPECT_EQ(one("at(Nowhere)"), "observers.xml:3 unknown_name");
  EXPECT_EQ(one("ended ->\n orders(nothing)"), "observers.xml:4 unknown_name");
  EXPECT_EQ(one("true\n and {no.path = 1}"), "observers.xml:4 unknown_name");
  EXPECT_EQ(one("breach(never)"), "observers.xml:3 unknown_name");
  EXPECT_EQ(one("acts(nobody)"), "observers.xml:3 unknown_name");
  EXPECT_EQ(one("true and\n\n and"), "observers.xml:5 formula");
  EXPECT_EQ(reasons("<a/>"), "observers.xml:1 not_observers");
  EXPECT_EQ(reasons(head + "<other/></observers>"), "observers.xml:2 unknown_element");
  EXPECT_EQ(reasons(head + "<observer id=\"x\" rule=\"R\" cite=\"no\">true</observer></observers>"),
            "observers.xml:2 unknown_citation");
  EXPECT_EQ(reasons(head + "<observer id=\"x\" rule=\"R\">true</observer></observers>"),
            "observers.xml:2 missing_attribute");
}

}  // namespace
}  // namespace qyzmet::engine
