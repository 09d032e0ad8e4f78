#include "db/revocation_lists.hpp"

namespace qyzmet::db {

namespace {

Sql const k_register{"register_lists",
                     "insert into revocation_list (address, due) select unnest($1::text[]), "
                     "$2::timestamptz on conflict do nothing"};
#define QYZMET_SOURCE "address, coalesce(sha256, ''), etag, last_modified, this_update"
Sql const k_claim{"claim_lists",
                  "update revocation_list set due = $2::timestamptz + $3 * interval '1 second' "
                  "where address in (select address from revocation_list where due <= $2 and "
                  "address = any($1::text[]) for update skip locked) returning " QYZMET_SOURCE};
Sql const k_keep{"keep_list",
                 "update revocation_list set sha256 = $2, content = $3, this_update = $4, "
                 "etag = $5, last_modified = $6, due = $7 where address = $1 "
                 "and coalesce(this_update <= $4, true)"};
Sql const k_postpone{"postpone_list", "update revocation_list set due = $2 where address = $1"};
Sql const k_kept{"kept_lists",
                 "select " QYZMET_SOURCE
                 " from revocation_list where sha256 is not null and address = any($1::text[]) "
                 "order by address"};
#undef QYZMET_SOURCE
Sql const k_content{"list_content",
                    "select content from revocation_list where address = $1 and sha256 = $2"};

template <class... Arguments>
std::vector<ListSource> sources(Connection& connection, Sql const& sql,
                                Arguments const&... arguments) {
  std::vector<ListSource> out;
  for (auto const& [address, sha256, etag, last_modified, this_update] :
       connection.query<std::string, std::string, std::string, std::string, std::optional<Instant>>(
           sql, arguments...))
    out.push_back({.address = address,
                   .sha256 = sha256,
                   .etag = etag,
                   .last_modified = last_modified,
                   .this_update = this_update});
  return out;
}

}  // namespace

std::vector<ListSource> claim_lists(Connection& connection,
                                    std::vector<std::string> const& addresses, Instant now,
                                    std::chrono::seconds lease) {
  if (addresses.empty()) return {};
  connection.execute(k_register, addresses, now);
  return sources(connection, k_claim, addresses, now, std::int64_t{lease.count()});
}

void keep_list(Connection& connection, FetchedList const& list, Instant due) {
  connection.execute(k_keep, list.address, list.sha256, Bytes{list.content}, list.this_update,
                     list.etag, list.last_modified, due);
}

void postpone_list(Connection& connection, std::string const& address, Instant due) {
  connection.execute(k_postpone, address, due);
}

std::vector<ListSource> kept_lists(Connection& connection,
                                   std::vector<std::string> const& addresses) {
  return sources(connection, k_kept, addresses);
}

std::optional<std::string> list_content(Connection& connection, std::string const& address,
                                        std::string const& sha256) {
  auto row = connection.one<Bytes>(k_content, address, sha256);
  if (!row) return std::nullopt;
  return std::move(std::get<0>(*row).value);
}

}  // namespace qyzmet::db
