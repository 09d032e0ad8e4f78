#pragma once
// Whether the stored log is the one that was signed and, with a checkpoint that somebody else has
// kept, the one that was seen there: every leaf against its event, every tile against its leaves,
// the head against the tree. Reads everything; holds one batch of leaves and the right edge of the
// tree in memory.
#include "db/ledger.hpp"
#include "db/verify.hpp"
#include "signing/ledger/note.hpp"

namespace qyzmet::casework {

/// Faults: "log_gap", "log_event" (gone), "log_entry" (the event is another), "log_tile",
/// "log_head" (not signed, or of another tree), "log_unlogged" (an event beside the log),
/// "log_witness" (what the witness has seen is gone or is another).
struct LogVerdict {
  std::int64_t size = 0;
  std::vector<db::Fault> faults;
};
/// In a transaction with one snapshot, unless nobody appends meanwhile.
LogVerdict check_log(db::Connection& connection, ledger::NoteKey const& key,
                     std::optional<ledger::Head> const& witnessed);

}  // namespace qyzmet::casework
