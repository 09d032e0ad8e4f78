// `qyzmet log check`: reads the whole history as a stranger would and names every case that is not
// what the rules of storage promise, and everything in which the transparency log is not what was
// signed. With the checkpoint that a witness has kept (`log witness`), also what no one can know
// without it: events cut off at the end, and a log that was made anew.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "db/vault.hpp"
#include "db/verify.hpp"
#include "services/casework/ledger.hpp"
#include "services/casework/ledger_check.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/progress.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace {

constexpr char const* k_usage =
    "usage: qyzmet log check [--witnessed FILE [--witness-key KEY]] [--config FILE]";

/// The head in the file: a checkpoint of the log and, with `witness`, cosigned.
std::optional<ledger::Head> read_witnessed(std::string const& file, std::string const& witness,
                                           ledger::NoteKey const& log) {
  auto const text = platform::find_file(file, ledger::k_note_bytes_max);
  auto const checkpoint = text ? ledger::open_checkpoint(*text, log) : std::nullopt;
  if (!checkpoint) return std::nullopt;
  auto const key = ledger::parse_note_key(witness);
  bool const cosigned =
      witness.empty() || (key && ledger::verify_note(*ledger::parse_note(*text), *key));
  return cosigned ? std::optional{checkpoint->head} : std::nullopt;
}

casework::LogVerdict check_log(db::Connection& connection, ledger::NoteKey const& key,
                               std::optional<ledger::Head> const& witnessed) {
  return connection.transaction([&] {
    connection.script("set transaction isolation level repeatable read");
    return casework::check_log(connection, key, witnessed);
  });
}

}  // namespace

int run_log_check(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config", "--witnessed", "--witness-key"}, {});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const config = configuration(*options);
  if (!config) return 1;
  auto const key = casework::open_log_signer(*config).key();
  std::optional<ledger::Head> witnessed;
  if (auto const file = options->get("--witnessed"); !file.empty()) {
    witnessed = read_witnessed(file, options->get("--witness-key"), key);
    if (!witnessed)
      return wrong_use(file + " is no checkpoint of " + key.name +
                       ", or not signed by that witness");
  }
  // One statement reads everything: the time limit of ordinary queries does not fit.
  db::Connection connection{
      config->database_url, db::Vault::load(config->vault_key_file), {.statement_ms_max = 0}};
  auto verdict = [&] {
    Progress progress{"checking cases"};
    return db::verify_history(connection, [&](std::int64_t, std::int64_t all) {
      return progress.add(1, static_cast<std::uint64_t>(all));
    });
  }();
  if (!verdict.complete) {
    std::fprintf(stderr, "qyzmet: stopped after %lld cases, %zu faults so far\n",
                 static_cast<long long>(verdict.cases), verdict.faults.size());
    return k_interrupted;
  }
  auto const log = check_log(connection, key, witnessed);
  verdict.faults.insert(verdict.faults.end(), log.faults.begin(), log.faults.end());
  boost::json::array faults;
  for (auto const& fault : verdict.faults)
    faults.push_back(boost::json::object{
        {"case", fault.case_id.value}, {"check", fault.check}, {"detail", fault.detail}});
  auto const out =
      boost::json::serialize(boost::json::object{{"cases", verdict.cases},
                                                 {"events", verdict.events},
                                                 {"timers", verdict.timers},
                                                 {"logged", log.size},
                                                 {"witnessed", witnessed ? witnessed->size : 0},
                                                 {"faults", faults}});
  std::puts(out.c_str());
  return verdict.faults.empty() ? 0 : 1;
}

}  // namespace qyzmet::cli
