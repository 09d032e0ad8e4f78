// `qyzmet process trace`: what a drawing, or a definition package, does under a virtual clock when
// nobody acts; with --profile test, the log entries of the conformance suite.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>

#include "engine/trace.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/process.hpp"
#include "services/cli/variables.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet process trace FILE|FOLDER [--process ID] [--profile standard|test]\n"
    "       [--var NAME=VALUE]... [--from YYYY-MM-DDTHH:MM] [--until DURATION] [--json]\n"
    "FILE is a BPMN file, FOLDER a definition package; DURATION like 60s, 12h, 30d or PT60S";
constexpr std::string_view k_from = "2026-01-05T10:00";
constexpr std::string_view k_until_test = "60s";
constexpr std::string_view k_until = "366d";
constexpr std::int64_t k_seconds_max = 100LL * 366 * 24 * 3600;

std::optional<std::chrono::seconds> read_duration(std::string const& text) {
  if (auto const iso = engine::parse_duration(text))
    return iso->months == 0 && iso->seconds >= 0 ? std::optional{std::chrono::seconds{iso->seconds}}
                                                 : std::nullopt;
  std::int64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto const unit = std::string_view{end, text.data() + text.size()};
  std::int64_t const scale = unit == "s"   ? 1
                             : unit == "m" ? 60
                             : unit == "h" ? 3600
                             : unit == "d" ? 24 * 3600
                                           : 0;
  if (error != std::errc{} || scale == 0 || number < 0 || number > k_seconds_max / scale)
    return std::nullopt;
  return std::chrono::seconds{number * scale};
}

/// Nobody files an application here: the start asks for no form.
engine::Package without_start_form(engine::Package package) {
  auto const& process = package.process;
  package.forms.erase(process.nodes[std::size_t(process.scopes.front().start)].message);
  return package;
}

engine::Checked<engine::Package> read(fs::path const& path, Options const& options,
                                      engine::Context& variables) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    auto definition = read_drawing(path, options);
    if (!definition) return std::unexpected(definition.error());
    return engine::package_around(*std::move(definition), variables);
  }
  auto const package = read_package(path);
  if (!package) return std::unexpected(package.error());
  auto const& places = (*package)->term.days_by_place;
  if (!variables.contains("place") && !places.empty()) variables["place"] = places.begin()->first;
  return without_start_form(**package);
}

std::string local(Instant at) {
  return to_iso(at + k_legal_offset).substr(0, 19) + "+05:00";
}

void print_text(engine::Trace const& trace) {
  for (auto const& line : trace.lines) {
    auto const what = line.incident.empty() ? line.name : "incident: " + line.incident;
    std::printf("%s  %-24s  %s\n", local(line.at).c_str(), line.node.c_str(), what.c_str());
  }
}

void print_json(engine::Trace const& trace) {
  json::array lines;
  for (auto const& line : trace.lines) {
    json::object row{{"at", local(line.at)}, {"node", line.node}, {"name", line.name}};
    if (!line.incident.empty()) row["incident"] = line.incident;
    lines.push_back(std::move(row));
  }
  json::object const answer{{"ended", trace.end.ended}, {"lines", std::move(lines)}};
  std::puts(json::serialize(answer).c_str());
}

int run(fs::path const& path, Options const& options, Instant from, std::chrono::seconds until) {
  auto const calendar = seeds::calendar();
  auto variables = read_variables(options.all("--var"), calendar);
  if (!variables) return wrong_use(variables.error());
  auto const package = read(path, options, *variables);
  if (!package) {
    print(package.error());
    return 1;
  }
  auto const trace = engine::trace(*package, calendar, *variables, from, until);
  if (trace.refused)
    return wrong_use("the process cannot start: " + trace.refused->text + " " +
                     trace.refused->field);
  if (options.has("--json"))
    print_json(trace);
  else if (is_test_profile(options))
    for (auto const& entry : trace.log) std::puts(entry.c_str());
  else
    print_text(trace);
  return 0;
}

}  // namespace

int run_process_trace(Arguments arguments) {
  auto const options = Options::parse(
      arguments, {"--process", "--profile", "--var", "--from", "--until"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const path = path_of(*options);
  if (!path) return wrong_use(path.error().empty() ? k_usage : path.error());
  auto const from = parse_legal_time(options->get("--from", k_from));
  auto const until =
      read_duration(options->get("--until", is_test_profile(*options) ? k_until_test : k_until));
  if (!from) return wrong_use("--from is a local time such as 2026-11-21T10:00");
  if (!until) return wrong_use("--until is a duration such as 60s, 12h, 30d or PT60S");
  return run(*path, *options, *from, *until);
}

}  // namespace qyzmet::cli
