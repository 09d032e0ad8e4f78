#include "services/casework/ledger_check.hpp"

#include "services/casework/ledger.hpp"

namespace qyzmet::casework {

namespace {

constexpr int k_batch = 2000;

class Checker {
 public:
  Checker(db::Connection& connection, ledger::NoteKey const& key,
          std::optional<ledger::Head> const& witnessed)
      : connection_{connection}, key_{key}, witnessed_{witnessed} {}

  LogVerdict run() {
    auto const head = db::log_head(connection_);
    for (bool more = true; more;) {
      auto const leaves = db::log_leaves(connection_, verdict_.size, k_batch);
      if (!leaves.empty() && leaves.front().index != verdict_.size)
        fault("log_gap", {}, "before leaf " + std::to_string(leaves.front().index));
      more = leaves.size() == std::size_t(k_batch) && verdict_.faults.empty();
      take(leaves);
    }
    check_head(head);
    for (auto const& record : db::events_to_log(connection_, Instant{}, k_batch))
      if (record.recorded_at < head.watermark)
        fault("log_unlogged", record.case_id, "step " + std::to_string(record.seq));
    if (witnessed_ && witnessed_->size > std::uint64_t(verdict_.size))
      fault("log_witness", {},
            "a witness has seen " + std::to_string(witnessed_->size) + " events");
    return std::move(verdict_);
  }

 private:
  void fault(std::string check, CaseId id, std::string detail) {
    verdict_.faults.push_back(
        {.check = std::move(check), .case_id = id, .detail = std::move(detail)});
  }

  /// Leaves from verdict_.size on.
  void take(std::vector<db::LogLeaf> const& leaves) {
    ledger::Hashes hashes;
    for (auto const& leaf : leaves) {
      auto const name = "leaf " + std::to_string(leaf.index);
      if (leaf.index != verdict_.size + std::int64_t(hashes.size()))
        return fault("log_gap", leaf.case_id, "before " + name);
      if (!leaf.record)
        fault("log_event", leaf.case_id, name);
      else if (ledger::entry_of(*leaf.record) != leaf.entry)
        fault("log_entry", leaf.case_id, name);
      hashes.push_back(ledger::leaf_hash(leaf.entry));
    }
    // The witness has seen a tree that may end in the middle of a batch.
    auto const size = std::uint64_t(verdict_.size);
    std::span<ledger::Hash const> rest{hashes};
    if (witnessed_ && witnessed_->size >= size && witnessed_->size < size + rest.size()) {
      grow(rest.first(witnessed_->size - size));
      compare_witnessed();
      rest = rest.subspan(witnessed_->size - size);
    }
    grow(rest);
    if (witnessed_ && witnessed_->size == std::uint64_t(verdict_.size)) compare_witnessed();
  }

  void compare_witnessed() {
    if (root() != witnessed_->root)
      fault("log_witness", {}, "the tree is not the one that a witness has seen");
  }

  ledger::Hash root() const {
    return *ledger::hash_of({.begin = 0, .end = std::uint64_t(verdict_.size)}, growing_);
  }

  void grow(std::span<ledger::Hash const> leaves) {
    auto const size = std::uint64_t(verdict_.size);
    auto changed = ledger::append(growing_, size, leaves);
    verdict_.size += std::int64_t(leaves.size());
    auto const still = ledger::growing_tiles(std::uint64_t(verdict_.size));
    std::set<ledger::TileId> full;
    for (auto& [id, hashes] : changed) {
      if (!still.contains(id)) full.insert(id);
      growing_[id] = std::move(hashes);
    }
    compare_tiles(full);
    std::erase_if(growing_, [&](auto const& tile) { return !still.contains(tile.first); });
  }

  void compare_tiles(std::set<ledger::TileId> const& ids) {
    auto const stored = read_tiles(connection_, ids);
    for (auto const& id : ids) {
      auto const found = stored.find(id);
      if (found == stored.end() || found->second != growing_.at(id))
        fault("log_tile", {}, ledger::to_text(ledger::TilePath{.id = id, .entries = false}));
    }
  }

  void check_head(db::LogHead const& head) {
    compare_tiles(ledger::growing_tiles(std::uint64_t(verdict_.size)));
    if (head.size != verdict_.size)
      return fault("log_head", {}, "speaks of " + std::to_string(head.size) + " events");
    if (head.size == 0) return;
    auto const checkpoint = ledger::open_checkpoint(head.note, key_);
    if (!checkpoint)
      fault("log_head", {}, "not signed by " + key_.name);
    else if (checkpoint->head != ledger::Head{.size = std::uint64_t(head.size), .root = root()})
      fault("log_head", {}, "signed for another tree");
  }

  db::Connection& connection_;
  ledger::NoteKey const& key_;
  std::optional<ledger::Head> const& witnessed_;
  LogVerdict verdict_;
  ledger::Tiles growing_;
};

}  // namespace

LogVerdict check_log(db::Connection& connection, ledger::NoteKey const& key,
                     std::optional<ledger::Head> const& witnessed) {
  return Checker{connection, key, witnessed}.run();
}

}  // namespace qyzmet::casework
