// `qyzmet simulate`: random lives of cases against the pure core, with --database also against
// PostgreSQL; what does not hold is printed with the seed that shows it again and with a script for
// `qyzmet process replay`.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/simulation/simulation.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/cli/packages.hpp"
#include "services/cli/process.hpp"
#include "services/cli/progress.hpp"
#include "services/lives/lives.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace fs = std::filesystem;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet simulate [--seed N] [--cases M] [--days D] [--events E] [--package FOLDER]...\n"
    "                       [--script FILE] [--database URL]\n"
    "Runs M seeds from N on, each with E events in one case after another, none longer than D "
    "days.\n"
    "With --database they are lived in PostgreSQL as well, in a database of their own: an empty "
    "one,\n"
    "or one that is not there yet. It stays, but nobody has its key.";
constexpr std::uint64_t k_cases = 1'000;
constexpr std::uint64_t k_cases_max = 100'000'000;
constexpr std::uint64_t k_days_max = 3'650;
constexpr std::uint64_t k_events_max = 100'000;
constexpr unsigned k_threads_max = 64;

struct Wanted {
  std::uint64_t seed = 1;
  std::uint64_t cases = k_cases;
  simulation::Options limits;
};

std::optional<std::uint64_t> number(Options const& options, std::string_view name,
                                    std::uint64_t otherwise, std::uint64_t max) {
  auto const text = options.get(name);
  if (text.empty()) return otherwise;
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<Wanted> wanted(Options const& options) {
  auto const seed = number(options, "--seed", 1, std::numeric_limits<std::uint64_t>::max() / 2);
  auto const cases = number(options, "--cases", k_cases, k_cases_max);
  auto const days = number(options, "--days", simulation::k_days, k_days_max);
  auto const events = number(options, "--events", simulation::k_events, k_events_max);
  if (!seed || !cases || !days || !events) return std::nullopt;
  return Wanted{.seed = *seed,
                .cases = *cases,
                .limits = {.events = int(*events), .days = int(*days), .step = {}}};
}

/// The packages in the folders, else those that the binary brings along.
std::optional<std::vector<simulation::Subject>> subjects(std::vector<std::string> const& folders) {
  std::vector<engine::Checked<std::shared_ptr<engine::Package const>>> packages;
  for (auto const& folder : folders) packages.push_back(load_folder(folder));
  if (folders.empty())
    for (auto const& service : seeds::services()) packages.push_back(seeds::package(service));
  std::vector<simulation::Subject> out;
  for (auto const& package : packages) {
    auto subject = package ? simulation::subject_of(*package)
                           : engine::Checked<simulation::Subject>{std::unexpected(package.error())};
    if (!subject) {
      print(subject.error());
      return std::nullopt;
    }
    out.push_back(*std::move(subject));
  }
  return out;
}

simulation::Report live(std::vector<simulation::Subject> const& packages,
                        engine::Calendar const& calendar, std::uint64_t seed,
                        simulation::Options limits, lives::Store* store) {
  auto const follower = store == nullptr ? nullptr : store->follower();
  limits.follower = follower.get();
  return simulation::run(packages, calendar, seed, limits);
}

/// Seeds in their order over all processors, up to the first that shows a violation.
simulation::Report simulate(std::vector<simulation::Subject> const& packages, Wanted const& what,
                            lives::Store* store, bool& stopped) {
  auto const calendar = seeds::calendar();
  Progress progress{"simulating", what.cases};
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> over = false;
  std::mutex adding;
  simulation::Report all;
  std::exception_ptr failure;
  auto const work = [&] {
    simulation::Report mine;
    try {
      while (!over) {
        auto const index = next++;
        if (index >= what.cases) break;
        mine.add(live(packages, calendar, what.seed + index, what.limits, store));
        if (mine.violation || !progress.add()) over = true;
      }
    } catch (...) {
      over = true;
      std::scoped_lock const lock{adding};
      failure = std::current_exception();
    }
    std::scoped_lock const lock{adding};
    all.add(mine);
  };
  {
    std::vector<std::jthread> threads;
    auto const count = store != nullptr
                           ? unsigned(lives::k_at_once)  // they wait for the database
                           : std::clamp(std::thread::hardware_concurrency(), 1U, k_threads_max);
    for (unsigned i = 0; i < count; ++i) threads.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
  stopped = progress.stopped();
  return all;
}

void print_counts(std::map<std::string, std::uint64_t, std::less<>> const& counts,
                  char const* title) {
  std::puts(title);
  for (auto const& [name, count] : counts)
    std::printf("  %-44s %12llu\n", name.c_str(), static_cast<unsigned long long>(count));
}

void print(simulation::Report const& report) {
  auto const line = [](char const* name, std::uint64_t count) {
    std::printf("%-46s %12llu\n", name, static_cast<unsigned long long>(count));
  };
  line("seeds", report.seeds);
  line("cases", report.cases);
  line("events", report.events);
  line("applied", report.applied);
  print_counts(report.refused, "refused, by rule");
  print_counts(report.ends, "ends");
}

void print(simulation::Violation const& violation, simulation::Subject const& subject,
           Wanted const& what, std::string const& file) {
  auto const& finding = violation.finding;
  std::printf("VIOLATION %s %s (%s) in %s: %s\n", finding.property.c_str(), finding.element.c_str(),
              finding.rule.c_str(), subject.package->service.c_str(), finding.text.c_str());
  std::printf("again: qyzmet simulate --seed %llu --cases 1 --days %d --events %d\n",
              static_cast<unsigned long long>(violation.seed), what.limits.days,
              what.limits.events);
  auto const script = script_json(finding, *subject.package, seeds::calendar());
  if (file.empty()) {
    std::puts(script.c_str());
    return;
  }
  std::ofstream out{file};
  out << script << '\n';
  if (!out) throw std::runtime_error{"cannot write " + file};
}

/// What was written, and whether it is whole.
bool print(lives::Store& store) {
  auto const counts = store.counts();
  std::printf("database: %lld cases, %lld events, %lld round trips\n",
              static_cast<long long>(counts.cases), static_cast<long long>(counts.events),
              static_cast<long long>(counts.statements));
  auto const faults = store.faults();
  for (auto const& fault : faults) std::printf("FAULT %s\n", fault.c_str());
  return faults.empty();
}

std::unique_ptr<lives::Store> store_of(std::string const& dsn,
                                       std::vector<simulation::Subject> const& packages) {
  return dsn.empty() ? nullptr : std::make_unique<lives::Store>(dsn, packages, seeds::calendar());
}

}  // namespace

int run_simulate(Arguments arguments) try {
  auto const options = Options::parse(
      arguments, {"--seed", "--cases", "--days", "--events", "--package", "--script", "--database"},
      {});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (!options->words().empty()) return wrong_use(k_usage);
  auto const what = wanted(*options);
  if (!what) return wrong_use(std::string{"a number is wrong or too large\n"} + k_usage);
  for (auto const& folder : options->all("--package"))
    if (!fs::is_directory(folder)) return wrong_use("there is no folder " + folder);
  auto const packages = subjects(options->all("--package"));
  if (!packages) return 1;
  auto const store = store_of(options->get("--database"), *packages);
  bool stopped = false;
  auto const report = simulate(*packages, *what, store.get(), stopped);
  print(report);
  bool const whole = store == nullptr || print(*store);
  if (report.violation) {
    print(*report.violation, (*packages)[report.violation->package], *what,
          options->get("--script"));
    return 1;
  }
  return stopped ? k_interrupted : whole ? 0 : 1;
} catch (std::exception const& error) {
  std::fprintf(stderr, "qyzmet: %s\n", error.what());
  return 1;
}

}  // namespace qyzmet::cli
