#pragma once
// Proof of existence over decades: evidence records (RFC 4998). One timestamp covers many groups of
// data objects through a hash tree; before it loses its worth another timestamp is put over it, and
// before a digest algorithm does, everything is digested anew. The objects themselves stay as they
// are, whether they are signatures or not.
//
// Pure, thread-safe. Errors: invalid with "signature.record" (malformed, or it does not cover the
// objects), or with the reason of a timestamp.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signing/verify.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_record_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t k_record_objects_max = 64;
inline constexpr std::size_t k_record_timestamps_max = 64;
inline constexpr std::size_t k_round_groups_max = 1'024;

/// Data objects that are proven together, and the record there is about them.
struct ArchiveGroup {
  std::vector<std::string> objects;
  std::string record = {};  // DER; empty: none yet
};

/// The next archive timestamp of many groups: what to ask the authority, and where its token goes.
struct ArchiveRound {
  std::string stamped;  // the bytes whose digest is the root of the tree, for tsp_question()
  std::string digest;   // OID
  /// For each group the way to the root: the group's own hashes, then what stands beside them.
  std::vector<std::vector<std::vector<std::string>>> ways;
};
/// Initial, renewed by timestamp, or by hash tree where the record uses another digest (5.2).
Result<ArchiveRound> plan_round(std::span<ArchiveGroup const> groups, std::string_view digest);
/// The groups' records with the new timestamp (RFC 3161 token), in the order of the groups.
Result<std::vector<std::string>> finish_round(std::span<ArchiveGroup const> groups,
                                              ArchiveRound const& round, std::string_view token);

/// What a record proves.
struct Proof {
  Instant since;   // the objects existed then
  Instant latest;  // of the newest timestamp
  Instant until;   // when that one ends to prove: the first end in its chain
  std::string digest;
  std::size_t timestamps = 0;
};
/// Every timestamp must have been good when the next one was made, the last one at `at`.
Result<Proof> verify_record(std::string_view record, std::vector<std::string> const& objects,
                            TrustStore const& trust, Policy const& policy, Instant at);

/// The certificates that lead from the signer, and from the timestamps in the CMS, to the anchors:
/// what an archive must keep beside the CMS.
std::vector<std::string> issuers_of(std::string_view cms, TrustStore const& trust);
/// The same for the timestamps of a record.
std::vector<std::string> record_issuers(std::string_view record, TrustStore const& trust);

}  // namespace qyzmet::signing
