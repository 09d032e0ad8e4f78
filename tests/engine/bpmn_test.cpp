// Reading BPMN: outside suites, hostile files, and every rule of the profile by a small file.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "engine/definition.hpp"
#include "tests/engine/story.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::engine {
namespace {

namespace json = boost::json;

using Reasons = std::set<std::string>;

Reasons reasons(std::vector<Violation> const& violations) {
  Reasons out;
  for (auto const& violation : violations) out.insert(violation.reason);
  return out;
}

/// Our name of a construct that the suite calls "inclusiveGateway" or "receiveTask instantiate".
std::string our_name(std::string_view kind) {
  if (kind == "multiInstance behavior") return "multi_instance_behavior";
  std::string out;
  for (char const c : kind) {
    if (c >= 'A' && c <= 'Z') {
      if (!out.empty()) out += '_';
      out += char(c + 32);
    } else {
      out += c == ' ' ? '_' : c;
    }
  }
  return out;
}

bool names(std::vector<Violation> const& violations, json::object const& expected) {
  auto const reason = our_name(expected.at("kind").as_string());
  return std::ranges::any_of(violations, [&](Violation const& v) {
    if (v.reason != reason) return false;
    return expected.at("element").is_null() ||
           (v.element == std::string_view{expected.at("element").as_string()} &&
            v.line == expected.at("line").as_int64());
  });
}

TEST(Bpmn, refuses_every_foreign_construct_of_betsy_by_name_and_line) {
  auto const root = tests::shared("vectors/bpmn/betsy-rejected");
  if (!root) GTEST_SKIP() << "no shared vectors";
  auto const expected = json::parse(read_text(*root / "expected.json"));
  for (auto const& test : expected.at("tests").as_array()) {
    std::string const file{test.at("file").as_string()};
    auto const read = read_bpmn(read_text(*root / file), file,
                                std::string_view{test.at("processId").as_string()}, Profile::test);
    ASSERT_FALSE(read) << file;
    for (auto const& construct : test.at("rejected").as_array()) {
      if (construct.at("kind").as_string() == "complexBehaviorDefinition") continue;  // inside one
      EXPECT_TRUE(names(read.error(), construct.as_object()))
          << file << " lacks " << json::serialize(construct) << "\n"
          << report(read.error());
    }
  }
}

TEST(Bpmn, refuses_the_test_profile_in_production_for_the_listed_reasons_only) {
  auto const root = tests::shared("vectors/bpmn/betsy");
  if (!root) GTEST_SKIP() << "no shared vectors";
  std::map<std::string, Reasons> const listed{
      {"2 processes in one file", {"several_processes"}},
      {"join+fork", {"gateway_joins_and_forks"}},
      {"condition not after XOR", {"condition_not_after_exclusive_gateway"}},
      {"implicit split", {"implicit_split"}},
      {"implicit merge", {"implicit_merge"}}};
  auto const expected = json::parse(read_text(*root / "expected.json"));
  for (auto const& test : expected.at("tests").as_array()) {
    std::string const file{test.at("file").as_string()};
    auto const read = read_bpmn(read_text(*root / file), file,
                                std::string_view{test.at("processId").as_string()});
    ASSERT_FALSE(read) << file;
    auto found = reasons(read.error());
    // Allowed to every file: the suite's scripts and its expression dialect; the default flow.
    for (auto const* always : {"script_task", "loop_cardinality", "expression", "no_default"})
      found.erase(always);
    if (test.at("profile").as_string() == "strict") {
      EXPECT_EQ(found, Reasons{}) << file << "\n" << report(read.error());
      continue;
    }
    for (auto const& reason : test.at("strict_profile_rejects").as_array())
      for (auto const& name : listed.at(std::string{reason.as_string()}))
        EXPECT_TRUE(found.contains(name)) << file << " " << name << "\n" << report(read.error());
  }
}

TEST(Bpmn, reads_the_executable_files_of_betsy_in_the_test_profile) {
  auto const root = tests::shared("vectors/bpmn/betsy");
  if (!root) GTEST_SKIP() << "no shared vectors";
  for (auto const& test : json::parse(read_text(*root / "expected.json")).at("tests").as_array()) {
    std::string const file{test.at("file").as_string()};
    auto const read = read_bpmn(read_text(*root / file), file,
                                std::string_view{test.at("processId").as_string()}, Profile::test);
    EXPECT_TRUE(read) << report(read.error());
  }
}

TEST(Bpmn, refuses_interchange_models_with_named_reasons) {
  auto const root = tests::shared("vectors/bpmn/miwg");
  if (!root) GTEST_SKIP() << "no shared vectors";
  for (auto const* name : {"A.1.0", "A.2.0", "A.2.1", "A.3.0", "A.4.0", "A.4.1"}) {
    auto const read = read_bpmn(read_text(*root / (std::string{name} + ".bpmn")), name);
    ASSERT_FALSE(read) << name;
    auto const found = reasons(read.error());
    EXPECT_TRUE(found.contains("not_executable") && found.contains("task")) << name << "\n"
                                                                            << report(read.error());
    EXPECT_FALSE(found.contains("malformed"));
    if (std::string_view{name}.starts_with("A.4")) {
      EXPECT_TRUE(found.contains("several_processes")) << name;
    }
    if (std::string_view{name} == "A.3.0") {
      EXPECT_TRUE(found.contains("escalation_event_definition"));
    }
  }
}

TEST(Bpmn, reads_the_example_drawing_of_the_language) {
  auto const file = tests::shared("examples/service77.bpmn");
  if (!file) GTEST_SKIP() << "no shared examples";
  auto const read = read_bpmn(read_text(*file), "service77.bpmn");
  ASSERT_TRUE(read) << report(read.error());
  EXPECT_EQ(read->nodes.size(), 51U);
}

std::string refused_as(std::string_view xml) {
  auto const read = read_bpmn(xml, "file.bpmn");
  return read ? "accepted" : read.error().front().reason;
}

TEST(Bpmn, hostile_xml_is_refused_before_it_is_parsed) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  EXPECT_EQ(refused_as(deep), "too_deep");
  std::string wide = "<a";
  for (int i = 0; i < 70; ++i) wide += " x" + std::to_string(i) + "=\"1\"";
  EXPECT_EQ(refused_as(wide + "/>"), "too_many_attributes");
  EXPECT_EQ(refused_as("<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY l2 \"&lol;&lol;\">]><a/>"),
            "doctype");
  std::string many = "<a>";
  for (int i = 0; i < 100'001; ++i) many += "<b/>";
  EXPECT_EQ(refused_as(many + "</a>"), "too_many_elements");
  EXPECT_EQ(refused_as(std::string(4 * 1024 * 1024 + 1, ' ')), "too_large");
  EXPECT_EQ(refused_as(""), "malformed");
  EXPECT_EQ(refused_as("<a><b></a>"), "malformed");
  EXPECT_EQ(refused_as("<a/>"), "not_bpmn");
  EXPECT_EQ(refused_as(std::string_view{"\0<a>\xFF", 5}), "malformed");
}

TEST(Bpmn, mutilated_files_never_crash_the_reader) {
  auto const whole = package_files().at("process.bpmn");
  std::mt19937 random{5};
  for (int i = 0; i < 300; ++i) {
    auto text = whole;
    for (int j = 0; j < 5; ++j) {
      auto const from = random() % text.size();
      if (random() % 2 == 0)
        text.erase(from, random() % 60);
      else
        text[from] = char(random() % 256);
    }
    (void)read_bpmn(text, "file.bpmn");
    (void)read_bpmn(text, "file.bpmn", {}, Profile::test);
    (void)read_bpmn(whole.substr(0, random() % whole.size()), "file.bpmn");
  }
}

TEST(Bpmn, names_the_line_of_each_violation_and_all_of_them_at_once) {
  auto const read = read_bpmn(R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
  <process id="p" isExecutable="true">
    <startEvent id="s"/>
    <inclusiveGateway id="g"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="g"/>
    <sequenceFlow id="f2" sourceRef="g" targetRef="e"/>
    <endEvent id="e">
      <signalEventDefinition/>
    </endEvent>
  </process>
</definitions>)",
                              "p.bpmn");
  ASSERT_FALSE(read);
  ASSERT_EQ(read.error().size(), 2U) << report(read.error());
  EXPECT_EQ(read.error()[0].reason, "inclusive_gateway");
  EXPECT_EQ(read.error()[0].line, 4);
  EXPECT_EQ(read.error()[1].reason, "signal_event_definition");
  EXPECT_EQ(read.error()[1].element, "e");
  EXPECT_EQ(read.error()[1].line, 8);
}

}  // namespace
}  // namespace qyzmet::engine
