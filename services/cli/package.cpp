// `qyzmet package deploy|list|show|diff`: definition packages of the database. Who deploys stands
// in the audit; days and immutability are the database's own constraints.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "db/audit.hpp"
#include "db/case_migrations.hpp"
#include "db/clock.hpp"
#include "db/definitions.hpp"
#include "engine/explore.hpp"
#include "services/casework/library.hpp"
#include "services/casework/packages.hpp"
#include "services/cli/asked.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/explore.hpp"
#include "services/cli/packages.hpp"
#include "services/cli/process.hpp"
#include "services/cli/progress.hpp"
#include "services/seeds/seeds.hpp"
#include "services/work/outbox.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t k_hash_shown = 12;
constexpr std::size_t k_hash_min = 8;  // digits by which a package may be named

using PackagePointer = std::shared_ptr<engine::Package const>;

std::string days(db::PackageRow const& row) {
  return to_iso(row.from) + " to " + (row.until ? to_iso(*row.until) : "further notice");
}

/// Why it may not come into force on its day; "" when it may.
std::string unfit_days(std::vector<db::PackageRow> const& rows, engine::Package const& package,
                       Date today) {
  bool running = false;
  for (auto const& row : rows) {
    if (row.service != package.service) continue;
    running = true;
    // An open predecessor ends by itself.
    bool const follows = !row.until && row.from < package.effective_from;
    bool const apart = follows || (row.until && *row.until < package.effective_from) ||
                       (package.effective_to && *package.effective_to < row.from);
    if (!apart) return "version " + row.version + " is in force from " + days(row);
  }
  if (running && package.effective_from <= today)
    return "an amendment comes into force tomorrow at the earliest: applications of days that have "
           "begun were filed under the version of that day";
  return {};
}

engine::ExploreReport explored(engine::Package const& package, engine::Calendar const& calendar) {
  Progress progress{"exploring"};
  std::size_t told = 0;
  engine::ExploreOptions wanted;
  wanted.progress = [&](engine::ExploreProgress const& now) {
    auto const done = now.states - now.waiting;
    return progress.add(done - std::exchange(told, done), now.states);
  };
  return engine::explore(package, calendar, wanted);
}

/// A package in a folder, or one of the database by the first digits of its hash. Nothing when
/// there is none, or it is refused; the reasons were printed then.
PackagePointer named_package(std::string const& name, casework::Library const& library,
                             std::vector<db::PackageRow> const& rows) {
  if (std::error_code error; fs::is_directory(name, error)) {
    auto const loaded = load_folder(name);
    if (!loaded) print(loaded.error());
    return loaded ? *loaded : nullptr;
  }
  PackagePointer found;
  for (auto const& row : rows)
    if (name.size() >= k_hash_min && row.sha256.starts_with(name))
      found = library.package(row.sha256);
  if (found == nullptr)
    std::fprintf(stderr, "qyzmet: %s is neither a folder nor a deployed package\n", name.c_str());
  return found;
}

json::object row_json(db::PackageRow const& row) {
  json::object out{{"sha256", row.sha256},
                   {"service", row.service},
                   {"number", row.number},
                   {"version", row.version},
                   {"from", to_iso(row.from)}};
  if (row.until) out["until"] = to_iso(*row.until);
  if (row.by) out["deployed_by"] = row.by->value;
  return out;
}

db::PackageUse use_of(std::vector<db::PackageUse> const& all, std::string const& sha256) {
  for (auto const& use : all)
    if (use.sha256 == sha256) return use;
  return {.sha256 = sha256};
}

void print(casework::PackageChange const& change) {
  using enum casework::PackageChange::Kind;
  auto const* const name = change.name.c_str();
  auto const what = std::string{change.what} + " ";
  char const* const sign = change.kind == added ? "+" : change.kind == removed ? "-" : "~";
  if (change.kind == needs_mapping)
    std::printf("! %s needs a mapping to move running cases: %s\n", name, change.detail.c_str());
  else
    std::printf("%s %s%s%s\n", sign, change.what == "file" ? "" : what.c_str(), name,
                change.detail.empty() ? "" : (": " + change.detail + " working days").c_str());
}

int deploy(db::Connection& connection, PackagePointer const& package, UserId by) {
  auto row = db::package_row(*package);
  row.by = by;
  try {
    db::deploy_package(connection, row, package->files);
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != "definition_no_overlap") throw;
    std::puts("refused: another version is in force on one of its days");
    return 1;
  }
  db::log_act(connection, by, "package_deployed", json::serialize(row_json(row)));
  std::printf("deployed %s, in force from %s\n", package->sha256.c_str(), days(row).c_str());
  return 0;
}

/// Effects that nobody here would carry out; empty for a package by which nobody can apply.
std::vector<std::string> not_carried_out(engine::Package const& package) {
  std::vector<std::string> out;
  if (!package.offered) return out;
  for (auto const& node : package.process.nodes)
    if (node.waits_outside && !work::carries_out(node.handler, node.handler_kind))
      out.push_back(node.id + ": " + node.handler + " " + node.handler_kind);
  return out;
}

}  // namespace

int run_package_deploy(Arguments arguments) {
  constexpr char const* k_usage =
      "usage: qyzmet package deploy FOLDER --by IIN [--dry-run] [--config FILE]\n"
      "effective-from (and -to) of service.xml are its days; an open predecessor ends before them";
  auto const asked = ask(arguments, {"--by", "--config"}, {"--dry-run"}, 1, k_usage);
  if (!asked) return asked.error();
  auto const& folder = asked->options.words().front();
  if (!fs::is_directory(folder)) return wrong_use("there is no folder " + folder);
  if (asked->options.get("--by").empty()) return wrong_use(k_usage);
  auto connection = connect(asked->config);
  auto const by = administrator(connection, asked->options.get("--by"));
  if (!by) return 1;
  auto const loaded = load_folder(folder);
  if (!loaded) {
    print(loaded.error());
    std::puts("refused: the package is not valid");
    return 1;
  }
  auto const& package = **loaded;
  auto const rows = db::packages(connection);
  for (auto const& row : rows)
    if (row.sha256 == package.sha256) {
      std::printf("%s is deployed already, in force from %s\n", row.sha256.c_str(),
                  days(row).c_str());
      return 0;
    }
  auto const today = legal_date(db::read_clock(connection));
  if (auto const unfit = unfit_days(rows, package, today); !unfit.empty()) {
    std::printf("refused: %s\n", unfit.c_str());
    return 1;
  }
  if (auto const unknown = not_carried_out(package); !unknown.empty()) {
    for (auto const& each : unknown) std::printf("%s is not carried out here\n", each.c_str());
    std::puts("refused: its cases would wait forever; offer it when the server can do that");
    return 1;
  }
  casework::Library library;
  library.refresh(connection);
  auto const calendar = library.calendar();
  if (calendar == nullptr) return wrong_use("the database has no calendar yet: qyzmet migrate");
  auto const report = explored(package, *calendar);
  print_report(report);
  if (report.stopped) return k_interrupted;
  if (!report.proven()) {
    std::puts("refused: the package is not proven");
    return 1;
  }
  if (!asked->options.has("--dry-run")) return deploy(connection, *loaded, *by);
  std::puts("it could be deployed");
  return 0;
}

int run_package_list(Arguments arguments) {
  constexpr char const* k_usage = "usage: qyzmet package list [--json] [--config FILE]";
  auto const asked = ask(arguments, {"--config"}, {"--json"}, 0, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  auto const uses = db::package_use(connection);
  json::array list;
  for (auto const& row : db::packages(connection)) {
    auto const use = use_of(uses, row.sha256);
    if (asked->options.has("--json")) {
      auto one = row_json(row);
      one["open"] = use.open;
      one["ended"] = use.ended;
      list.emplace_back(std::move(one));
      continue;
    }
    std::printf("%s  %s (%s) version %s, %s, %lld open and %lld ended cases\n",
                row.sha256.substr(0, k_hash_shown).c_str(), row.service.c_str(), row.number.c_str(),
                row.version.c_str(), days(row).c_str(), static_cast<long long>(use.open),
                static_cast<long long>(use.ended));
  }
  if (asked->options.has("--json")) std::puts(json::serialize(list).c_str());
  return 0;
}

int run_package_show(Arguments arguments) {
  constexpr char const* k_usage = "usage: qyzmet package show HASH|FOLDER [--json] [--config FILE]";
  auto const asked = ask(arguments, {"--config"}, {"--json"}, 1, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  casework::Library library;
  library.refresh(connection);
  auto const package =
      named_package(asked->options.words().front(), library, db::packages(connection));
  if (package == nullptr) return 1;
  json::array files;
  for (auto const& [name, bytes] : package->files)
    files.emplace_back(json::object{{"name", name}, {"bytes", bytes.size()}});
  if (asked->options.has("--json")) {
    json::object const out{{"sha256", package->sha256},
                           {"service", package->service},
                           {"number", package->number},
                           {"version", package->version},
                           {"from", to_iso(package->effective_from)},
                           {"offered", package->offered},
                           {"nodes", package->process.nodes.size()},
                           {"files", std::move(files)}};
    std::puts(json::serialize(out).c_str());
    return 0;
  }
  std::printf("%s\n%s (%s) version %s, from %s%s\n%zu nodes, %zu forms, %zu grounds\n",
              package->sha256.c_str(), package->service.c_str(), package->number.c_str(),
              package->version.c_str(), to_iso(package->effective_from).c_str(),
              package->offered ? "" : ", nobody can apply yet", package->process.nodes.size(),
              package->forms.size(), package->grounds.size());
  for (auto const& [name, bytes] : package->files)
    std::printf("%8zu  %s\n", bytes.size(), name.c_str());
  return 0;
}

int run_package_diff(Arguments arguments) {
  constexpr char const* k_usage =
      "usage: qyzmet package diff OLD NEW [--config FILE]\n"
      "OLD and NEW are folders, or the first digits of the hash of a deployed package";
  auto const asked = ask(arguments, {"--config"}, {}, 2, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  casework::Library library;
  library.refresh(connection);
  auto const rows = db::packages(connection);
  auto const before = named_package(asked->options.words()[0], library, rows);
  auto const after = named_package(asked->options.words()[1], library, rows);
  if (before == nullptr || after == nullptr) return 1;
  for (auto const& change : casework::package_changes(*before, *after)) print(change);
  return before->sha256 == after->sha256 ? 0 : 1;
}

}  // namespace qyzmet::cli
