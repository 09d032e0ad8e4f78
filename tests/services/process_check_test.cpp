// `qyzmet process check` on files that are no drawing, or no drawing of ours: reasons with lines,
// in bounded time and memory.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "services/cli/commands.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view k_head =
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"\n"
    "  xmlns:wf=\"urn:kz:workflow:1\">\n<process id=\"p\" isExecutable=\"true\">\n";
constexpr std::string_view k_foot = "</process></definitions>";

int check(std::vector<std::string_view> const& words) {
  return cli::run_process_check(words);
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

class ProcessCheck : public testing::Test {
 protected:
  ProcessCheck()
      : folder_{fs::temp_directory_path() / ("qyzmet-check-" + std::to_string(::getpid()))} {
    fs::create_directories(folder_);
  }
  ~ProcessCheck() override { fs::remove_all(folder_); }

  json::array violations_of(std::string_view name, std::string_view bytes) {
    auto const path = (folder_ / name).string();
    std::ofstream{path, std::ios::binary} << bytes;
    testing::internal::CaptureStdout();
    int const code = check({path, "--json"});
    auto const answer = json::parse(testing::internal::GetCapturedStdout());
    EXPECT_EQ(code, 1) << name;
    EXPECT_FALSE(answer.at("valid").as_bool()) << name;
    return answer.at("violations").as_array();
  }
  void expect_reason(std::string_view bytes, std::string_view reason, int line) {
    auto const found = violations_of("file.bpmn", bytes);
    ASSERT_FALSE(found.empty()) << reason;
    EXPECT_EQ(found[0].at("reason").as_string(), reason);
    EXPECT_EQ(found[0].at("line").as_int64(), line) << reason;
    EXPECT_EQ(found[0].at("file").as_string(), "file.bpmn");
    EXPECT_GT(found[0].at("text").as_string().size(), 10U) << "what to do about it";
  }

  fs::path folder_;
};

TEST_F(ProcessCheck, hostile_files_are_refused_on_the_line_where_they_turn_bad) {
  auto const head = std::string{k_head};
  expect_reason("", "malformed", 1);
  expect_reason("<a>\n<b>\n</a>", "malformed", 3);
  expect_reason(head + "\xff", "malformed", 4);
  expect_reason(head + std::string(1, '\0'), "malformed", 4);
  expect_reason("\x89PNG\r\n\x1a\n", "malformed", 1);
  expect_reason(
      "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"b\"><!ENTITY c \"&b;&b;\">]>\n<a/>",
      "doctype", 2);
  expect_reason("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "doctype", 1);
  expect_reason(head + repeated("<a>\n", 70), "too_deep", 66);
  expect_reason(head + "\n<a" + repeated(" x=''", 65) + "/>", "too_many_attributes", 5);
  expect_reason("<a>\n" + repeated("<b/>", 100'001), "too_many_elements", 2);
  expect_reason(std::string(5 << 20, ' '), "too_large", 1);
  expect_reason("<html><body>no drawing</body></html>", "not_bpmn", 1);
}

TEST_F(ProcessCheck, a_long_name_and_many_faults_give_a_bounded_answer) {
  auto const id = std::string(1 << 20, 'i');
  auto const many = violations_of("many.bpmn", std::string{k_head} + "<lane id=\"" + id + "\">" +
                                                   repeated("<choreographyTask/>", 50'000) +
                                                   "</lane>" + std::string{k_foot});
  EXPECT_LE(many.size(), 3'000U);
  EXPECT_GE(many.size(), 1'000U);
  for (auto const& violation : many) ASSERT_LE(violation.at("element").as_string().size(), 200U);
}

TEST_F(ProcessCheck, the_largest_files_are_judged_in_seconds) {
  auto const began = std::chrono::steady_clock::now();
  std::string tasks{k_head};
  for (int i = 0; i < 21'000; ++i) {
    auto const n = std::to_string(i);
    tasks += "<userTask id=\"t" + n + "\" wf:role=\"r\" wf:form=\"f\"/><sequenceFlow id=\"f" + n +
             "\" sourceRef=\"t" + n + "\" targetRef=\"t" + std::to_string(i / 2) + "\"/>\n";
  }
  auto const found = violations_of("large.bpmn", tasks + std::string{k_foot});
  EXPECT_FALSE(found.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{60});
}

TEST_F(ProcessCheck, what_is_not_there_is_wrong_use) {
  auto const absent = (folder_ / "absent.bpmn").string();
  EXPECT_EQ(check({absent}), 2);
  EXPECT_THROW(check({"/dev/zero"}), std::runtime_error) << "endless";
  EXPECT_EQ(check({}), 2);
}

TEST_F(ProcessCheck, a_package_without_its_files_names_them) {
  auto const package = folder_ / "package";
  auto const path = package.string();
  fs::create_directories(package);
  std::ofstream{package / "service.xml"} << "<!DOCTYPE a><service/>";
  testing::internal::CaptureStdout();
  EXPECT_EQ(check({path}), 1);
  EXPECT_TRUE(testing::internal::GetCapturedStdout().contains("process.bpmn"));
}

}  // namespace
}  // namespace qyzmet::tests
