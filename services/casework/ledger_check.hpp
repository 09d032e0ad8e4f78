#pragma once
// Whether the stored log is the one that was signed and, with a checkpoint that somebody else has
// kept, the one that was seen there: every leaf against its event, every tile against its leaves,
// the head against the tree, timestamps against the tree of then. Reads everything; holds one batch
// of leaves and the right edge of the tree in memory.
#include "db/ledger.hpp"
#include "db/verify.hpp"
#include "signing/ledger/note.hpp"
#include "signing/verify.hpp"

namespace qyzmet::casework {

/// Faults: "log_gap", "log_event" (gone), "log_entry" (the event is another), "log_tile",
/// "log_head" (not signed, or of another tree), "log_unlogged" (an event beside the log),
/// "log_witness" (what the witness has seen is gone or is another), "log_timestamp" (the same of
/// what an authority has stamped, or that is no timestamp).
struct LogVerdict {
  struct Stamped {
    std::int64_t size = 0;
    Instant at;
  };
  std::int64_t size = 0;
  std::int64_t timestamps = 0;  // that hold
  Stamped stamped;              // the newest of them
  std::vector<db::Fault> faults;
};
/// In a transaction with one snapshot, unless nobody appends meanwhile. Without anybody to trust,
/// timestamps are held against the tree, but not counted.
LogVerdict check_log(db::Connection& connection, ledger::NoteKey const& key,
                     std::optional<ledger::Head> const& witnessed,
                     signing::TrustStore const& trust = {});

}  // namespace qyzmet::casework
