// `qyzmet log witness`: what a second organisation runs, as often as it likes. It fetches the
// checkpoint of a log over HTTP, has the log prove by its tiles that everything seen before is
// still there (RFC 9162, 2.1.4), cosigns the checkpoint, and keeps it in a file that the log's
// operators cannot reach. `qyzmet log key` prints the public key of the configured log.
//
// The file is replaced at once or not at all; after a failure it is as it was.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <filesystem>

#include "db/vault.hpp"
#include "services/casework/ledger.hpp"
#include "services/cli/configuration.hpp"
#include "services/http/client.hpp"
#include "services/platform/file.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet log witness --url URL --log-key KEY --state FILE --name NAME --key-file FILE";

struct Watched {
  std::string url;  // without a slash at the end
  ledger::NoteKey log;
};

asio::awaitable<Result<std::string>> fetch(std::string url) {
  auto answer = co_await http::fetch({.method = http::Method::get, .url = std::move(url)});
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status == 200) co_return std::move(answer->body);
  co_return std::unexpected(
      Error{.code = ErrorCode::unavailable,
            .text = "error.peer_unavailable",
            .arguments = {{"reason", "status " + std::to_string(answer->status)}}});
}

/// " (status 404)"; "" when nothing is known.
std::string why(Error const& error) {
  auto const reason = error.arguments.find("reason");
  return reason == error.arguments.end() ? std::string{} : " (" + reason->second + ")";
}

/// The tiles of a tree of that size, as long as they are in it.
asio::awaitable<Result<ledger::Tiles>> fetch_tiles(Watched const& watched,
                                                   std::set<ledger::TileId> ids,
                                                   std::uint64_t size) {
  ledger::Tiles tiles;
  for (auto const& id : ids) {
    ledger::TilePath const path{.id = id, .entries = false, .width = ledger::tile_width(id, size)};
    auto tile = co_await fetch(watched.url + "/tile/" + ledger::to_text(path));
    if (!tile) co_return std::unexpected(tile.error());
    tiles[id] = std::move(*tile);
  }
  co_return tiles;
}

/// "" when `newer` continues `older`.
asio::awaitable<Result<std::string>> find_fault(Watched const& watched, ledger::Head older,
                                                ledger::Head newer) {
  if (newer.size < older.size)
    co_return "the log has lost events: " + std::to_string(older.size) + " were seen, " +
        std::to_string(newer.size) + " are left";
  auto const ranges = ledger::consistency_ranges(older.size, newer.size);
  auto const tiles = co_await fetch_tiles(watched, ledger::tiles_of(ranges), newer.size);
  if (!tiles) co_return std::unexpected(tiles.error());
  auto const proof = ledger::hashes_of(ranges, *tiles);
  if (!proof || !ledger::verify_consistency(older, newer, *proof))
    co_return "the log is not a continuation of what was seen at " + std::to_string(older.size) +
        " events";
  co_return std::string{};
}

/// What was seen last; the empty tree before the first time.
std::optional<ledger::Head> read_state(fs::path const& file, ledger::NoteKey const& log) {
  if (!fs::exists(file)) return ledger::Head{.size = 0, .root = ledger::join({})};
  auto const checkpoint = ledger::open_checkpoint(platform::read_file(file), log);
  return checkpoint ? std::optional{checkpoint->head} : std::nullopt;
}

void replace_file(fs::path const& file, std::string const& text) {
  auto const fresh = file.string() + "." + platform::random_hex(8);
  db::create_secret(fresh, text);
  fs::rename(fresh, file);
}

int say(std::string const& sentence) {
  std::fprintf(stderr, "qyzmet: %s\n", sentence.c_str());
  return 1;
}

/// The checkpoint with our signature beside that of the log.
std::string cosigned(ledger::Note note, ledger::NoteKey const& log,
                     ledger::NoteSigner const& witness) {
  std::erase_if(note.signatures,
                [&](auto const& each) { return each.name != log.name || each.key_id != log.id(); });
  auto const now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  note.signatures.push_back(witness.sign_note(note.text, now));
  return ledger::to_text(note);
}

asio::awaitable<int> look(Watched watched, fs::path file, ledger::NoteSigner const& witness) {
  auto const text = co_await fetch(watched.url + "/checkpoint");
  if (!text) co_return say("the log does not answer" + why(text.error()));
  auto const checkpoint = ledger::open_checkpoint(*text, watched.log);
  if (!checkpoint) co_return say("the checkpoint is not signed by " + watched.log.name);
  auto const before = read_state(file, watched.log);
  if (!before) co_return say(file.string() + " is no checkpoint of " + watched.log.name);
  auto const fault = co_await find_fault(watched, *before, checkpoint->head);
  if (!fault) co_return say("the log does not give its tiles" + why(fault.error()));
  if (!fault->empty()) {
    auto const evidence = file.string() + ".refused";
    replace_file(evidence, *text);
    co_return say(*fault + "; the signed checkpoint that shows it is in " + evidence);
  }
  auto const kept = cosigned(*ledger::parse_note(*text), watched.log, witness);
  replace_file(file, kept);
  std::fputs(kept.c_str(), stdout);
  co_return 0;
}

}  // namespace

int run_log_witness(Arguments arguments) {
  auto const options =
      Options::parse(arguments, {"--url", "--log-key", "--state", "--name", "--key-file"}, {});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  for (auto const* name : {"--url", "--log-key", "--state", "--name", "--key-file"})
    if (options->get(name).empty() || !options->words().empty()) return wrong_use(k_usage);
  auto log = ledger::parse_note_key(options->get("--log-key"));
  if (!log) return wrong_use("--log-key: what `qyzmet log key` prints");
  db::create_secret(options->get("--key-file"), ledger::make_note_key());
  auto const witness = ledger::NoteSigner::open(options->get("--name"), ledger::KeyUse::cosignature,
                                                platform::read_file(options->get("--key-file")));
  if (!witness) return wrong_use("--name without blanks and plus signs, --key-file PEM (Ed25519)");
  auto url = options->get("--url");
  while (url.ends_with('/')) url.pop_back();
  asio::io_context io;
  auto done = asio::co_spawn(
      io, look({.url = std::move(url), .log = std::move(*log)}, options->get("--state"), *witness),
      asio::use_future);
  io.run();
  int const code = done.get();
  if (code == 0) std::fprintf(stderr, "witness key: %s\n", to_text(witness->key()).c_str());
  return code;
}

int run_log_key(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {});
  if (!options || !options->words().empty())
    return wrong_use("usage: qyzmet log key [--config FILE]");
  auto const config = configuration(*options);
  if (!config) return 1;
  auto const key = casework::find_log_key(*config);
  if (!key) return say(key.error());
  std::puts(to_text(*key).c_str());
  return 0;
}

}  // namespace qyzmet::cli
