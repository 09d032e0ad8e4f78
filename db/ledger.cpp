#include "db/ledger.hpp"

#include "db/values.hpp"
#include "db/vault.hpp"
#include "engine/value.hpp"

namespace qyzmet::db {

namespace {

/// A clock that is set back a little loses no event.
constexpr int k_clock_step_s_max = 10;

#define QYZMET_HEAD "select size, note, watermark from log_head"
Sql const k_head{"log_head", QYZMET_HEAD};
Sql const k_lock{"lock_log_head", QYZMET_HEAD " for update skip locked"};
#undef QYZMET_HEAD

// An event that nobody sees yet belongs to a transaction that is still open, and was recorded after
// its begin. Asked before the events are read.
Sql const k_watermark{"log_watermark",
                      "select least(clock_timestamp(), min(xact_start)) - $1 * interval '1 second' "
                      "from pg_stat_activity where datname = current_database() "
                      "and pid <> pg_backend_pid()"};

#define QYZMET_RECORD                                                                       \
  "e.case_id, e.seq, e.recorded_at, c.number, e.at, e.kind, e.actor, e.role, e.hash, "      \
  "array(select d.code from case_document d where d.case_id = e.case_id and d.seq = e.seq " \
  "order by d.code, d.sha256), "                                                            \
  "array(select d.sha256 from case_document d where d.case_id = e.case_id "                 \
  "and d.seq = e.seq order by d.code, d.sha256) "
Sql const k_to_log{"events_to_log",
                   "select " QYZMET_RECORD
                   "from event e join cases c on c.id = e.case_id where e.recorded_at >= $1 "
                   "and not exists (select from log_leaf l where l.case_id = e.case_id "
                   "and l.seq = e.seq) order by e.recorded_at, e.case_id, e.seq limit $2"};
#define QYZMET_LEAF                                                                     \
  "select l.index, l.entry, l.case_id, l.seq, e.seq is not null and c.id is not null, " \
  "coalesce(e.recorded_at, 'epoch'), coalesce(c.number, ''), coalesce(e.at, 'epoch'), " \
  "coalesce(e.kind, ''), coalesce(e.actor, ''), coalesce(e.role, ''), "                 \
  "coalesce(e.hash, ''), "                                                              \
  "array(select d.code from case_document d where d.case_id = l.case_id "               \
  "and d.seq = l.seq order by d.code, d.sha256), "                                      \
  "array(select d.sha256 from case_document d where d.case_id = l.case_id "             \
  "and d.seq = l.seq order by d.code, d.sha256) "                                       \
  "from log_leaf l left join event e on e.case_id = l.case_id and e.seq = l.seq "       \
  "left join cases c on c.id = l.case_id where "
Sql const k_leaves{"log_leaves", QYZMET_LEAF "l.index >= $1 order by l.index limit $2"};
Sql const k_leaf{"log_leaf_of", QYZMET_LEAF "l.case_id = $1 and l.seq = $2"};
#undef QYZMET_LEAF
#undef QYZMET_RECORD

Sql const k_entries{"log_entries",
                    "select entry from log_leaf where index >= $1 and index < $2 order by index"};
Sql const k_tiles{"log_tiles",
                  "select t.level, t.index, t.hashes from log_tile t "
                  "join unnest($1::int[], $2::bigint[]) x(level, index) using (level, index)"};
Sql const k_append{
    "append_log",
    "with l as (insert into log_leaf (index, case_id, seq, entry) "
    "select $1::bigint + x.n - 1, x.case_id, x.seq, decode(x.entry, 'hex') from "
    "unnest($2::bigint[], $3::bigint[], $4::text[]) with ordinality x(case_id, seq, entry, n)), "
    "t as (insert into log_tile (level, index, hashes) select x.level, x.index, "
    "decode(x.hashes, 'hex') from unnest($5::int[], $6::bigint[], $7::text[]) "
    "x(level, index, hashes) on conflict (level, index) do update set hashes = excluded.hashes) "
    "update log_head set size = $8, note = $9, watermark = greatest(watermark, $10)"};

LogHead head_of(std::tuple<std::int64_t, std::string, Instant> row) {
  auto& [size, note, watermark] = row;
  return {.size = size, .note = std::move(note), .watermark = watermark};
}

/// What a record is made of, beside its key.
struct Parts {
  std::string number;
  Instant at, recorded_at;
  std::string kind, actor, role;
  Bytes hash;
  std::vector<std::string> codes, digests;
};

std::string record_of(std::int64_t seq, Parts const& parts) {
  engine::List documents;
  for (std::size_t i = 0; i < parts.codes.size(); ++i)
    documents.emplace_back(engine::Context{{"code", parts.codes[i]}, {"sha256", parts.digests[i]}});
  return engine::to_json(engine::Context{{"number", parts.number},
                                         {"step", seq},
                                         {"at", to_iso(parts.at)},
                                         {"recorded_at", to_iso(parts.recorded_at)},
                                         {"kind", parts.kind},
                                         {"actor", parts.actor},
                                         {"role", parts.role},
                                         {"hash", to_hex(parts.hash.value)},
                                         {"documents", std::move(documents)}});
}

template <class... Arguments>
std::vector<LogLeaf> leaves(Connection& connection, Sql const& sql, Arguments const&... arguments) {
  std::vector<LogLeaf> out;
  auto rows =
      connection.query<std::int64_t, Bytes, CaseId, std::int64_t, bool, Instant, std::string,
                       Instant, std::string, std::string, std::string, Bytes,
                       std::vector<std::string>, std::vector<std::string>>(sql, arguments...);
  for (auto& [index, entry, id, seq, there, recorded_at, number, at, kind, actor, role, hash, codes,
              digests] : rows) {
    LogLeaf leaf{.index = index, .case_id = id, .seq = seq, .entry = entry.value, .record = {}};
    if (there)
      leaf.record =
          record_of(seq, {number, at, recorded_at, kind, actor, role, hash, codes, digests});
    out.push_back(std::move(leaf));
  }
  return out;
}

}  // namespace

LogHead log_head(Connection& connection) {
  auto row = connection.one<std::int64_t, std::string, Instant>(k_head);
  return row ? head_of(std::move(*row)) : LogHead{};
}

std::optional<LogHead> lock_log_head(Connection& connection) {
  auto row = connection.one<std::int64_t, std::string, Instant>(k_lock);
  if (!row) return std::nullopt;
  return head_of(std::move(*row));
}

Instant log_watermark(Connection& connection) {
  return std::get<0>(*connection.one<Instant>(k_watermark, k_clock_step_s_max));
}

std::vector<LogRecord> events_to_log(Connection& connection, Instant since, int limit) {
  std::vector<LogRecord> out;
  for (auto& [id, seq, recorded_at, number, at, kind, actor, role, hash, codes, digests] :
       connection
           .query<CaseId, std::int64_t, Instant, std::string, Instant, std::string, std::string,
                  std::string, Bytes, std::vector<std::string>, std::vector<std::string>>(
               k_to_log, since, limit))
    out.push_back({.case_id = id,
                   .seq = seq,
                   .recorded_at = recorded_at,
                   .record = record_of(
                       seq, {number, at, recorded_at, kind, actor, role, hash, codes, digests})});
  return out;
}

LogTiles log_tiles(Connection& connection, std::vector<LogTileId> const& ids) {
  std::vector<int> levels;
  std::vector<std::int64_t> indexes;
  for (auto const& [level, index] : ids) {
    levels.push_back(level);
    indexes.push_back(index);
  }
  LogTiles out;
  for (auto& [level, index, hashes] :
       connection.query<int, std::int64_t, Bytes>(k_tiles, levels, indexes))
    out[{level, index}] = std::move(hashes.value);
  return out;
}

void append_log(Connection& connection, LogHead const& before, LogHead const& after,
                std::vector<LogRecord> const& records, std::vector<std::string> const& entries,
                LogTiles const& tiles) {
  std::vector<CaseId> cases;
  std::vector<std::int64_t> steps, indexes;
  std::vector<std::string> leaves_hex, tiles_hex;
  std::vector<int> levels;
  for (auto const& record : records) {
    cases.push_back(record.case_id);
    steps.push_back(record.seq);
  }
  for (auto const& entry : entries) leaves_hex.push_back(to_hex(entry));
  for (auto const& [id, hashes] : tiles) {
    levels.push_back(id.first);
    indexes.push_back(id.second);
    tiles_hex.push_back(to_hex(hashes));
  }
  connection.execute(k_append, before.size, cases, steps, leaves_hex, levels, indexes, tiles_hex,
                     after.size, after.note, after.watermark);
}

std::vector<LogLeaf> log_leaves(Connection& connection, std::int64_t first, int limit) {
  return leaves(connection, k_leaves, first, limit);
}

std::optional<LogLeaf> log_leaf_of(Connection& connection, CaseId id, std::int64_t seq) {
  auto found = leaves(connection, k_leaf, id, seq);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<std::string> log_entries(Connection& connection, std::int64_t first, std::int64_t end) {
  std::vector<std::string> out;
  for (auto& [entry] : connection.query<Bytes>(k_entries, first, end))
    out.push_back(std::move(entry.value));
  return out;
}

}  // namespace qyzmet::db
