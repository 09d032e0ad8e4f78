// `qyzmet process draw`: the picture of a BPMN file as SVG, with what is known of its nodes on it.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/platform/file.hpp"
#include "templates/assets.hpp"
#include "templates/diagram/diagram.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet process draw FILE [-o OUT.svg] [--process ID] [--state STATE.json]\n"
    "       [--language kk|ru|en]: names of the package in which FILE lies\n"
    "STATE: {\"<element id>\": {\"tokens\": 1, \"done\": true, \"breach\": 2, \"count\": 120,\n"
    "       \"avg_days\": 2.5}, ...}, all of them optional";

using Failure = std::string;

/// A whole number from 0 to a million; true is 1.
std::optional<int> small_number(json::value const& value) {
  constexpr std::int64_t k_max = 1'000'000;
  if (value.is_bool()) return value.get_bool() ? 1 : 0;
  boost::system::error_code error;
  auto const number = value.to_number<std::int64_t>(error);
  if (error || number < 0 || number > k_max) return std::nullopt;
  return static_cast<int>(number);
}

/// False: the value is none for this key, or the key means nothing.
bool read_fact(diagram::Mark& mark, std::string_view key, json::value const& value) {
  if (key == "avg_days") {
    boost::system::error_code error;
    auto const days = value.to_number<double>(error);
    if (error || days < 0 || days > 1e6) return false;
    mark.average_days = days;
    return true;
  }
  auto const number = small_number(value);
  if (!number) return false;
  if (key == "tokens")
    mark.tokens = *number;
  else if (key == "done")
    mark.done = *number > 0;
  else if (key == "breach")
    mark.breaches = *number;
  else if (key == "count")
    mark.count = *number;
  else
    return false;
  return true;
}

std::expected<diagram::Marks, Failure> read_state(std::string const& path,
                                                  diagram::Diagram const& picture) {
  boost::system::error_code error;
  auto const parsed = json::parse(platform::read_file(path), error);
  if (error || !parsed.is_object()) return std::unexpected(path + " is no JSON object");
  std::set<std::string_view> known;
  for (auto const& shape : picture.shapes) known.insert(shape.id);
  diagram::Marks marks;
  for (auto const& [id, facts] : parsed.get_object()) {
    if (!known.contains(id))
      return std::unexpected("the picture has no element " + std::string{id});
    if (!facts.is_object()) return std::unexpected(std::string{id} + " wants an object");
    auto& mark = marks[id];
    for (auto const& [key, value] : facts.get_object())
      if (!read_fact(mark, key, value))
        return std::unexpected(std::string{id} + ": " + std::string{key} + " is unknown or wrong");
  }
  return marks;
}

/// What the package calls the elements: "diagram.<id>" in texts/<language>.json beside the file.
std::expected<diagram::Dress, Failure> dress_in(std::string const& language,
                                                fs::path const& folder) {
  if (language != "kk" && language != "ru" && language != "en")
    return std::unexpected("the languages are kk, ru and en");
  auto const path = folder / "texts" / (language + ".json");
  boost::system::error_code error;
  auto const parsed = json::parse(platform::find_file(path).value_or(""), error);
  if (error || !parsed.is_object())
    return std::unexpected("there are no texts in " + path.string());
  constexpr std::string_view k_family = "diagram.";
  auto const words = templates::load_catalogue();
  auto const word = [&](char const* key) { return words.text(language, key); };
  diagram::Dress dress{.language = language,
                       .title = {},
                       .words = {.now = word("work.process.now"),
                                 .done = word("work.process.done"),
                                 .breach = word("work.process.breach"),
                                 .count = word("work.process.count"),
                                 .days = word("work.process.days")}};
  for (auto const& [key, text] : parsed.get_object()) {
    if (!text.is_string()) continue;
    if (key.starts_with(k_family))
      dress.names[std::string{key.substr(k_family.size())}] = text.get_string();
    if (key == "service.title") dress.title = text.get_string();
  }
  return dress;
}

std::string reason_of(Error const& error) {
  if (error.text == "error.diagram_absent")
    return "no picture: it has no diagram interchange (BPMNDiagram) of that process";
  if (error.text == "error.diagram_too_large") return "too large to be drawn";
  return "not a BPMN file";
}

/// False when the file could not be written whole.
bool write(std::string const& path, std::string const& svg) {
  if (path.empty() || path == "-")
    return std::fwrite(svg.data(), 1, svg.size(), stdout) == svg.size() && std::fflush(stdout) == 0;
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out.write(svg.data(), static_cast<std::streamsize>(svg.size()));
  out.close();
  return bool{out};
}

/// "-o" is how everybody names an output; the options of this program have two dashes.
std::vector<std::string_view> with_long_names(Arguments arguments) {
  std::vector<std::string_view> words{arguments.begin(), arguments.end()};
  for (auto& word : words)
    if (word == "-o") word = "--out";
  return words;
}

}  // namespace

int run_process_draw(Arguments arguments) {
  auto const words = with_long_names(arguments);
  auto const options = Options::parse(words, {"--out", "--process", "--state", "--language"}, {});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (options->words().size() != 1) return wrong_use(k_usage);
  auto const& path = options->words().front();
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return wrong_use("there is no file " + path);

  auto const picture = diagram::read(platform::read_file(path), options->get("--process"));
  if (!picture) {
    std::fprintf(stderr, "qyzmet: %s: %s\n", path.c_str(), reason_of(picture.error()).c_str());
    return 1;
  }
  diagram::Marks marks;
  if (auto const state = options->get("--state"); !state.empty()) {
    if (!fs::is_regular_file(state, error)) return wrong_use("there is no file " + state);
    auto read = read_state(state, *picture);
    if (!read) return wrong_use(read.error());
    marks = std::move(*read);
  }
  diagram::Dress dress;
  if (auto const language = options->get("--language"); !language.empty()) {
    auto read = dress_in(language, fs::path{path}.parent_path());
    if (!read) return wrong_use(read.error());
    dress = std::move(*read);
  }
  if (picture->name.empty() && dress.title.empty())
    dress.title = fs::path{path}.filename().string();
  auto const out = options->get("--out");
  if (write(out, diagram::draw(*picture, marks, dress))) return 0;
  std::fprintf(stderr, "qyzmet: %s could not be written\n", out.c_str());
  return 1;
}

}  // namespace qyzmet::cli
