#pragma once
// Programs of other organisations with a token of their own (contact centre, integrators): what
// they may do, until when, who gave it out. Of a token only the SHA-256 is kept. Times are those of
// the real clock. Free functions over a Connection; blocking.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Client {
  ClientId id;
  std::string name;
  std::vector<std::string> scopes;  // "status", "residence"
  Instant issued, expires;
  std::optional<Instant> revoked;
};

/// Answers the id. QueryError for a scope that does not exist.
ClientId create_client(Connection& connection, Client const& client, std::string const& token,
                       UserId issued_by);
/// Alive: neither expired nor revoked.
std::optional<Client> find_client(Connection& connection, std::string const& token);
/// The latest first; behind the first `offset`.
std::vector<Client> clients(Connection& connection, int limit, int offset = 0);
/// At once; false when there is no such client, or it was revoked before.
bool revoke_client(Connection& connection, ClientId id, UserId by);

}  // namespace qyzmet::db
