// `qyzmet process explore` and `replay`: what a person gets who changes a process, and the seed
// packages of the program.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/explore.hpp"
#include "services/cli/commands.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class ProcessExplore : public testing::Test {
 protected:
  ProcessExplore()
      : folder_{fs::temp_directory_path() / ("qyzmet-explore-" + std::to_string(::getpid()))} {
    fs::create_directories(folder_);
    fs::copy(fs::path{QYZMET_SOURCE_DIR} / "services/military_id", package(),
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

TEST_F(ProcessExplore, a_package_that_keeps_the_law_is_proven) {
  auto const report = answer(cli::run_process_explore, {package().string(), "--json"}, 0);
  EXPECT_TRUE(report.at("proven").as_bool());
  EXPECT_GT(report.at("states").as_int64(), 1'000);
  EXPECT_TRUE(report.at("findings").as_array().empty());
}

TEST_F(ProcessExplore, a_rule_that_is_missing_is_shown_by_a_script_that_can_be_run) {
  // The head may sign a refusal at once.
  replace("service.xml", "wd_add(hearing.delivered_on, 3)\" rule=\"R77-36\"",
          "wd_add(hearing.delivered_on, 0)\" rule=\"R77-36\"");
  auto const scripts = folder_ / "scripts";
  auto const report = answer(cli::run_process_explore,
                             {package().string(), "--json", "--scripts", scripts.string()}, 1);
  auto const& finding = report.at("findings").as_array().at(0);
  EXPECT_EQ(finding.at("property").as_string(), "observer");
  EXPECT_EQ(finding.at("element").as_string(), "three_days_after_the_notice");
  EXPECT_EQ(finding.at("rule").as_string(), "R77-36");
  EXPECT_LE(finding.at("script").at("events").as_array().size(), 12U);
  auto const script = scripts / "observer-three_days_after_the_notice.json";
  ASSERT_TRUE(fs::exists(script));
  auto const lines =
      answer(cli::run_process_replay, {script.string(), package().string(), "--json"}, 0);
  auto const& last = lines.as_array().back();
  EXPECT_EQ(last.at("broken").as_array().at(0).as_string(), "three_days_after_the_notice");
  // Where the rule is not missing, the same script is refused.
  replace("service.xml", "wd_add(hearing.delivered_on, 0)", "wd_add(hearing.delivered_on, 3)");
  answer(cli::run_process_replay, {script.string(), package().string(), "--json"}, 1);
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

TEST(Seeds, every_package_of_the_program_is_proven) {
  for (auto const& service : seeds::services()) {
    auto const package = seeds::package(service);
    ASSERT_TRUE(package) << service;
    auto const report = engine::explore(**package, seeds::calendar());
    for (auto const& finding : report.findings)
      ADD_FAILURE() << service << ": " << finding.property << ' ' << finding.element << ": "
                    << finding.text;
    EXPECT_TRUE(report.proven()) << service;
  }
}

}  // namespace
}  // namespace qyzmet::tests
