// `qyzmet process trace`: log entries of the conformance suite, one line a node otherwise, and
// reasons when it cannot run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/cli/commands.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;

struct Said {
  int code = 0;
  std::string out, err;
};

Said trace(std::vector<std::string_view> const& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.code = cli::run_process_trace(words);
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

constexpr std::string_view k_drawing =
    R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:wf="urn:kz:workflow:1"><process id="p" isExecutable="true">
  <startEvent id="s"/><scriptTask id="a"><script>SCRIPT_task1</script>
    <multiInstanceLoopCharacteristics><loopCardinality>n</loopCardinality>
    </multiInstanceLoopCharacteristics></scriptTask>
  <intermediateCatchEvent id="w"><timerEventDefinition><timeDuration>PT30S</timeDuration>
    </timerEventDefinition></intermediateCatchEvent>
  <scriptTask id="b"><script>CREATE_MARKER_FILE</script></scriptTask><endEvent id="e"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
  <sequenceFlow id="f2" sourceRef="a" targetRef="w"/>
  <sequenceFlow id="f3" sourceRef="w" targetRef="b"/>
  <sequenceFlow id="f4" sourceRef="b" targetRef="e"/></process></definitions>)";

class ProcessTrace : public testing::Test {
 protected:
  ProcessTrace()
      : folder_{fs::temp_directory_path() / ("qyzmet-trace-" + std::to_string(::getpid()))},
        file_{(folder_ / "p.bpmn").string()} {
    fs::create_directories(folder_);
    std::ofstream{file_} << k_drawing;
  }
  ~ProcessTrace() override { fs::remove_all(folder_); }

  fs::path folder_;
  std::string file_;
};

TEST_F(ProcessTrace, prints_exactly_the_log_entries_in_the_test_profile) {
  auto const whole = trace({file_, "--profile", "test", "--var", "n=2"});
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(whole.out, "SCRIPT_task1\nSCRIPT_task1\nMARKER_exists\n");
  EXPECT_EQ(trace({file_, "--profile", "test", "--var", "n=1", "--until", "29s"}).out,
            "SCRIPT_task1\n");
  EXPECT_EQ(trace({file_, "--profile", "test", "--var", "n=-1"}).out, "ERROR error.loop_count\n");
}

TEST_F(ProcessTrace, tells_each_node_of_a_package_with_its_time) {
  auto const told = trace(
      {QYZMET_SOURCE_DIR "/services/military_id", "--from", "2026-11-23T10:00", "--until", "20d"});
  EXPECT_EQ(told.code, 0) << told.err << told.out;
  EXPECT_TRUE(told.out.starts_with("2026-11-23T10:00:00+05:00  Start_Application")) << told.out;
  EXPECT_NE(told.out.find("2026-11-24T00:00:00+05:00  Svc_RegisterBreach"), std::string::npos)
      << told.out;
}

TEST_F(ProcessTrace, says_why_it_cannot_run) {
  auto const refused = trace({file_});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.out.find("p.bpmn:3: a: script_task: "), std::string::npos) << refused.out;
  EXPECT_EQ(trace({file_, "--until", "soon"}).code, 2);
  EXPECT_EQ(trace({file_, "--from", "today"}).code, 2);
  EXPECT_EQ(trace({file_, "--profile", "test", "--var", "n"}).code, 2);
  EXPECT_EQ(trace({(folder_ / "none.bpmn").string()}).code, 2);
  EXPECT_EQ(trace({}).code, 2);
}

}  // namespace
}  // namespace qyzmet::tests
