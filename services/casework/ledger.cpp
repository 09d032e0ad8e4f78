#include "services/casework/ledger.hpp"

#include <filesystem>

#include "db/vault.hpp"
#include "engine/base/failpoint.hpp"
#include "services/platform/file.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::casework {

namespace {

ledger::Head head_of(db::LogHead const& stored, ledger::NoteKey const& key) {
  if (stored.size == 0) return {.size = 0, .root = ledger::join({})};
  auto const checkpoint = ledger::open_checkpoint(stored.note, key);
  if (!checkpoint || checkpoint->head.size != std::uint64_t(stored.size))
    throw LogBroken{"the stored checkpoint is not one of this log"};
  return checkpoint->head;
}

std::string note_of(ledger::NoteSigner const& signer, ledger::Head const& head) {
  ledger::Note note{.text = ledger::to_text(
                        ledger::Checkpoint{.origin = signer.key().name, .head = head, .more = {}}),
                    .signatures = {}};
  note.signatures.push_back(signer.sign_note(note.text, {}));
  return ledger::to_text(note);
}

ledger::Hash root_of(ledger::Tiles const& tiles, std::uint64_t size) {
  auto const root = ledger::hash_of({.begin = 0, .end = size}, tiles);
  if (!root) throw LogBroken{"a tile of the log is missing"};
  return *root;
}

std::string key_file_of(platform::Config const& config) {
  auto const beside = std::filesystem::path{config.vault_key_file}.parent_path() / "log.key";
  return config.log_key_file.empty() ? beside.string() : config.log_key_file;
}
/// Holds the name that the log began with: it stays when the address of the server becomes another.
std::string name_file_of(platform::Config const& config) {
  return key_file_of(config) + ".name";
}

std::optional<ledger::NoteSigner> read_signer(platform::Config const& config) {
  auto const name =
      config.log_origin.empty() ? platform::find_file(name_file_of(config)) : config.log_origin;
  auto const key = platform::find_file(key_file_of(config));
  if (!name || !key) return std::nullopt;
  return ledger::NoteSigner::open(*name, ledger::KeyUse::note, *key);
}

std::string unusable(platform::Config const& config) {
  return "the transparency log needs a key (PEM, Ed25519) in " + key_file_of(config) +
         " and a name without blanks and plus signs: log_key_file, log_origin";
}

}  // namespace

ledger::NoteSigner open_log_signer(platform::Config const& config) {
  db::create_secret(key_file_of(config), ledger::make_note_key());
  auto const url = platform::parse_url(config.public_url);
  if (config.log_origin.empty() && url) db::create_secret(name_file_of(config), url->authority());
  auto signer = read_signer(config);
  if (!signer) throw std::runtime_error{unusable(config)};
  return std::move(*signer);
}

std::expected<ledger::NoteKey, std::string> find_log_key(platform::Config const& config) {
  auto file = key_file_of(config);
  if (config.log_origin.empty() && std::filesystem::exists(file)) file = name_file_of(config);
  if (!std::filesystem::exists(file))
    return std::unexpected(
        "the transparency log has not begun here: " + file +
        " is missing. `qyzmet serve` makes it at its first start; the file of a log that has begun "
        "comes back from its backup, or log_key_file says where it is");
  auto const signer = read_signer(config);
  if (!signer) return std::unexpected(unusable(config));
  return signer->key();
}

ledger::Tiles read_tiles(db::Connection& connection, std::set<ledger::TileId> const& ids) {
  std::vector<db::LogTileId> wanted;
  for (auto const& id : ids) wanted.emplace_back(int(id.level), std::int64_t(id.index));
  ledger::Tiles out;
  for (auto& [id, hashes] : db::log_tiles(connection, wanted))
    out[{.level = unsigned(id.first), .index = std::uint64_t(id.second)}] = std::move(hashes);
  return out;
}

void Ledger::expect_growth(db::Connection& connection, ledger::Head const& now) {
  if (now.size < seen_.size) throw LogBroken{"the log is shorter than it was"};
  auto const ranges = ledger::consistency_ranges(seen_.size, now.size);
  auto const proof = ledger::hashes_of(ranges, read_tiles(connection, ledger::tiles_of(ranges)));
  bool const first = seen_ == ledger::Head{};
  if (!first && (!proof || !ledger::verify_consistency(seen_, now, *proof)))
    throw LogBroken{"the log is not a continuation of what it was"};
  seen_ = now;
}

int Ledger::append(db::Connection& connection) {
  std::scoped_lock const lock{mutex_};
  return connection.transaction([&]() -> int {
    auto const stored = db::lock_log_head(connection);
    if (!stored) return 0;
    auto const before = head_of(*stored, signer_.key());
    auto growing = read_tiles(connection, ledger::growing_tiles(before.size));
    if (root_of(growing, before.size) != before.root)
      throw LogBroken{"the tree is not the one that was signed"};
    expect_growth(connection, before);
    auto watermark = db::log_watermark(connection);
    auto const records = db::events_to_log(connection, stored->watermark, k_log_batch_max);
    if (records.empty()) return 0;
    if (records.size() == std::size_t(k_log_batch_max))
      watermark = std::min(watermark, records.back().recorded_at);
    std::vector<std::string> entries;
    ledger::Hashes leaves;
    for (auto const& record : records) {
      entries.push_back(ledger::entry_of(record.record));
      leaves.push_back(ledger::leaf_hash(entries.back()));
    }
    auto const changed = ledger::append(growing, before.size, leaves);
    for (auto const& [id, hashes] : changed) growing[id] = hashes;
    ledger::Head after{.size = before.size + leaves.size(), .root = {}};
    after.root = root_of(growing, after.size);
    db::LogTiles tiles;
    for (auto const& [id, hashes] : changed)
      tiles[{int(id.level), std::int64_t(id.index)}] = hashes;
    failpoint("log_before_append");
    db::append_log(connection, *stored,
                   {.size = std::int64_t(after.size),
                    .note = note_of(signer_, after),
                    .watermark = std::max(stored->watermark, watermark)},
                   records, entries, tiles);
    failpoint("log_before_commit");
    return int(records.size());
  });
}

std::optional<ledger::Proof> Ledger::prove_as_logged(db::Connection& connection, CaseId id,
                                                     std::int64_t seq) const {
  auto proof = prove_step(connection, id, seq);
  if (!proof) return std::nullopt;
  auto const now = ledger::open_checkpoint(proof->checkpoint, signer_.key());
  if (!now) throw LogBroken{"the stored checkpoint is not one of this log"};
  auto const size = proof->index + 1;
  auto const inclusion = ledger::inclusion_ranges(proof->index, size);
  auto const growth = ledger::consistency_ranges(size, now->head.size);
  ledger::Range const all{.begin = 0, .end = size};
  auto wanted = ledger::tiles_of(inclusion);
  wanted.merge(ledger::tiles_of(growth));
  wanted.merge(ledger::tiles_of({&all, 1}));
  auto const tiles = read_tiles(connection, wanted);
  auto hashes = ledger::hashes_of(inclusion, tiles);
  auto const consistency = ledger::hashes_of(growth, tiles);
  if (!hashes || !consistency) throw LogBroken{"a tile of the log is missing"};
  ledger::Head const then{.size = size, .root = root_of(tiles, size)};
  if (!ledger::verify_consistency(then, now->head, *consistency))
    throw LogBroken{"the log is not a continuation of what it was"};
  proof->hashes = std::move(*hashes);
  proof->checkpoint = note_of(signer_, then);
  return proof;
}

std::optional<ledger::Proof> prove_step(db::Connection& connection, CaseId id, std::int64_t seq) {
  auto const leaf = db::log_leaf_of(connection, id, seq);
  auto const head = db::log_head(connection);
  if (!leaf || leaf->index >= head.size) return std::nullopt;
  if (!leaf->record || ledger::entry_of(*leaf->record) != leaf->entry)
    throw LogBroken{"an event is not the one that was logged"};
  auto const ranges =
      ledger::inclusion_ranges(std::uint64_t(leaf->index), std::uint64_t(head.size));
  auto hashes = ledger::hashes_of(ranges, read_tiles(connection, ledger::tiles_of(ranges)));
  if (!hashes) throw LogBroken{"a tile of the log is missing"};
  return ledger::Proof{.record = *leaf->record,
                       .index = std::uint64_t(leaf->index),
                       .hashes = std::move(*hashes),
                       .checkpoint = head.note};
}

}  // namespace qyzmet::casework
