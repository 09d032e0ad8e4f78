#include "db/outbox.hpp"

#include "db/packing.hpp"

namespace qyzmet::db {

namespace {

Sql const k_claim{
    "claim_outbox",
    "with picked as (select case_id, token from outbox where status in ('waiting', 'leased') "
    "and ready_at <= clock_timestamp() order by ready_at limit $1 for update skip locked) "
    "update outbox o set status = 'leased', attempts = o.attempts + 1, worker = $2, "
    "fence = nextval('fence'), ready_at = clock_timestamp() + $3 * interval '1 millisecond', "
    "changed_at = clock_timestamp() from picked p where o.case_id = p.case_id and "
    "o.token = p.token returning o.case_id, o.token, o.fence, o.attempts, o.handler, o.kind, "
    "o.document, o.sha256, o.data_sealed, o.ordered_at"};
Sql const k_postpone{
    "postpone_outbox",
    "update outbox set status = 'waiting', reason = $5, "
    "ready_at = clock_timestamp() + $4 * interval '1 millisecond', changed_at = clock_timestamp() "
    "where case_id = $1 and token = $2 and fence = $3 and status = 'leased'"};
Sql const k_complete{"complete_outbox",
                     "delete from outbox where case_id = $1 and token = $2 and fence = $3 "
                     "and status = 'leased'"};
Sql const k_park{"park_outbox",
                 "update outbox set status = 'incident', reason = $4, "
                 "changed_at = clock_timestamp() "
                 "where case_id = $1 and token = $2 and fence = $3 and status = 'leased'"};
Sql const k_retry{"retry_outbox",
                  "update outbox set status = 'waiting', attempts = 0, "
                  "ready_at = clock_timestamp(), changed_at = clock_timestamp() "
                  "where case_id = $1 and token = $2 and status = 'incident'"};
Sql const k_wake{"wake_outbox",
                 "update outbox set status = 'waiting', ready_at = clock_timestamp(), "
                 "changed_at = clock_timestamp() where case_id = split_part($1, '/', 1)::bigint "
                 "and token = split_part($1, '/', 2)::int and status in ('waiting', 'incident')"};
Sql const k_take{
    "take_incident",
    "update outbox set status = 'leased', worker = 'administrator', fence = nextval('fence'), "
    "ready_at = clock_timestamp() + $3 * interval '1 millisecond', changed_at = clock_timestamp() "
    "where case_id = $1 and token = $2 and status = 'incident' "
    "returning fence, attempts, handler, kind, document, sha256, ordered_at, reason"};
Sql const k_counts{
    "outbox_counts",
    "select count(*) filter (where status = 'waiting'), count(*) filter (where status = 'leased'), "
    "count(*) filter (where status = 'incident'), "
    "min(ordered_at) filter (where status in ('waiting', 'leased')) from outbox"};

engine::Context opened(Connection& connection, std::string const& row, Bytes const& sealed) {
  auto const plain =
      open_packed(connection.vault(), sealed, {.table = "outbox", .column = "data", .row = row});
  auto data = engine::from_json(plain);
  if (!data || data->as<engine::Context>() == nullptr)
    throw SealBroken{"the data of an effect is malformed"};
  return std::move(*data->as<engine::Context>());
}

}  // namespace

std::vector<Claimed> claim_outbox(Connection& connection, std::string const& worker, int limit,
                                  std::chrono::milliseconds lease) {
  std::vector<Claimed> claimed;
  for (auto& [id, token, fence, attempts, handler, kind, document, hash, sealed, ordered] :
       connection.query<CaseId, std::int32_t, std::int64_t, int, std::string, std::string,
                        std::string, std::string, Bytes, Instant>(k_claim, limit, worker,
                                                                  std::int64_t{lease.count()})) {
    Claimed one{.case_id = id,
                .token = token,
                .fence = fence,
                .attempt = attempts,
                .handler = handler,
                .kind = kind,
                .document = document,
                .sha256 = hash,
                .data = {},
                .key = std::to_string(id.value) + "/" + std::to_string(token),
                .ordered = ordered};
    try {
      one.data = opened(connection, one.key, sealed);
    } catch (SealBroken const& broken) {
      one.broken = broken.what();  // the others of the batch can be carried out
    }
    claimed.push_back(std::move(one));
  }
  return claimed;
}

bool postpone_outbox(Connection& connection, Claimed const& claimed,
                     std::chrono::milliseconds backoff, std::string const& reason) {
  return connection.execute(k_postpone, claimed.case_id, claimed.token, claimed.fence,
                            std::int64_t{backoff.count()}, reason) == 1;
}

bool complete_outbox(Connection& connection, Claimed const& claimed) {
  return connection.execute(k_complete, claimed.case_id, claimed.token, claimed.fence) == 1;
}

bool park_outbox(Connection& connection, Claimed const& claimed, std::string const& reason) {
  return connection.execute(k_park, claimed.case_id, claimed.token, claimed.fence, reason) == 1;
}

bool retry_outbox(Connection& connection, CaseId case_id, std::int32_t token) {
  return connection.execute(k_retry, case_id, token) == 1;
}

bool wake_outbox(Connection& connection, std::string const& key) {
  return connection.execute(k_wake, key) == 1;
}

std::optional<Claimed> take_incident(Connection& connection, CaseId case_id, std::int32_t token,
                                     std::chrono::milliseconds lease) {
  auto row =
      connection.one<std::int64_t, int, std::string, std::string, std::string, std::string, Instant,
                     std::string>(k_take, case_id, token, std::int64_t{lease.count()});
  if (!row) return std::nullopt;
  auto& [fence, attempts, handler, kind, document, hash, ordered, reason] = *row;
  return Claimed{.case_id = case_id,
                 .token = token,
                 .fence = fence,
                 .attempt = attempts,
                 .handler = std::move(handler),
                 .kind = std::move(kind),
                 .document = std::move(document),
                 .sha256 = std::move(hash),
                 .data = {},
                 .broken = std::move(reason),
                 .key = std::to_string(case_id.value) + "/" + std::to_string(token),
                 .ordered = ordered};
}

OutboxCounts outbox_counts(Connection& connection) {
  auto const [waiting, leased, incidents, oldest] =
      *connection.one<std::int64_t, std::int64_t, std::int64_t, std::optional<Instant>>(k_counts);
  return {.waiting = waiting, .leased = leased, .incidents = incidents, .oldest = oldest};
}

}  // namespace qyzmet::db
