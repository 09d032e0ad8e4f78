// The cases of the DMN Technology Compatibility Kit, as ../shared/vectors/feel/README.md reads
// them: each passes, or is refused by name. Decision tables are no part of FEEL-mini. Prints a
// table.
#include <gtest/gtest.h>

#include <filesystem>
#include <pugixml.hpp>

#include "engine/feel.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::engine {
namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// FEEL-mini has no names with blanks: "Full Name" becomes Full_Name, here and in expressions.
std::string identifier(std::string const& name) {
  return replaced(name, " ", "_");
}

Value typed(pugi::xml_node value) {
  std::string const type = value.attribute("xsi:type").value();
  std::string const text = value.child_value();
  if (value.attribute("xsi:nil").as_bool() || text.empty()) return {};
  if (type == "xsd:boolean") return text == "true";
  if (type == "xsd:string") return text;
  auto const number = Decimal::parse(text);
  EXPECT_TRUE(number) << text;
  return number ? Value{*number} : Value{};
}

Value input(pugi::xml_node node) {
  if (auto const value = node.child("value")) return typed(value);
  Context components;
  for (auto const component : node.children("component"))
    components.emplace(component.attribute("name").value(), input(component));
  return components;
}

/// What became of the cases of one folder.
struct Counts {
  int cases = 0;
  int passed = 0;
  std::map<std::string, int> refused = {};  // by the name of the construct

  Counts& operator+=(Counts const& other) {
    cases += other.cases;
    passed += other.passed;
    for (auto const& [construct, count] : other.refused) refused[construct] += count;
    return *this;
  }
};

void print_row(std::string const& name, Counts const& counts) {
  std::string refused;
  for (auto const& [construct, count] : counts.refused)
    refused += (refused.empty() ? "" : ", ") + std::to_string(count) + " " + construct;
  std::printf("| %-36s | %5d | %6d | %s\n", name.c_str(), counts.cases, counts.passed,
              refused.c_str());
}

/// The construct for which one of its values is refused, "" when none is.
std::string run(pugi::xml_node model, pugi::xml_node test, pugi::xml_node result) {
  auto const decision =
      model.find_child_by_attribute("decision", "name", result.attribute("name").value());
  EXPECT_TRUE(decision);
  if (auto const table = decision.child("decisionTable"))
    return "decision_table_" + std::string{table.attribute("hitPolicy").as_string("UNIQUE")};
  std::string text = decision.child("literalExpression").child_value("text");
  Context variables;
  for (auto const node : test.children("inputNode")) {
    std::string const name = node.attribute("name").value();
    text = replaced(text, name, identifier(name));
    variables.emplace(identifier(name), input(node));
  }
  auto const expression = Expression::compile(text);
  if (!expression) {
    EXPECT_FALSE(expression.error().arguments.at("found").empty());
    return expression.error().arguments.at("construct");
  }
  static Calendar const calendar = seed_calendar();
  auto const value = expression->evaluate(variables, calendar);
  EXPECT_EQ(to_json(value), to_json(typed(result.child("expected").child("value")))) << text;
  return {};
}

/// A case passes with all its values, and is refused for the first that is.
void count(pugi::xml_node model, pugi::xml_node test, Counts& counts) {
  ++counts.cases;
  std::string refused;
  for (auto const result : test.children("resultNode"))
    if (auto const construct = run(model, test, result); refused.empty()) refused = construct;
  if (refused.empty())
    ++counts.passed;
  else
    ++counts.refused[refused];
}

TEST(FeelTck, PassesOrIsRefusedByNameAsTheReadmeSays) {
  auto const vectors = tests::shared("vectors/feel");
  if (!vectors) GTEST_SKIP() << "no ../shared/vectors/feel";
  std::map<std::string, Counts> folders;
  for (auto const& folder : fs::directory_iterator{*vectors}) {
    if (!folder.is_directory()) continue;
    std::string const name = folder.path().filename();
    SCOPED_TRACE(name);
    pugi::xml_document model;
    pugi::xml_document tests;
    ASSERT_TRUE(model.load_file((folder.path() / (name + ".dmn")).c_str()));
    ASSERT_TRUE(tests.load_file((folder.path() / (name + "-test-01.xml")).c_str()));
    for (auto const test : tests.child("testCases").children("testCase")) {
      SCOPED_TRACE(test.attribute("id").value());
      count(model.child("definitions"), test, folders[name]);
    }
  }
  Counts all;
  std::printf("| %-36s | %5s | %6s | %s\n", "DMN TCK", "cases", "passed", "refused by name");
  for (auto const& [name, counts] : folders) {
    print_row(name, counts);
    all += counts;
  }
  print_row("all", all);
  EXPECT_EQ(all.cases, 68);
  EXPECT_EQ(all.passed, 31);
  std::map<std::string, int> const refused{
      {"division", 12},          {"power", 7},
      {"unknown_function", 3},   {"decision_table_UNIQUE", 6},
      {"decision_table_ANY", 3}, {"decision_table_PRIORITY", 6}};
  EXPECT_EQ(all.refused, refused);
}

}  // namespace
}  // namespace qyzmet::engine
