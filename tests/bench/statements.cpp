#include "tests/bench/statements.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "db/vault.hpp"
#include "services/casework/fields.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::bench {

namespace {

constexpr std::string_view k_model_database = "plain_model";
constexpr std::size_t k_model_cases = 100'000;

std::string model_dsn(Pgbench const& pgbench) {
  auto dsn = pgbench.dsn;
  auto const at = dsn.find("dbname=");
  if (at == std::string::npos) throw std::runtime_error{"the connection string has no dbname="};
  return dsn.replace(at, dsn.find(' ', at) - at, "dbname=" + std::string{k_model_database});
}

std::string read_file(std::string const& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file{std::fopen(path.c_str(), "r"),
                                                             &std::fclose};
  if (!file) throw std::runtime_error{"cannot read " + path};
  std::string text(64 * 1024, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

std::string output_of(std::string const& command) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe{::popen(command.c_str(), "r"),
                                                             &::pclose};
  if (!pipe) throw std::runtime_error{"cannot run " + command};
  std::string out, part(4096, '\0');
  while (std::fgets(part.data(), int(part.size()), pipe.get()) != nullptr) out += part.c_str();
  return out;
}

/// One transition after `filed`, made by `actor`; moves `filed` on.
db::StepRow step_of(Population const& all, Filed& filed, engine::Actor const& actor,
                    std::string task, engine::Context form) {
  engine::Event const event{.at = filed.instance.at,
                            .actor = actor,
                            .salt = platform::random_hex(16),
                            .body = engine::CompleteTask{
                                .task = std::move(task), .form = std::move(form), .signature = {}}};
  auto step = engine::step(*all.package, all.calendar, filed.instance, event);
  if (!step) throw std::runtime_error{"a transition was refused: " + step.error().text};
  db::StepRow row;
  row.id = filed.id;
  row.version = filed.instance.version;
  row.head_hash = platform::to_hex(filed.head_hash);
  row.fields = casework::case_fields(*all.package, all.calendar, step->next);
  row.step = db::step_rows(*all.package, filed.instance, event, *step);
  row.idempotency = {.scope = "user:" + actor.user,
                     .key = platform::random_hex(16),
                     .fingerprint = platform::random_hex(32)};
  filed.head_hash = db::chain_hash(filed.head_hash, filed.id, row.version + 1, row.step.event,
                                   row.step.facts, row.step.salt);
  filed.instance = std::move(step->next);
  return row;
}

std::vector<db::StepRow> rows_of(Population const& all, std::span<Filed const> cases) {
  std::vector<db::StepRow> rows;
  for (auto filed : cases) {
    auto const& desk = all.desks[filed.desk];
    rows.push_back(
        step_of(all, filed, desk.registrar.actor, "Task_Register", registration_form(desk)));
    rows.push_back(step_of(all, filed, desk.executor.actor, "Task_Review", review_form()));
  }
  return rows;
}

}  // namespace

void prepare_model(Pgbench const& pgbench) {
  db::Connection{pgbench.dsn, nullptr}.script("create database " + std::string{k_model_database});
  db::Connection model{model_dsn(pgbench), nullptr, {.statement_ms_max = 60'000}};
  model.script(read_file(pgbench.folder + "/appendix.sql"));
  model.script(
      "insert into wf.instance(id, assignee, data) select g, g % 500, "
      "jsonb_build_object('applicant', 'P' || g, 'service', 'permit', 'region', g % 60) "
      "from generate_series(1, " +
      std::to_string(k_model_cases) + ") g");
  model.script("vacuum analyze wf.instance");
}

double run_model(Pgbench const& pgbench, std::size_t clients, int seconds) {
  auto const out =
      output_of(pgbench.program + " -n -M prepared -j 1 -c " + std::to_string(clients) + " -T " +
                std::to_string(seconds) + " -D n=" + std::to_string(k_model_cases) + " -f " +
                pgbench.folder + "/appendix.pgbench '" + model_dsn(pgbench) + "' 2>&1");
  auto const at = out.find("tps = ");
  if (at == std::string::npos) throw std::runtime_error{"pgbench failed: " + out};
  return std::stod(out.substr(at + 6));
}

double run_bare(platform::Config const& config, Population const& all, std::span<Filed const> cases,
                std::size_t clients) {
  auto const vault = db::Vault::load(config.vault_key_file);
  auto const rows = rows_of(all, cases);
  std::atomic<std::size_t> next{0}, written{0};
  std::barrier start{static_cast<std::ptrdiff_t>(clients) + 1};
  std::chrono::steady_clock::time_point began;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < clients; ++i)
      threads.emplace_back([&] {
        db::Connection connection{config.database_url, vault};
        start.arrive_and_wait();
        for (auto at = 2 * next++; at < rows.size(); at = 2 * next++)
          for (auto const& row : {std::cref(rows[at]), std::cref(rows[at + 1])})
            if (std::holds_alternative<db::Written>(db::write_step(connection, row))) ++written;
      });
    start.arrive_and_wait();
    began = std::chrono::steady_clock::now();
  }
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
  if (written != rows.size()) throw std::runtime_error{"a bare statement wrote nothing"};
  return static_cast<double>(rows.size()) / took.count();
}

}  // namespace qyzmet::bench
