#pragma once
// The archive of signatures: what is kept to verify each of them after its certificates have ended,
// and when its proof must be prolonged (signing/evidence_record.hpp). Every stored signature has
// its row from the beginning (store_signature). The material is sealed.
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Archive {
  std::string signature;  // digest
  std::string material;   // JSON; "" before the first round
  std::string record;     // DER; "" before the first round
};

/// Those whose next timestamp is due at `now`, oldest first. They come back after `lease` unless
/// they are kept, so that a worker that dies holds nothing up.
std::vector<Archive> claim_archives(Connection& connection, Instant now, std::chrono::seconds lease,
                                    int limit);
/// Material and record after a round, and when the next one is due.
void keep_archive(Connection& connection, Archive const& archive, Instant due);
/// Nothing can be done before then.
void postpone_archive(Connection& connection, std::string const& signature, Instant due);
std::vector<Archive> archives_of(Connection& connection, CaseId case_id);

}  // namespace qyzmet::db
