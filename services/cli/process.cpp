// `qyzmet process check`: a BPMN file, or the folder of a definition package, against the
// executable profile; every reason to refuse it in one answer.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "services/cli/commands.hpp"
#include "services/cli/process.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet process check FILE|FOLDER [--process ID] [--profile standard|test] [--json]\n"
    "FILE is a BPMN file, FOLDER a definition package";

Violations check(fs::path const& path, Options const& options) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    auto const package = read_package(path);
    return package ? Violations{} : package.error();
  }
  auto const definition = read_drawing(path, options);
  return definition ? Violations{} : definition.error();
}

void print_json(Violations const& violations) {
  json::array list;
  for (auto const& v : violations)
    list.push_back(json::object{{"file", v.file},
                                {"line", v.line},
                                {"element", v.element},
                                {"reason", v.reason},
                                {"text", v.text}});
  json::object const answer{{"valid", violations.empty()}, {"violations", std::move(list)}};
  std::puts(json::serialize(answer).c_str());
}

}  // namespace

engine::Checked<std::shared_ptr<engine::Package const>> read_package(fs::path const& folder) {
  std::map<std::string, std::string, std::less<>> files;
  for (auto const& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = platform::read_file(entry.path());
  return engine::load_package(std::move(files), "");
}

engine::Checked<engine::Definition> read_drawing(fs::path const& file, Options const& options) {
  return engine::read_bpmn(
      platform::read_file(file), file.filename().string(), options.get("--process"),
      is_test_profile(options) ? engine::Profile::test : engine::Profile::standard);
}

std::expected<fs::path, std::string> path_of(Options const& options) {
  auto const profile = options.get("--profile", "standard");
  if (options.words().size() != 1 || (profile != "standard" && profile != "test"))
    return std::unexpected("");
  fs::path path{options.words().front()};
  std::error_code error;
  if (!fs::exists(path, error)) return std::unexpected("there is no " + path.string());
  return path;
}

bool is_test_profile(Options const& options) {
  return options.get("--profile") == "test";
}

void print(Violations const& violations) {
  for (auto const& v : violations)
    std::printf("%s:%d: %s: %s: %s\n", v.file.c_str(), v.line, v.element.c_str(), v.reason.c_str(),
                v.text.c_str());
}

int run_process_check(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--process", "--profile"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const path = path_of(*options);
  if (!path) return wrong_use(path.error().empty() ? k_usage : path.error());
  auto const violations = check(*path, *options);
  if (options->has("--json"))
    print_json(violations);
  else
    print(violations);
  if (violations.empty() && !options->has("--json")) std::puts("valid");
  return violations.empty() ? 0 : 1;
}

}  // namespace qyzmet::cli
