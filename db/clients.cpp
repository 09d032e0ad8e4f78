#include "db/clients.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

Sql const k_create{"create_client",
                   "insert into api_client (name, token_hash, scopes, expires, issued_by) "
                   "values ($1, $2, $3, $4, $5) returning id"};
#define QYZMET_CLIENT "select id, name, scopes, issued_at, expires, revoked_at from api_client "
Sql const k_find{"find_client", QYZMET_CLIENT
                 "where token_hash = $1 and revoked_at is null and expires > clock_timestamp()"};
Sql const k_list{"clients", QYZMET_CLIENT "order by id desc limit $1 offset $2"};
#undef QYZMET_CLIENT
Sql const k_revoke{"revoke_client",
                   "update api_client set revoked_at = clock_timestamp(), revoked_by = $2 "
                   "where id = $1 and revoked_at is null"};

template <class... Arguments>
std::vector<Client> clients_where(Connection& connection, Sql const& sql,
                                  Arguments const&... arguments) {
  std::vector<Client> out;
  for (auto& [id, name, scopes, issued, expires, revoked] :
       connection.query<ClientId, std::string, std::vector<std::string>, Instant, Instant,
                        std::optional<Instant>>(sql, arguments...))
    out.push_back({.id = id,
                   .name = name,
                   .scopes = scopes,
                   .issued = issued,
                   .expires = expires,
                   .revoked = revoked});
  return out;
}

}  // namespace

ClientId create_client(Connection& connection, Client const& client, std::string const& token,
                       UserId issued_by) {
  return std::get<0>(*connection.one<ClientId>(k_create, client.name, Bytes{sha256(token)},
                                               client.scopes, client.expires, issued_by));
}

std::optional<Client> find_client(Connection& connection, std::string const& token) {
  auto found = clients_where(connection, k_find, Bytes{sha256(token)});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Client> clients(Connection& connection, int limit, int offset) {
  return clients_where(connection, k_list, limit, offset);
}

bool revoke_client(Connection& connection, ClientId id, UserId by) {
  return connection.execute(k_revoke, id, by) == 1;
}

}  // namespace qyzmet::db
