#include "db/signature_timestamps.hpp"

namespace qyzmet::db {

namespace {

Sql const k_keep{"keep_timestamp",
                 "insert into signature_timestamp (signature, token, stamped, due) "
                 "values ($1, $2, $3, $4) on conflict (signature) do update "
                 "set token = excluded.token, stamped = excluded.stamped "
                 "where signature_timestamp.token is null and excluded.token is not null"};
Sql const k_find{"find_timestamp",
                 "select token, stamped from signature_timestamp where signature = $1"};
Sql const k_claim{"claim_owed_timestamps",
                  "update signature_timestamp t set due = $1::timestamptz + $2 * interval '1 "
                  "second' from (select signature from signature_timestamp where token is null "
                  "and due <= $1 order by due limit $3 for update skip locked) d "
                  "where t.signature = d.signature returning t.signature"};

}  // namespace

void keep_timestamp(Connection& connection, SignatureTimestamp const& timestamp, Instant now) {
  auto const token =
      timestamp.owed() ? std::optional<Bytes>{} : std::optional{Bytes{timestamp.token}};
  connection.execute(k_keep, timestamp.signature, token, timestamp.stamped, now);
}

std::optional<SignatureTimestamp> find_timestamp(Connection& connection,
                                                 std::string const& signature) {
  auto row = connection.one<std::optional<Bytes>, std::optional<Instant>>(k_find, signature);
  if (!row) return std::nullopt;
  auto& [token, stamped] = *row;
  return SignatureTimestamp{.signature = signature,
                            .token = token ? std::move(token->value) : std::string{},
                            .stamped = stamped};
}

std::vector<std::string> claim_owed_timestamps(Connection& connection, Instant now,
                                               std::chrono::seconds pause, int limit) {
  std::vector<std::string> out;
  for (auto& [signature] :
       connection.query<std::string>(k_claim, now, std::int64_t{pause.count()}, limit))
    out.push_back(signature);
  return out;
}

}  // namespace qyzmet::db
