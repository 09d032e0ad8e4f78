// `qyzmet migrate`: makes the database and the key of the encryption at rest when they are absent,
// brings the schema up to date, and deploys the seed packages and the calendar.
#include <cstdio>

#include "db/definitions.hpp"
#include "db/migrate.hpp"
#include "db/vault.hpp"
#include "services/cli/configuration.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace {

constexpr char const* k_usage = "usage: qyzmet migrate [--mode demo|production] [--config FILE]";

/// The mark of an existing database stays; a new one is for production unless said otherwise.
db::Mode wanted_mode(db::Connection& connection, std::string const& word) {
  if (word == "demo") return db::Mode::demo;
  if (word == "production") return db::Mode::production;
  return db::schema_status(connection).mode.value_or(db::Mode::production);
}

int migrate(platform::Config const& config, std::string const& word) {
  // A key that replaces a lost one would make the data unreadable without a word.
  db::ensure_database(config.database_url);
  db::Connection connection{config.database_url, nullptr, {.statement_ms_max = 0}};
  bool const fresh = db::schema_status(connection).applied == 0;
  if (fresh)
    db::Vault::load_or_create(config.vault_key_file);
  else
    db::Vault::load(config.vault_key_file);
  auto const mode = wanted_mode(connection, word);
  int const applied = db::migrate(connection, mode);
  seeds::deploy(connection);
  std::printf("%d migrations applied; the database is marked %s\n", applied,
              std::string{db::to_text(mode)}.c_str());
  for (auto const& package : db::packages(connection))
    std::printf("package %s %s, in force from %s\n", package.service.c_str(),
                package.version.c_str(), to_iso(package.from).c_str());
  return 0;
}

}  // namespace

int run_migrate(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--mode", "--config"}, {});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const word = options->get("--mode");
  if (!options->words().empty() || (!word.empty() && word != "demo" && word != "production"))
    return wrong_use(k_usage);
  auto const config = configuration(*options);
  if (!config) return 1;
  if (config->database_url.empty()) return wrong_use("database_url is not set");
  if (config->vault_key_file.empty()) return wrong_use("vault_key_file is not set");
  try {
    return migrate(*config, word);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "qyzmet: %s\n", error.what());
    return 1;
  }
}

}  // namespace qyzmet::cli
