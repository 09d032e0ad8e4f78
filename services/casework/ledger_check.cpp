#include "services/casework/ledger_check.hpp"

#include <algorithm>

#include "services/casework/ledger.hpp"
#include "services/casework/log_timestamps.hpp"

namespace qyzmet::casework {

namespace {

constexpr int k_batch = 2000;

/// A tree that somebody has seen: the fault when it is another one, and in which words.
struct Seen {
  ledger::Head head;
  char const* check;
  std::string another;
};

class Checker {
 public:
  Checker(db::Connection& connection, ledger::NoteKey const& key,
          std::optional<ledger::Head> const& witnessed, signing::TrustStore const& trust)
      : connection_{connection}, key_{key}, trust_{trust} {
    if (witnessed)
      seen_.push_back({.head = *witnessed,
                       .check = "log_witness",
                       .another = "the tree is not the one that a witness has seen"});
  }

  LogVerdict run() {
    auto const head = db::log_head(connection_);
    take_timestamps();
    std::ranges::sort(seen_, {}, [](Seen const& seen) { return seen.head.size; });
    compare_seen();
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
    for (; next_ < seen_.size(); ++next_) fault(seen_[next_].check, {}, missing(seen_[next_]));
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
    // What somebody has seen may end in the middle of a batch.
    std::span<ledger::Hash const> rest{hashes};
    while (next_ < seen_.size() &&
           seen_[next_].head.size <= std::uint64_t(verdict_.size) + rest.size()) {
      auto const before = seen_[next_].head.size - std::uint64_t(verdict_.size);
      grow(rest.first(before));
      rest = rest.subspan(before);
      compare_seen();
    }
    grow(rest);
  }

  /// With the tree of this size.
  void compare_seen() {
    for (; next_ < seen_.size() && seen_[next_].head.size == std::uint64_t(verdict_.size); ++next_)
      if (root() != seen_[next_].head.root) fault(seen_[next_].check, {}, seen_[next_].another);
  }

  static std::string missing(Seen const& seen) {
    auto const who = std::string_view{seen.check} == "log_witness" ? "a witness" : "an authority";
    return std::string{who} + " has seen " + std::to_string(seen.head.size) + " events";
  }

  /// Each is over a checkpoint of this log, and by somebody who may tell the time.
  void take_timestamps() {
    for (auto const& timestamp : db::log_timestamps(connection_)) {
      auto const name = "of " + std::to_string(timestamp.size) + " events";
      auto const checkpoint = ledger::open_checkpoint(timestamp.note, key_);
      if (!checkpoint || checkpoint->head.size != std::uint64_t(timestamp.size)) {
        fault("log_timestamp", {}, name + " is not over a checkpoint of " + key_.name);
        continue;
      }
      seen_.push_back({.head = checkpoint->head,
                       .check = "log_timestamp",
                       .another = "the tree is not the one that was stamped " + name});
      if (trust_.certificates.empty()) continue;
      if (!is_stamped(timestamp, trust_)) {
        fault("log_timestamp", {}, name + " is not by an authority that is trusted");
        continue;
      }
      ++verdict_.timestamps;
      verdict_.stamped = {.size = timestamp.size, .at = timestamp.stamped};
    }
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
  signing::TrustStore const& trust_;
  std::vector<Seen> seen_;  // by size
  std::size_t next_ = 0;    // of them, the first one that is larger than the tree so far
  LogVerdict verdict_;
  ledger::Tiles growing_;
};

}  // namespace

LogVerdict check_log(db::Connection& connection, ledger::NoteKey const& key,
                     std::optional<ledger::Head> const& witnessed,
                     signing::TrustStore const& trust) {
  return Checker{connection, key, witnessed, trust}.run();
}

}  // namespace qyzmet::casework
