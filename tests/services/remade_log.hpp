#pragma once
// What somebody with all rights in the database makes of the transparency log after the history was
// changed: a log over it as it is now, signed by the server that suspects nothing. Inside a
// transaction in which no trigger fires.
#include "db/ledger.hpp"
#include "services/casework/ledger.hpp"

namespace qyzmet::tests {

inline void remake_log(db::Connection& connection, ledger::NoteSigner const& signer) {
  connection.script(
      "delete from log_leaf; delete from log_tile;"
      "update log_head set size = 0, note = '', watermark = 'epoch'");
  auto const all = db::events_to_log(connection, Instant{}, 100'000);
  std::vector<std::string> entries;
  ledger::Hashes leaves;
  for (auto const& one : all) {
    entries.push_back(ledger::entry_of(one.record));
    leaves.push_back(ledger::leaf_hash(entries.back()));
  }
  auto const tiles = ledger::append({}, 0, leaves);
  db::LogTiles rows;
  for (auto const& [id, hashes] : tiles) rows[{int(id.level), std::int64_t(id.index)}] = hashes;
  ledger::Checkpoint const checkpoint{
      .origin = signer.key().name,
      .head = {.size = leaves.size(),
               .root = *ledger::hash_of({.begin = 0, .end = leaves.size()}, tiles)},
      .more = {}};
  ledger::Note note{.text = ledger::to_text(checkpoint), .signatures = {}};
  note.signatures.push_back(signer.sign_note(note.text, {}));
  db::append_log(
      connection, {.size = 0, .note = {}, .watermark = {}},
      {.size = std::int64_t(leaves.size()), .note = ledger::to_text(note), .watermark = {}}, all,
      entries, rows);
}

}  // namespace qyzmet::tests
