// The benchmark: transitions per second of the whole path (HTTP request of an official with
// session, form token and idempotency key -> rules -> one durable commit -> answer) beside a plain
// statement and beside our own statement run bare, interleaved on one cluster. As in life, the page
// with the form is fetched before its button is pressed; only the pressing is timed. Started by
// tests/bench/run.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "db/vault.hpp"
#include "services/platform/random.hpp"
#include "tests/bench/counts.hpp"
#include "tests/bench/http_load.hpp"
#include "tests/bench/machine.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/statements.hpp"

namespace qyzmet::bench {

namespace {

constexpr std::string_view k_done = "HTTP/1.1 303";
constexpr std::string_view k_page = "HTTP/1.1 200";
constexpr double k_ratio_wanted = 0.5;
constexpr double k_margin = 3;  // times of a shared machine are gated only this far off
constexpr double k_other_max = 0.25;
constexpr int k_quiet_looks_max = 40;         // half a second each, before a pair
constexpr std::size_t k_pages_ahead = 1'500;  // cases whose page is open at a time

struct Options {
  platform::Config config;
  Pgbench pgbench;
  pid_t server = 0, postmaster = 0;
  std::size_t pairs = 5;
  std::size_t cases = 6'000;  // of one point; two transitions each
  std::size_t connections = 64, sessions = 16;
  std::size_t requests = 100'000;  // before the memory of the server is looked at
  int seconds = 3;                 // of one point of pgbench
};

/// The cases of one point. Each connection takes one after the other, registers it and reviews it;
/// so all of them have work until nothing is left.
class Work {
 public:
  Work(Population const& all, std::span<Filed const> cases, std::uint16_t port)
      : all_{all}, host_{"127.0.0.1:" + std::to_string(port)}, left_{cases} {}

  std::optional<Exchange> transition(std::size_t connection) {
    if (auto const registered = registered_.extract(connection)) {
      auto const& filed = *registered.mapped();
      return Exchange{
          .request = post(filed, all_.desks[filed.desk].executor, "Task_Review", review_form()),
          .expected = k_done};
    }
    auto const* filed = next();
    if (filed == nullptr) return std::nullopt;
    registered_.emplace(connection, filed);
    auto const& office = all_.desks[filed->desk];
    return Exchange{
        .request = post(*filed, office.registrar, "Task_Register", registration_form(office)),
        .expected = k_done};
  }
  std::optional<Exchange> page(std::size_t) {
    auto const* filed = next();
    if (filed == nullptr) return std::nullopt;
    return Exchange{.request = head("GET", "/kk/work/cases/" + filed->number,
                                    all_.desks[filed->desk].executor) +
                               "\r\n",
                    .expected = k_page};
  }

 private:
  std::string head(std::string_view method, std::string const& path, Clerk const& clerk) const {
    std::string out{method};
    return out.append(" ")
        .append(path)
        .append(" HTTP/1.1\r\nHost: ")
        .append(host_)
        .append("\r\nCookie: qyzmet=" + clerk.token + "\r\nAccept: text/html\r\n");
  }
  /// As a browser sends the form of the page.
  std::string post(Filed const& filed, Clerk const& clerk, std::string_view task,
                   engine::Context const& form) const {
    constexpr std::string_view boundary = "----qyzmetBenchBoundary7MA4YWxkTrZu0gW";
    std::string body;
    auto const field = [&](std::string_view name, std::string_view value) {
      body.append("--").append(boundary);
      body.append("\r\nContent-Disposition: form-data; name=\"").append(name);
      body.append("\"\r\n\r\n").append(value).append("\r\n");
    };
    field("csrf", clerk.csrf);
    field("key", platform::random_hex(16));
    for (auto const& [name, value] : form)
      field(name, value.as<bool>() != nullptr ? "true" : *value.as<std::string>());
    body.append("--").append(boundary).append("--\r\n");
    auto const path = "/kk/work/cases/" + filed.number + "/tasks/" + std::string{task};
    auto out = head("POST", path, clerk);
    out.append("Origin: http://").append(host_).append("\r\nSec-Fetch-Site: same-origin\r\n");
    out.append("Content-Type: multipart/form-data; boundary=").append(boundary);
    out.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return out + body;
  }

  Filed const* next() {
    if (left_.empty()) return nullptr;
    auto const* filed = &left_.front();
    left_ = left_.subspan(1);
    return filed;
  }

  Population const& all_;
  std::string host_;
  std::span<Filed const> left_;
  std::map<std::size_t, Filed const*> registered_;  // by the connection that did it
};

/// What was spent while buttons were pressed.
struct Pressed {
  LoadResult result;
  std::chrono::nanoseconds server{0}, database{0};
};

struct Pair {
  double model = 0, bare = 0, http = 0, other = 0;
  double p50 = 0, p99 = 0;
  double server_us = 0, database_us = 0;  // CPU per transition

  bool is_quiet() const { return other <= k_other_max; }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  auto const middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Of the pairs that nobody disturbed; of all when there is none.
template <class Get>
double median_of(std::vector<Pair> const& pairs, Get get) {
  bool const none = std::ranges::none_of(pairs, &Pair::is_quiet);
  std::vector<double> values;
  for (auto const& pair : pairs)
    if (none || pair.is_quiet()) values.push_back(get(pair));
  return median(std::move(values));
}

class Benchmark {
 public:
  explicit Benchmark(Options options)
      : options_{std::move(options)},
        connection_{options_.config.database_url, db::Vault::load(options_.config.vault_key_file)} {
  }

  int run() {
    auto const points = 2 * options_.pairs + 1;
    say("preparing " + std::to_string(points * options_.cases) + " open cases");
    all_ =
        prepare(options_.config, options_.connections, points * options_.cases, options_.sessions);
    prepare_model(options_.pgbench);
    connection_.script("vacuum analyze");
    say("first point: it warms up, and its transitions are counted");
    count_point();
    resident_before_ = resident_bytes(options_.server);
    for (std::size_t i = 0; i < options_.pairs; ++i) measure_pair();
    say("requests for the memory of the server");
    read_pages();
    print();
    return verdict();
  }

 private:
  static void say(std::string const& what) { std::fprintf(stderr, "bench: %s\n", what.c_str()); }

  std::span<Filed const> next_cases() {
    auto const begin = used_;
    used_ += options_.cases;
    return std::span{all_.cases}.subspan(begin, options_.cases);
  }
  LoadResult open_pages(std::span<Filed const> cases) {
    Work work{all_, cases, options_.config.listen_port};
    auto result = run_load({.port = options_.config.listen_port}, options_.connections,
                           [&](std::size_t connection) { return work.page(connection); });
    if (!result.first_failure.empty())
      throw std::runtime_error{"a page was refused: " + result.first_failure};
    requests_ += result.requests;
    pages_ += result.requests;
    pages_time_ += result.time;
    return result;
  }
  void press_buttons(std::span<Filed const> cases, Pressed& pressed) {
    Work work{all_, cases, options_.config.listen_port};
    auto const server = cpu_of(options_.server), database = cpu_of_database();
    auto const result =
        run_load({.port = options_.config.listen_port}, options_.connections,
                 [&](std::size_t connection) { return work.transition(connection); });
    pressed.server += cpu_of(options_.server) - server;
    pressed.database += cpu_of_database() - database;
    if (!result.first_failure.empty())
      throw std::runtime_error{"a transition was refused: " + result.first_failure};
    requests_ += result.requests;
    pressed.result.add(result);
  }
  Pressed load(std::span<Filed const> cases) {
    Pressed pressed;
    for (std::size_t at = 0; at < cases.size(); at += k_pages_ahead) {
      auto const part = cases.subspan(at, std::min(k_pages_ahead, cases.size() - at));
      open_pages(part);
      press_buttons(part, pressed);
    }
    return pressed;
  }
  std::chrono::nanoseconds cpu_of_database() const {
    std::chrono::nanoseconds sum{0};
    for (auto const child : children_of(options_.postmaster)) sum += cpu_of(child);
    return sum;
  }

  void count_point() {
    auto const cases = next_cases();
    auto const counted = cases.first(std::min(k_pages_ahead, cases.size()));
    Pressed pressed;
    load(cases.subspan(counted.size()));
    open_pages(counted);
    auto const before = read_counts(connection_);
    press_buttons(counted, pressed);
    counts_ = read_counts(connection_) - before;
    counted_ = pressed.result.requests;
  }

  /// Cores that others have, the server's own work after the last point among them; 0.5 s each.
  static double wait_until_quiet() {
    double other = 0;
    for (int look = 0; look < k_quiet_looks_max; ++look) {
      other = busy_cores(std::chrono::milliseconds{500});
      if (other <= k_other_max) break;
    }
    return other;
  }
  void measure_pair() {
    Pair pair;
    pair.other = wait_until_quiet();
    pair.model = run_model(options_.pgbench, options_.sessions, options_.seconds);
    pair.bare = run_bare(options_.config, all_, next_cases(), options_.sessions);
    auto const pressed = load(next_cases());
    auto const& result = pressed.result;
    auto const each = [&](std::chrono::nanoseconds spent) {
      return std::chrono::duration<double, std::micro>{spent}.count() /
             static_cast<double>(result.requests);
    };
    pair.server_us = each(pressed.server);
    pair.database_us = each(pressed.database);
    pair.http = result.per_second();
    pair.p50 = result.percentile(0.50);
    pair.p99 = result.percentile(0.99);
    pairs_.push_back(pair);
    say("pair " + std::to_string(pairs_.size()) + ": plain " + std::to_string(int(pair.model)) +
        "/s, our statement " + std::to_string(int(pair.bare)) + "/s, whole path " +
        std::to_string(int(pair.http)) + "/s");
  }

  /// Pages of cases, until the server has answered enough requests.
  void read_pages() {
    while (requests_ < options_.requests) {
      auto const count = std::min(options_.requests - requests_, used_);
      open_pages(std::span{all_.cases}.first(count));
    }
    resident_after_ = resident_bytes(options_.server);
  }

  double ratio(double Pair::* to) const {
    return median_of(pairs_, [&](Pair const& pair) { return pair.http / (pair.*to); });
  }
  double per_transition(std::int64_t count) const {
    return static_cast<double>(count) / static_cast<double>(counted_);
  }

  void print() const {
    auto const row = [](char const* name, double value, char const* unit) {
      std::printf("%-52s %10.2f %s\n", name, value, unit);
    };
    std::printf(
        "\npair  plain/s   ours/s   path/s  path:plain  path:ours  p50 ms  p99 ms  other\n");
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      auto const& p = pairs_[i];
      std::printf("%4zu %8.0f %8.0f %8.0f %11.2f %10.2f %7.2f %7.2f  %5.2f%s\n", i + 1, p.model,
                  p.bare, p.http, p.http / p.model, p.http / p.bare, p.p50, p.p99, p.other,
                  p.is_quiet() ? "" : " *");
    }
    std::printf("* other programs had more than %.2f cores before this pair: it does not count\n\n",
                k_other_max);
    row("whole path, transitions (median)", median_of(pairs_, [](auto& p) { return p.http; }),
        "/s");
    row("plain statement of the table model (median)",
        median_of(pairs_, [](auto& p) { return p.model; }), "/s");
    row("our statement, bare (median)", median_of(pairs_, [](auto& p) { return p.bare; }), "/s");
    row("whole path : plain statement (median of pairs)", ratio(&Pair::model), "");
    row("whole path : our statement (median of pairs)", ratio(&Pair::bare), "");
    row("CPU of the server", median_of(pairs_, [](auto& p) { return p.server_us; }), "us");
    row("CPU of PostgreSQL", median_of(pairs_, [](auto& p) { return p.database_us; }), "us");
    std::printf("per transition of the whole path, counted over %zu:\n", counted_);
    row("  round trips to the database", per_transition(counts_.round_trips), "");
    row("  of them durable (commits)", per_transition(counts_.durable), "");
    row("  rows inserted", per_transition(counts_.inserted), "");
    row("  rows updated", per_transition(counts_.updated), "");
    row("  of them HOT", per_transition(counts_.hot), "");
    row("  rows deleted", per_transition(counts_.deleted), "");
    row("  WAL", per_transition(counts_.wal), "B");
    constexpr double megabyte = 1024.0 * 1024.0;
    row("resident memory of the server after the first point",
        static_cast<double>(resident_before_) / megabyte, "MB");
    std::printf("after %zu requests (%zu of them pages, %.0f/s):\n", requests_, pages_,
                pages_ == 0 ? 0.0 : static_cast<double>(pages_) / pages_time_.count());
    row("  resident memory of the server", static_cast<double>(resident_after_) / megabyte, "MB");
  }

  /// Counts are held exactly, times with the margin.
  int verdict() const {
    int passed = 0, failed = 0;
    auto const expect = [&](bool good, char const* what) {
      ++(good ? passed : failed);
      std::printf("%s - %s\n", good ? "ok" : "not ok", what);
    };
    // Beside it the server's own rounds, and each session is read anew once a minute.
    expect(per_transition(counts_.round_trips) < 1.1,
           "a transition over HTTP is one round trip to the database");
    expect(per_transition(counts_.durable) < 1.05, "one of them is a durable commit");
    expect(ratio(&Pair::model) >= k_ratio_wanted / k_margin,
           "the whole path keeps up with the plain statement");
    expect(ratio(&Pair::bare) >= k_ratio_wanted / k_margin,
           "the whole path keeps up with our own statement");
    expect(resident_after_ < 2 * resident_before_, "memory does not grow with requests");
    std::printf("# %d passed, %d failed, 0 skipped\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  }

  Options options_;
  db::Connection connection_;
  Population all_{.package = {}, .calendar = {0, {}, 2026, 2026, {}}, .desks = {}, .cases = {}};
  std::size_t used_ = 0, requests_ = 0, counted_ = 0, pages_ = 0;
  std::chrono::duration<double> pages_time_{};
  std::size_t resident_before_ = 0, resident_after_ = 0;
  Counts counts_;
  std::vector<Pair> pairs_;
};

std::map<std::string, std::string> arguments(int count, char** words) {
  std::map<std::string, std::string> out;
  for (int i = 1; i + 1 < count; i += 2) out[words[i]] = words[i + 1];
  return out;
}

std::size_t number(std::map<std::string, std::string> const& given, std::string const& name,
                   std::size_t otherwise) {
  auto const found = given.find(name);
  return found == given.end() ? otherwise : std::stoul(found->second);
}

Options options_of(std::map<std::string, std::string> const& given) {
  auto config = platform::load_config(given.at("--config"));
  if (!config) throw std::runtime_error{config.error().front()};
  Options out{.config = std::move(*config), .pgbench = {}};
  out.pgbench = {.program = given.at("--pgbench"),
                 .folder = given.at("--folder"),
                 .dsn = out.config.database_url};
  out.server = static_cast<pid_t>(std::stol(given.at("--server")));
  out.postmaster = static_cast<pid_t>(std::stol(given.at("--postmaster")));
  out.pairs = number(given, "--pairs", out.pairs);
  out.cases = number(given, "--cases", out.cases);
  out.connections = number(given, "--connections", out.connections);
  out.sessions = number(given, "--sessions", out.sessions);
  out.requests = number(given, "--requests", out.requests);
  out.seconds = static_cast<int>(number(given, "--seconds", 3));
  return out;
}

}  // namespace

}  // namespace qyzmet::bench

int main(int count, char** words) {
  try {
    return qyzmet::bench::Benchmark{
        qyzmet::bench::options_of(qyzmet::bench::arguments(count, words))}
        .run();
  } catch (std::exception const& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
