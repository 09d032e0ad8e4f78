// `qyzmet process draw` and `qyzmet process moddle` as a person or a script uses them.
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/services/command.hpp"

namespace qyzmet::cli {
namespace {

namespace fs = std::filesystem;

using tests::Answer;

Answer run(int (*command)(Arguments), std::vector<std::string> const& words) {
  return tests::run(command, {words.begin(), words.end()});
}

class ProcessDraw : public testing::Test {
 protected:
  ProcessDraw()
      : folder_{fs::temp_directory_path() / ("qyzmet-draw-" + std::to_string(::getpid()))} {
    fs::create_directories(folder_);
  }
  ~ProcessDraw() override { fs::remove_all(folder_); }

  std::string write(std::string const& name, std::string const& text) {
    auto const path = (folder_ / name).string();
    std::ofstream{path, std::ios::binary} << text;
    return path;
  }
  static std::string read(std::string const& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  Answer with_state(std::string const& state) {
    return run(run_process_draw, {process_, "--state", write("state.json", state)});
  }

  fs::path folder_;
  std::string const process_ =
      std::string{QYZMET_SOURCE_DIR} + "/services/military_id/process.bpmn";
};

TEST_F(ProcessDraw, WritesTheSamePictureToAFileAndToStandardOutput) {
  auto const printed = run(run_process_draw, {process_});
  EXPECT_EQ(printed.code, 0);
  EXPECT_TRUE(printed.out.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_TRUE(printed.out.contains("<style>"));
  auto const path = (folder_ / "out.svg").string();
  for (auto const* option : {"-o", "--out"}) {
    auto const written = run(run_process_draw, {process_, option, path});
    EXPECT_EQ(written.code, 0);
    EXPECT_EQ(written.out, "");
    EXPECT_EQ(read(path), printed.out);
  }
}

TEST_F(ProcessDraw, PutsTheStateOnThePicture) {
  auto const answer = with_state(
      R"({"Task_Review": {"tokens": 2, "count": 120, "avg_days": 2.5},
          "Task_Register": {"done": true, "breach": true}})");
  EXPECT_EQ(answer.code, 0) << answer.error;
  EXPECT_TRUE(answer.out.contains("id=\"n-Task_Review\" class=\"node active heat-5\""));
  EXPECT_TRUE(answer.out.contains("id=\"n-Task_Register\" class=\"node done breach\""));
  EXPECT_TRUE(answer.out.contains(">120 · Ø2.5<"));
}

TEST_F(ProcessDraw, SpeaksTheLanguagesOfThePackage) {
  auto const russian = run(run_process_draw, {process_, "--language", "ru"});
  EXPECT_EQ(russian.code, 0) << russian.error;
  EXPECT_TRUE(russian.out.contains("xml:lang=\"ru\""));
  EXPECT_TRUE(russian.out.contains("<title>Проверка документов"));
  EXPECT_EQ(run(run_process_draw, {process_, "--language", "de"}).code, 2);
  auto const alone = write("alone.bpmn", read(process_));
  auto const answer = run(run_process_draw, {alone, "--language", "ru"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_TRUE(answer.error.contains("there are no texts in")) << answer.error;
}

TEST_F(ProcessDraw, NamesWhatIsWrongWithTheState) {
  for (auto const& [state, reason] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "is no JSON object"},
           {"{", "is no JSON object"},
           {R"({"Task_None": {}})", "Task_None"},
           {R"({"Task_Review": 1})", "Task_Review wants an object"},
           {R"({"Task_Review": {"tokens": -1}})", "Task_Review: tokens"},
           {R"({"Task_Review": {"avg_days": "x"}})", "Task_Review: avg_days"},
           {R"({"Task_Review": {"colour": 1}})", "Task_Review: colour"}}) {
    auto const answer = with_state(state);
    EXPECT_EQ(answer.code, 2) << state;
    EXPECT_TRUE(answer.error.contains(reason)) << answer.error;
    EXPECT_EQ(answer.out, "");
  }
}

TEST_F(ProcessDraw, SaysWhyThereIsNoPicture) {
  struct Case {
    std::vector<std::string> words;
    int code;
    std::string reason;
  };
  for (auto const& each :
       std::vector<Case>{{{}, 2, "usage"},
                         {{process_, process_}, 2, "usage"},
                         {{(folder_ / "absent.bpmn").string()}, 2, "there is no file"},
                         {{folder_.string()}, 2, "there is no file"},
                         {{process_, "-o"}, 2, "wants a value"},
                         {{process_, "--process", "nobody"}, 1, "no diagram interchange"},
                         {{write("page.html", "<html/>")}, 1, "not a BPMN file"},
                         {{process_, "-o", (folder_ / "none" / "out.svg").string()},
                          1,
                          "could not be written"}}) {
    auto const answer = run(run_process_draw, each.words);
    EXPECT_EQ(answer.code, each.code) << answer.error;
    EXPECT_TRUE(answer.error.contains(each.reason)) << answer.error;
  }
}

TEST(ProcessModdle, PrintsWhatBpmnToolsNeed) {
  auto const descriptor = run(run_process_moddle, {});
  EXPECT_EQ(descriptor.code, 0);
  EXPECT_EQ(boost::json::parse(descriptor.out).at("uri").as_string(), "urn:kz:workflow:1");
  auto const templates = run(run_process_moddle, {"--templates"});
  EXPECT_GT(boost::json::parse(templates.out).as_array().size(), 5U);
  EXPECT_EQ(run(run_process_moddle, {"x"}).code, 2);
  EXPECT_EQ(run(run_process_moddle, {"--x"}).code, 2);
}

}  // namespace
}  // namespace qyzmet::cli
