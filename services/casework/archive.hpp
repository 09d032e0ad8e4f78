#pragma once
// Long-term validation: every kept signature gets an evidence record (RFC 4998) over the signed
// document, the signature and what it was verified with, and the record is prolonged before its
// timestamps lose their worth. One file holds all that a case needs to be verified by anybody,
// decades later, without us.
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "db/archive.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

inline constexpr int k_archive_round_max = 200;  // signatures under one timestamp
/// A record is prolonged this long before its timestamp ends to prove.
inline constexpr std::chrono::days k_archive_lead{180};

/// One round; answers how many records were made or prolonged.
boost::asio::awaitable<int> archive_round(World& world);

/// Everything about the signatures of a case as one file (evidence_file.hpp). Signatures over
/// documents that have not gone out yet are for the staff alone.
boost::asio::awaitable<std::string> export_evidence(World& world, CaseId id, std::string number,
                                                    bool staff);

}  // namespace qyzmet::casework
