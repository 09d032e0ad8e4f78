#pragma once
// The transparency log of all events: appending to it, and proofs out of it. What is stored where:
// db/ledger.hpp; the trees and notes: signing/ledger.
//
// Any number of processes append to one log; the order of the events is fixed when they are
// appended, at once with tree and checkpoint, or not at all. Before a process signs, it has the log
// prove that everything it signed or saw before is still there. Thread-safe; blocking, for jobs of
// the database.
#include <expected>
#include <mutex>
#include <stdexcept>

#include "db/ledger.hpp"
#include "services/platform/config.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/tiles.hpp"

namespace qyzmet::casework {

inline constexpr int k_log_batch_max = 1000;

/// The stored log is not the one that was signed: nothing is signed any more. Always an alarm.
class LogBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Ledger {
 public:
  explicit Ledger(ledger::NoteSigner signer) : signer_{std::move(signer)} {}

  ledger::NoteSigner const& signer() const { return signer_; }
  /// Appends what is not in the log yet, at most k_log_batch_max events, and signs the new
  /// checkpoint; how many. 0, too, while another process does it. Throws LogBroken.
  int append(db::Connection& connection);
  /// The proof of a step as of the moment when it was logged, so that a paper with it is the same
  /// whenever it is made: with the checkpoint of the tree that ends with this step, which is signed
  /// only when the tree of now continues it. Nothing while the step waits for the log, a second or
  /// two as a rule. Throws LogBroken.
  std::optional<ledger::Proof> prove_as_logged(db::Connection& connection, CaseId id,
                                               std::int64_t seq) const;

 private:
  void expect_growth(db::Connection& connection, ledger::Head const& now);

  ledger::NoteSigner const signer_;
  std::mutex mutex_;
  ledger::Head seen_;  // the last one that this process has found or made
};

/// The log's key and name as the configuration says; the key is made when there is none. Throws
/// std::runtime_error with the remedy.
ledger::NoteSigner open_log_signer(platform::Config const& config);

/// The public key of a log that has begun; makes nothing. Otherwise what is missing and what to do.
std::expected<ledger::NoteKey, std::string> find_log_key(platform::Config const& config);

/// Tiles of the stored tree.
ledger::Tiles read_tiles(db::Connection& connection, std::set<ledger::TileId> const& ids);

/// The proof that a step of a case is in the log; nothing while it waits for the log, a second or
/// two as a rule. Throws LogBroken.
std::optional<ledger::Proof> prove_step(db::Connection& connection, CaseId id, std::int64_t seq);

}  // namespace qyzmet::casework
