// `qyzmet process check`: a BPMN file, or the folder of a definition package, against the
// executable profile; every reason to refuse it in one answer.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "engine/package.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet process check FILE|FOLDER [--process ID] [--profile standard|test] [--json]\n"
    "FILE is a BPMN file, FOLDER a definition package";

using Violations = std::vector<engine::Violation>;

Violations check_package(fs::path const& folder) {
  std::map<std::string, std::string, std::less<>> files;
  for (auto const& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = platform::read_file(entry.path());
  auto const package = engine::load_package(std::move(files), "");
  return package ? Violations{} : package.error();
}

Violations check_file(fs::path const& file, Options const& options) {
  auto const profile = options.get("--profile", "standard") == "test" ? engine::Profile::test
                                                                      : engine::Profile::standard;
  auto const definition = engine::read_bpmn(platform::read_file(file), file.filename().string(),
                                            options.get("--process"), profile);
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

void print_text(Violations const& violations) {
  for (auto const& v : violations)
    std::printf("%s:%d: %s: %s: %s\n", v.file.c_str(), v.line, v.element.c_str(), v.reason.c_str(),
                v.text.c_str());
  if (violations.empty()) std::puts("valid");
}

}  // namespace

int run_process_check(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--process", "--profile"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const profile = options->get("--profile", "standard");
  if (options->words().size() != 1 || (profile != "standard" && profile != "test"))
    return wrong_use(k_usage);
  fs::path const path{options->words().front()};
  std::error_code error;
  if (!fs::exists(path, error)) return wrong_use("there is no " + path.string());
  auto const violations =
      fs::is_directory(path, error) ? check_package(path) : check_file(path, *options);
  if (options->has("--json"))
    print_json(violations);
  else
    print_text(violations);
  return violations.empty() ? 0 : 1;
}

}  // namespace qyzmet::cli
