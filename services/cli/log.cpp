// `qyzmet log check`: reads the whole history as a stranger would and names every case that is not
// what the rules of storage promise, and everything in which the transparency log is not what was
// signed. With the checkpoint that a witness has kept (`log witness`), also what no one can know
// without it: events cut off at the end, and a log that was made anew. The public key of the log is
// that of the configuration, or the one that --log-key gives: no private key is needed.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <map>

#include "db/vault.hpp"
#include "db/verify.hpp"
#include "services/casework/ledger.hpp"
#include "services/casework/ledger_check.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/progress.hpp"
#include "services/cli/trust.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet log check [--witnessed FILE [--witness-key KEY]] [--log-key KEY] [--json] "
    "[--config FILE]";

struct Checked {
  db::Verdict history;  // with the faults of the log
  casework::LogVerdict log;
  std::optional<ledger::Head> witnessed;
};

/// The head in the file: a checkpoint of the log and, with `witness`, cosigned. The log's own key
/// is no witness.
std::optional<ledger::Head> read_witnessed(std::string const& file, std::string const& witness,
                                           ledger::NoteKey const& log) {
  auto const text = platform::find_file(file, ledger::k_note_bytes_max);
  auto const checkpoint = text ? ledger::open_checkpoint(*text, log) : std::nullopt;
  if (!checkpoint) return std::nullopt;
  auto const key = ledger::parse_note_key(witness);
  bool const cosigned = witness.empty() || (key && key->use == ledger::KeyUse::cosignature &&
                                            ledger::verify_note(*ledger::parse_note(*text), *key));
  return cosigned ? std::optional{checkpoint->head} : std::nullopt;
}

casework::LogVerdict check_log(db::Connection& connection, ledger::NoteKey const& key,
                               std::optional<ledger::Head> const& witnessed,
                               signing::TrustStore const& trust) {
  return connection.transaction([&] {
    connection.script("set transaction isolation level repeatable read");
    return casework::check_log(connection, key, witnessed, trust);
  });
}

db::Verdict check_history(db::Connection& connection) {
  Progress progress{"checking cases"};
  return db::verify_history(connection, [&](std::int64_t, std::int64_t all) {
    return progress.add(1, static_cast<std::uint64_t>(all));
  });
}

std::expected<ledger::NoteKey, std::string> log_key(Options const& options,
                                                    platform::Config const& config) {
  auto const given = options.get("--log-key");
  if (given.empty()) return casework::find_log_key(config);
  auto key = ledger::parse_note_key(given);
  if (!key) return std::unexpected(std::string{"--log-key is what `qyzmet log key` prints"});
  return std::move(*key);
}

json::object to_json(Checked const& checked) {
  json::array faults;
  for (auto const& fault : checked.history.faults)
    faults.push_back(
        {{"case", fault.case_id.value}, {"check", fault.check}, {"detail", fault.detail}});
  return {{"cases", checked.history.cases},
          {"events", checked.history.events},
          {"timers", checked.history.timers},
          {"logged", checked.log.size},
          {"timestamps", checked.log.timestamps},
          {"stamped", checked.log.stamped.size},
          {"witnessed", checked.witnessed ? checked.witnessed->size : 0},
          {"faults", faults}};
}

/// What a fault of the log means; those of a case are explained by their detail.
std::string_view meaning(std::string_view check) {
  static std::map<std::string_view, std::string_view> const k_meanings{
      {"log_gap", "an entry of the log is gone"},
      {"log_event", "an event that was logged is gone"},
      {"log_entry", "an event is not the one that was logged"},
      {"log_tile", "the stored tree is not that of its entries"},
      {"log_head", "the signed head is not that of the tree"},
      {"log_unlogged", "an event that the log should have and has not"},
      {"log_timestamp", "what an authority has stamped is gone, or is not what it was"},
      {"log_witness", "what a witness has seen is gone, or is not what it was"}};
  auto const found = k_meanings.find(check);
  return found == k_meanings.end() ? "the history of a case" : found->second;
}

std::string to_text(Checked const& checked) {
  auto const& [history, log, witnessed] = checked;
  auto out = "Read: " + std::to_string(history.cases) + " cases, " +
             std::to_string(history.events) + " events, " + std::to_string(history.timers) +
             " timers that fired; " + std::to_string(log.size) + " entries of the log.\n";
  if (log.timestamps > 0)
    out += "Stamped " + std::to_string(log.timestamps) +
           " times by an authority outside; the first " + std::to_string(log.stamped.size) +
           " entries were there at " + to_iso(log.stamped.at) + ".\n";
  out += witnessed ? "Compared with a witness, who has seen " + std::to_string(witnessed->size) +
                         " entries.\n"
                   : "Not compared with a witness (--witnessed): whether the newest cases were cut "
                     "off with their log, or the whole log was made anew, cannot be said.\n";
  if (history.faults.empty()) return out + "Nothing was changed, removed or added.\n";
  out += std::to_string(history.faults.size()) + " faults:\n";
  for (auto const& fault : history.faults) {
    out += "  " + fault.check + " (" + std::string{meaning(fault.check)} + ")";
    if (fault.case_id.value > 0) out += ", case " + std::to_string(fault.case_id.value);
    out += ": " + fault.detail + "\n";
  }
  return out;
}

}  // namespace

int run_log_check(Arguments arguments) {
  auto const options = Options::parse(
      arguments, {"--config", "--witnessed", "--witness-key", "--log-key"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (!options->words().empty()) return wrong_use(k_usage);
  auto const config = configuration(*options);
  if (!config) return 1;
  auto const key = log_key(*options, *config);
  if (!key) {
    std::fprintf(stderr, "qyzmet: %s\n", key.error().c_str());
    return 1;
  }
  auto const trust = read_trust(config->trust_folder);
  if (!trust) {
    std::fprintf(stderr, "qyzmet: trust_folder: %s\n", trust.error().c_str());
    return 1;
  }
  Checked checked;
  if (auto const file = options->get("--witnessed"); !file.empty()) {
    checked.witnessed = read_witnessed(file, options->get("--witness-key"), *key);
    if (!checked.witnessed)
      return wrong_use(file + " is no checkpoint of " + key->name +
                       ", or not signed by that witness");
  }
  // One statement reads everything: the time limit of ordinary queries does not fit.
  db::Connection connection{
      config->database_url, db::Vault::load(config->vault_key_file), {.statement_ms_max = 0}};
  checked.history = check_history(connection);
  auto& faults = checked.history.faults;
  if (!checked.history.complete) {
    std::fprintf(stderr, "qyzmet: stopped after %lld cases, %zu faults so far\n",
                 static_cast<long long>(checked.history.cases), faults.size());
    return k_interrupted;
  }
  checked.log = check_log(connection, *key, checked.witnessed, *trust);
  faults.insert(faults.end(), checked.log.faults.begin(), checked.log.faults.end());
  auto const out =
      options->has("--json") ? json::serialize(to_json(checked)) + "\n" : to_text(checked);
  std::fputs(out.c_str(), stdout);
  return faults.empty() ? 0 : 1;
}

}  // namespace qyzmet::cli
