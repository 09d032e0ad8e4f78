// `qyzmet process explore` and `replay`: what a person gets who changes a process.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "services/cli/commands.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class ProcessExplore : public testing::Test {
 protected:
  explicit ProcessExplore(std::string_view service = "military_id")
      : folder_{fs::temp_directory_path() / ("qyzmet-explore-" + std::to_string(::getpid()))} {
    fs::create_directories(folder_);
    fs::copy(fs::path{QYZMET_SOURCE_DIR} / "services" / service, package(),
             fs::copy_options::recursive);
  }
  ~ProcessExplore() override { fs::remove_all(folder_); }

  fs::path package() const { return folder_ / "package"; }

  void replace(std::string_view file, std::string_view from, std::string_view to) {
    std::ostringstream bytes;
    bytes << std::ifstream{package() / file, std::ios::binary}.rdbuf();
    auto text = bytes.str();
    auto const at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    std::ofstream{package() / file, std::ios::binary} << text;
  }

  template <class Run>
  json::value answer(Run run, std::vector<std::string> const& words, int expected) {
    std::vector<std::string_view> const views(words.begin(), words.end());
    testing::internal::CaptureStdout();
    int const code = run(views);
    auto const text = testing::internal::GetCapturedStdout();
    EXPECT_EQ(code, expected) << text;
    return json::parse(text);
  }

  fs::path folder_;
};

TEST_F(ProcessExplore, what_was_not_gone_through_is_not_called_proven) {
  auto const scripts = folder_ / "scripts";
  auto const report = answer(
      cli::run_process_explore,
      {package().string(), "--json", "--states-max", "300", "--scripts", scripts.string()}, 1);
  EXPECT_FALSE(report.at("proven").as_bool());
  EXPECT_GT(report.at("states").as_int64(), 300);
  auto const script = scripts / "unfinished.json";
  ASSERT_TRUE(fs::exists(script));
  auto const lines =
      answer(cli::run_process_replay, {script.string(), package().string(), "--json"}, 0);
  EXPECT_FALSE(lines.as_array().empty());
}

TEST_F(ProcessExplore, observers_that_name_nothing_are_refused) {
  replace("observers.xml", "orders(refusal)", "orders(nothing)");
  auto const report = answer(cli::run_process_explore, {package().string(), "--json"}, 1);
  auto const& finding = report.at("findings").as_array().at(0);
  EXPECT_EQ(finding.at("property").as_string(), "observers");
  EXPECT_TRUE(std::string_view{finding.at("text").as_string()}.contains("observers.xml:"));
}

class ExploreRegistration : public ProcessExplore {
 protected:
  ExploreRegistration() : ProcessExplore{"registration"} {}
};

TEST_F(ExploreRegistration, service_78_is_proven_over_all_its_states) {
  auto const report = answer(cli::run_process_explore, {package().string(), "--json"}, 0);
  EXPECT_TRUE(report.at("proven").as_bool());
  EXPECT_TRUE(report.at("findings").as_array().empty());
  EXPECT_GT(report.at("states").as_int64(), 100);
}

TEST_F(ExploreRegistration, a_breach_that_is_told_too_late_is_found_with_the_shortest_way_there) {
  replace("process.bpmn", ">T.registration<", ">T.end<");
  auto const report = answer(cli::run_process_explore, {package().string(), "--json"}, 1);
  auto const& finding = report.at("findings").as_array().at(0);
  EXPECT_EQ(finding.at("element").as_string(), "registered_or_breach");
  EXPECT_EQ(finding.at("rule").as_string(), "R78-08");
  LAW("R78-08");
  EXPECT_EQ(finding.at("script").at("events").as_array().size(), 2U) << "it starts, a day passes";
}

TEST_F(ProcessExplore, what_is_not_there_is_wrong_use) {
  std::vector<std::string_view> const none;
  EXPECT_EQ(cli::run_process_explore(none), 2);
  EXPECT_EQ(cli::run_process_explore(std::vector<std::string_view>{"/nowhere"}), 2);
  auto const path = package().string();
  EXPECT_EQ(cli::run_process_explore(std::vector<std::string_view>{path, "--states-max", "-1"}), 2);
  EXPECT_EQ(cli::run_process_replay(std::vector<std::string_view>{path}), 2);
  std::ofstream{folder_ / "script.json"} << "{}";
  auto const script = (folder_ / "script.json").string();
  EXPECT_EQ(cli::run_process_replay(std::vector<std::string_view>{script, path}), 2);
}

}  // namespace
}  // namespace qyzmet::tests
