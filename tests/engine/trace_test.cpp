// The conformance suite through the virtual clock: every case of betsy, as it is and with all names
// changed, and what of the outside suites is refused. Prints a table.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdio>
#include <regex>

#include "engine/trace.hpp"
#include "tests/engine/game.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::engine {
namespace {

namespace json = boost::json;
using Log = std::multiset<std::string>;

/// All errors are alike.
Log log_of(std::vector<std::string> const& entries) {
  Log out;
  for (auto const& entry : entries) out.insert(entry.starts_with("ERROR") ? "ERROR" : entry);
  return out;
}

std::string text(json::value const& value) {
  return std::string{value.as_string()};
}

Context variables_of(json::object const& test_case) {
  auto const& input = test_case.at("input");
  return {{"test", input.is_null() ? std::string{} : text(input)},
          {"integerVariable", test_case.at("integerVariable").as_int64()}};
}

void print(std::string_view name, int passed, int all) {
  std::printf("| %-46s | %3d of %3d |\n", std::string{name}.c_str(), passed, all);
}

/// "SCRIPT_task12" -> "SCRIPT_task4012".
std::string renumbered(std::string const& words) {
  static std::regex const numbers{"SCRIPT_task"};
  return std::regex_replace(words, numbers, "SCRIPT_task40");
}

/// Every id that stands in the file, wherever it is used, becomes another one.
std::string renamed(std::string xml) {
  static std::regex const id{"\\bid=\"([^\"]+)\""};
  std::set<std::string> ids;
  for (std::sregex_iterator it{xml.begin(), xml.end(), id}, last; it != last; ++it)
    ids.insert((*it)[1]);
  int number = 0;
  for (auto const& name : ids) {
    auto const fresh =
        "x" + std::to_string(++number) + "_" + std::string(name.rbegin(), name.rend());
    for (auto const& [open, close] : {std::pair{'"', '"'}, std::pair{'>', '<'}}) {
      auto const old = open + name + close;
      auto const now = open + fresh + close;
      for (std::size_t at = 0; (at = xml.find(old, at)) != std::string::npos; at += now.size() - 1)
        xml.replace(at, old.size(), now);
    }
  }
  return renumbered(xml);
}

/// The id of the process whose place in the file is that of `id` in the original.
std::string renamed_id(std::string const& original, std::string const& xml, std::string const& id) {
  static std::regex const process{"process[^>]*?\\bid=\"([^\"]+)\""};
  std::sregex_iterator before{original.begin(), original.end(), process};
  std::sregex_iterator after{xml.begin(), xml.end(), process};
  for (std::sregex_iterator last; before != last && after != last; ++before, ++after)
    if ((*before)[1] == id) return (*after)[1];
  return id;
}

Log run(std::string const& xml, std::string const& process, Context const& variables) {
  auto definition = read_bpmn(xml, "case.bpmn", process, Profile::test);
  if (!definition) return {"ERROR refused: " + report(definition.error())};
  auto const package = package_around(*std::move(definition), variables);
  auto const result =
      trace(package, seed(), variables, at("2026-11-23T10:00"), std::chrono::minutes{1});
  EXPECT_FALSE(result.refused) << text_of(result.refused);
  return log_of(result.log);
}

TEST(Trace, every_case_of_betsy_logs_what_the_suite_expects) {
  auto const root = tests::shared("vectors/bpmn/betsy");
  if (!root) GTEST_SKIP() << "no shared vectors";
  int files = 0, files_passed = 0, cases = 0, passed = 0, changed = 0;
  for (auto const& test : json::parse(read_text(*root / "expected.json")).at("tests").as_array()) {
    auto const xml = read_text(*root / text(test.at("file")));
    auto const other = renamed(xml);
    auto const process = text(test.at("processId"));
    bool all = true;
    for (auto const& each : test.at("cases").as_array()) {
      std::vector<std::string> expected, renumbered_entries;
      for (auto const& entry : each.at("expected").as_array()) {
        expected.push_back(text(entry));
        renumbered_entries.push_back(renumbered(text(entry)));
      }
      auto const variables = variables_of(each.as_object());
      auto const found = run(xml, process, variables);
      EXPECT_EQ(found, log_of(expected)) << text(test.at("id"));
      auto const found_renamed = run(other, renamed_id(xml, other, process), variables);
      EXPECT_EQ(found_renamed, log_of(renumbered_entries)) << text(test.at("id")) << ", renamed";
      ++cases;
      passed += int(found == log_of(expected));
      changed += int(found_renamed == log_of(renumbered_entries));
      all = all && found == log_of(expected);
    }
    ++files;
    files_passed += int(all);
  }
  print("betsy: definitions", files_passed, files);
  print("betsy: cases", passed, cases);
  print("betsy: cases, all ids and numbers changed", changed, cases);
  EXPECT_EQ(files, 28);
  EXPECT_EQ(cases, 41);
}

TEST(Trace, what_lies_outside_the_profile_is_refused_by_name) {
  auto const rejected = tests::shared("vectors/bpmn/betsy-rejected");
  auto const miwg = tests::shared("vectors/bpmn/miwg");
  if (!rejected || !miwg) GTEST_SKIP() << "no shared vectors";
  int files = 0, refused = 0;
  for (auto const& test :
       json::parse(read_text(*rejected / "expected.json")).at("tests").as_array()) {
    auto const read = read_bpmn(read_text(*rejected / text(test.at("file"))), "case.bpmn",
                                text(test.at("processId")), Profile::test);
    ++files;
    refused += int(!read && !read.error().front().reason.empty());
  }
  print("betsy, outside the profile: refused by name", refused, files);
  EXPECT_EQ(refused, files);
  int models = 0, named = 0;
  for (auto const* name : {"A.1.0", "A.2.0", "A.2.1", "A.3.0", "A.4.0", "A.4.1"}) {
    auto const read = read_bpmn(read_text(*miwg / (std::string{name} + ".bpmn")), name);
    ++models;
    named += int(read || !read.error().front().reason.empty());
  }
  print("MIWG: accepted or refused by name", named, models);
  EXPECT_EQ(named, models);
}

/// A script of the suite, on its own between a start and an end.
std::string scripted(std::string const& word, std::string const& more, std::string const& paths) {
  return R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
    <error id="x" errorCode="E1"/><process id="p" isExecutable="true">)" +
         start() + node("scriptTask", "a", "<script>" + word + "</script>") +
         node("scriptTask", "b", "<script>SCRIPT_task1</script>") + end() + more +
         flows({"s>a>b>e", paths}) + "</process></definitions>";
}

TEST(Trace, scripts_wait_and_fail_as_the_suite_says) {
  auto const caught = node("scriptTask", "c", "<script>SCRIPT_task2</script>") + end("ec");
  auto const by_error = boundary("f", "a", "<errorEventDefinition errorRef=\"x\"/>") + caught;
  auto const by_time = [&](std::string_view after) {
    return boundary("f", "a", duration(after)) + caught;
  };
  EXPECT_EQ(run(scripted("WAIT_TEN_SECONDS", by_time("PT3S"), "f>c>ec"), "p", {}),
            Log{"SCRIPT_task2"});
  EXPECT_EQ(run(scripted("WAIT_TEN_SECONDS", by_time("PT11S"), "f>c>ec"), "p", {}),
            Log{"SCRIPT_task1"});
  EXPECT_EQ(run(scripted("THROW_ERROR", by_error, "f>c>ec"), "p", {}), Log{"SCRIPT_task2"});
  EXPECT_EQ(run(scripted("THROW_ERROR", "", ""), "p", {}), Log{"ERROR"});
}

TEST(Trace, tells_each_node_and_its_time) {
  auto const body = start() + task("t") + end() + boundary("b", "t", duration("PT2H")) +
                    service("n", "notify") + end("en") + flows({"s>t>e", "b>n>en"});
  auto const rules = package(body);
  auto const told =
      trace(*rules, seed(), {{"place", "city"}}, at("2026-11-23T10:00"), std::chrono::hours{24});
  std::vector<std::string> nodes;
  for (auto const& line : told.lines) nodes.push_back(line.node);
  EXPECT_EQ(nodes, (std::vector<std::string>{"s", "t", "b", "n", "en"}));
  EXPECT_EQ(told.lines.back().at, at("2026-11-23T12:00"));
  EXPECT_TRUE(told.end.ended);
}

}  // namespace
}  // namespace qyzmet::engine
