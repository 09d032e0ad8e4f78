// `qyzmet process explore`: proves a definition package over all its states, and prints the
// shortest way to each violation as a script; `qyzmet process replay` runs such a script.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "engine/explore.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/explore.hpp"
#include "services/cli/options.hpp"
#include "services/cli/packages.hpp"
#include "services/cli/progress.hpp"
#include "services/platform/file.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr char const* k_explore_usage =
    "usage: qyzmet process explore FOLDER [--json] [--scripts FOLDER] [--states-max N]\n"
    "FOLDER is a definition package; --scripts writes a replayable script of each finding";
constexpr char const* k_replay_usage =
    "usage: qyzmet process replay SCRIPT FOLDER [--calendar FILE] [--json]\n"
    "The script begins under the calendar of the program, or under that of FILE (CSV); those that\n"
    "come into force on the way stand in the script";

using PackagePointer = std::shared_ptr<engine::Package const>;

engine::Calendar calendar() {
  return seeds::calendar();
}

/// Of a file, with the version that the scripts have of the first; else that of the program.
Result<engine::Calendar> calendar_of(std::string const& file) {
  if (file.empty()) return calendar();
  return engine::Calendar::from_csv(calendar().version(), platform::read_file(fs::path{file}));
}

/// "form a=1 b=2" of an event, for people.
std::string described(engine::Event const& event) {
  auto const value = engine::from_json(engine::event_json(event));
  auto const* const fields = value ? value->as<engine::Context>() : nullptr;
  if (fields == nullptr) return {};
  return engine::to_json(engine::at_path(*fields, "body"));
}

void print_script(std::vector<engine::Moved> const& script) {
  for (std::size_t i = 0; i < script.size(); ++i) {
    auto const& moved = script[i];
    std::printf("    %2zu. %s  %s\n", i + 1, to_iso(moved.day).c_str(),
                moved.event ? (moved.event->actor.role + ": " + described(*moved.event)).c_str()
                            : "the day comes");
  }
}

json::value script_of(engine::Finding const& finding, engine::Package const& package) {
  return json::parse(engine::script_json(finding, package, calendar()));
}

void print_json(engine::ExploreReport const& report, engine::Package const& package) {
  json::array findings;
  for (auto const& finding : report.findings) {
    json::object one{{"property", finding.property}, {"element", finding.element},
                     {"rule", finding.rule},         {"cite", finding.cite},
                     {"text", finding.text},         {"script", script_of(finding, package)}};
    findings.emplace_back(std::move(one));
  }
  json::object const answer{{"proven", report.proven()}, {"stopped", report.stopped},
                            {"states", report.states},   {"transitions", report.transitions},
                            {"steps", report.steps},     {"variants", report.variants},
                            {"depth", report.depth},     {"findings", std::move(findings)}};
  std::puts(json::serialize(answer).c_str());
}

void print_text(engine::ExploreReport const& report) {
  for (auto const& finding : report.findings) {
    std::printf("%s%s%s%s%s: %s\n", finding.property.c_str(), finding.element.empty() ? "" : " ",
                finding.element.c_str(), finding.rule.empty() ? "" : " ", finding.rule.c_str(),
                finding.text.c_str());
    print_script(finding.script);
  }
  std::printf("%s: %zu states, %zu transitions, %zu steps, %zu variants of the application\n",
              report.proven()  ? "proven"
              : report.stopped ? "stopped"
                               : "refused",
              report.states, report.transitions, report.steps, report.variants);
}

void write_scripts(engine::ExploreReport const& report, engine::Package const& package,
                   fs::path const& folder) {
  fs::create_directories(folder);
  for (auto const& finding : report.findings) {
    auto const name = finding.property + (finding.element.empty() ? "" : "-" + finding.element);
    std::ofstream out{folder / (name + ".json")};
    out << engine::script_json(finding, package, calendar()) << '\n';
    if (!out) throw std::runtime_error{"cannot write " + (folder / name).string()};
  }
}

/// Nothing when the package is refused; the reasons are printed.
PackagePointer load(std::string const& folder) {
  auto const package = load_folder(folder);
  if (package) return *package;
  for (auto const& violation : package.error())
    std::fprintf(stderr, "%s:%d: %s: %s: %s\n", violation.file.c_str(), violation.line,
                 violation.element.c_str(), violation.reason.c_str(), violation.text.c_str());
  return nullptr;
}

}  // namespace

void print_report(engine::ExploreReport const& report) {
  print_text(report);
}

int run_process_explore(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--scripts", "--states-max"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_explore_usage);
  if (options->words().size() != 1) return wrong_use(k_explore_usage);
  auto const& folder = options->words().front();
  if (!fs::is_directory(folder)) return wrong_use("there is no folder " + folder);
  auto const limit = options->get("--states-max", std::to_string(engine::k_explored_states_max));
  if (limit.empty() || limit.size() > 9 || limit.find_first_not_of("0123456789") != limit.npos)
    return wrong_use("--states-max wants a number");
  auto const package = load(folder);
  if (package == nullptr) return 1;
  engine::ExploreReport report;
  {
    Progress progress{"exploring"};
    std::size_t told = 0;
    engine::ExploreOptions wanted;
    wanted.states_max = std::stoul(limit);
    wanted.progress = [&](engine::ExploreProgress const& now) {
      auto const done = now.states - now.waiting;
      return progress.add(done - std::exchange(told, done), now.states);
    };
    report = engine::explore(*package, calendar(), wanted);
  }
  if (options->has("--json"))
    print_json(report, *package);
  else
    print_text(report);
  if (auto const scripts = options->get("--scripts"); !scripts.empty())
    write_scripts(report, *package, scripts);
  return report.stopped ? k_interrupted : report.proven() ? 0 : 1;
}

int run_process_replay(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--calendar"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_replay_usage);
  if (options->words().size() != 2) return wrong_use(k_replay_usage);
  auto const finding = engine::script_from_json(platform::read_file(fs::path{options->words()[0]}));
  if (!finding) return wrong_use("this is no script: " + finding.error().text);
  auto const package = load(options->words()[1]);
  if (package == nullptr) return 1;
  auto const first = calendar_of(options->get("--calendar"));
  if (!first) return wrong_use("--calendar: " + first.error().text);
  auto const replayed = engine::replay(*package, *first, finding->script, {}, finding->calendars);
  json::array lines;
  bool refused = false;
  for (std::size_t i = 0; i < replayed.size(); ++i) {
    auto const& now = replayed[i];
    json::array facts, broken;
    for (auto const& fact : now.facts)
      facts.emplace_back(fact.node.empty() ? fact.kind : fact.kind + " " + fact.node);
    for (auto const& observer : now.broken) broken.emplace_back(observer);
    refused = refused || now.refused.has_value();
    lines.push_back(json::object{{"day", to_iso(finding->script[i].day)},
                                 {"facts", std::move(facts)},
                                 {"broken", std::move(broken)},
                                 {"refused", now.refused ? now.refused->text : ""}});
  }
  for (auto const& line : lines)
    if (!options->has("--json")) std::puts(json::serialize(line).c_str());
  if (options->has("--json")) std::puts(json::serialize(lines).c_str());
  return refused ? 1 : 0;
}

}  // namespace qyzmet::cli
