#pragma once
// Timestamps over signatures that came without one, beside the CMS, which never changes. A row
// without a token is owed: the authority was silent when the signature came, and is asked again.
// Written in the transaction that stores the signature.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

/// `token` DER with its genTime; nothing: it is owed, from `now` on. What is there stays.
struct SignatureTimestamp {
  std::string signature;  // digest
  std::string token;
  std::optional<Instant> stamped;
  bool owed() const { return token.empty(); }
};
void keep_timestamp(Connection& connection, SignatureTimestamp const& timestamp, Instant now);
std::optional<SignatureTimestamp> find_timestamp(Connection& connection,
                                                 std::string const& signature);
/// Digests of signatures whose timestamp is owed and due, oldest first. They come back after
/// `pause` unless one is kept.
std::vector<std::string> claim_owed_timestamps(Connection& connection, Instant now,
                                               std::chrono::seconds pause, int limit);

}  // namespace qyzmet::db
