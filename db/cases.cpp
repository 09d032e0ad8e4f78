#include "db/cases.hpp"

#include "db/vault.hpp"
#include "engine/base/check.hpp"

namespace qyzmet::db {

namespace {

constexpr int k_attempts_max = 3;
constexpr std::size_t k_hash_bytes = 32;

// What the start of a case and every later step write alike. `u` is the case row that was written;
// without it no part writes anything.
//   $1 case  $2 at  $3 kind  $4 actor  $5 role  $6 event  $7 facts  $8 salt  $9 hash  $10 state
//   $11..$26 CaseFields in their order
//   $27..$31 tasks  $32..$34 timers  $35..$40 effects  $41..$44 documents
//   $45, $46 message  $47..$49 idempotency
#define QYZMET_STEP_PARTS                                                                         \
  ", e as (insert into event (case_id, seq, at, kind, actor, role, body_sealed, facts_sealed, "   \
  "salt, hash, lease_given, lease_held) select u.id, u.version, $2, $3, $4, $5, $6, $7, $8, $9, " \
  "(select given from od), (select held from od) from u), "                                       \
  "ta as (insert into task (case_id, token, node, role, form, opened) select u.id, x.* from u, "  \
  "unnest($27::int[], $28::text[], $29::text[], $30::text[], $31::timestamptz[]) x), "            \
  "ma as (insert into timer (case_id, id, node, due) select u.id, x.* from u, "                   \
  "unnest($32::int[], $33::text[], $34::timestamptz[]) x), "                                      \
  "oa as (insert into outbox (case_id, token, handler, kind, document, data_sealed, sha256) "     \
  "select u.id, x.* from u, "                                                                     \
  "unnest($35::int[], $36::text[], $37::text[], $38::text[], $39::bytea[], $40::text[]) x), "     \
  "da as (insert into case_document (case_id, seq, code, sha256, name, direction, added_at) "     \
  "select u.id, u.version, x.*, $2 from u, "                                                      \
  "unnest($41::text[], $42::text[], $43::text[], $44::text[]) x "                                 \
  "on conflict (case_id, code, sha256) do nothing), "                                             \
  "me as (insert into message (case_id, name, message_id, seq) "                                  \
  "select u.id, $45::text, $46::text, u.version from u where $45::text is not null), "            \
  "id as (insert into idempotency (scope, key, fingerprint, case_id, version) "                   \
  "select $47::text, $48::text, $49::text, u.id, u.version from u where $47::text is not null) "

//   $50 prefix of the number  $51 service  $52 kind  $53 person  $54 package  $55 calendar
//   $56 language  $57 draft
Sql const k_start{
    "start_case",
    "with n as (select nextval('case_number')::text as n), "
    "u as (insert into cases (id, number, service, kind, person_id, package, calendar_version, "
    "language, version, head_hash, state_sealed, office_id, branch_id, subtype, place, state, "
    "stage, filed, accepted, due, milestone, milestone_due, executor_id, head_id, ended, outcome, "
    "breaches) select $1, $50::text || lpad(n.n, greatest(6, length(n.n)), '0'), $51, $52, $53, "
    "$54, $55, $56, 1, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, "
    "$24, $25, $26 from n returning id, number, version), "
    "od as (select null::bigint as given, null::bigint as held), "
    "dr as (delete from draft using u where draft.id = $57)" QYZMET_STEP_PARTS
    "select number from u"};

//   $50 version  $51 calendar  $52 tasks removed  $53 timers removed  $54, $55 timers moved
//   $56 effects cancelled  $57 token and $58 fence of the lease that is completed
Sql const k_step{
    "write_step",
    "with lease as materialized (select 1 from outbox where case_id = $1 and "
    "token = $57::int and fence = $58::bigint and status = 'leased' for update), "
    "u as (update cases set version = version + 1, head_hash = $9, state_sealed = $10, "
    "calendar_version = coalesce($51::bigint, calendar_version), office_id = $11, branch_id = $12, "
    "subtype = $13, place = $14, state = $15, stage = $16, filed = $17, accepted = $18, due = $19, "
    "milestone = $20, milestone_due = $21, executor_id = $22, head_id = $23, ended = $24, "
    "outcome = $25, breaches = $26 where id = $1 and version = $50 "
    "and ($57::int is null or exists (select from lease)) returning id, version), "
    "td as (delete from task t using u where t.case_id = u.id and t.token = any ($52::int[])), "
    "md as (delete from timer m using u where m.case_id = u.id and m.id = any ($53::int[])), "
    "mm as (update timer m set due = x.due from u, unnest($54::int[], $55::timestamptz[]) "
    "x(id, due) where m.case_id = u.id and m.id = x.id), "
    "oc as (update outbox o set status = 'cancelled', changed_at = clock_timestamp() from u "
    "where o.case_id = u.id and o.token = any ($56::int[])), "
    "od as (delete from outbox o using u where o.case_id = u.id and o.token = $57::int "
    "returning $58::bigint as given, o.fence as held)" QYZMET_STEP_PARTS "select version from u"};

#undef QYZMET_STEP_PARTS

Sql const k_answer{"find_answer",
                   "select i.fingerprint, i.case_id, c.number, i.version from idempotency i "
                   "join cases c on c.id = i.case_id where i.scope = $1 and i.key = $2"};
Sql const k_message_answer{"find_message",
                           "select m.seq, c.number from message m join cases c on c.id = m.case_id "
                           "where m.case_id = $1 and m.name = $2 and m.message_id = $3"};
Sql const k_open_case{"find_open_case",
                      "select id, number from cases where person_id = $1 and kind = $2 "
                      "and not ended"};
Sql const k_lease{"find_lease",
                  "select fence from outbox where case_id = $1 and token = $2 and "
                  "status = 'leased'"};

#define QYZMET_CASE_COLUMNS                                                                     \
  "select id, number, service, kind, person_id, package, calendar_version, language, version, " \
  "head_hash, state_sealed, office_id, branch_id, subtype, place, state, stage, filed, "        \
  "accepted, due, milestone, milestone_due, executor_id, head_id, ended, outcome, breaches "    \
  "from cases where "
Sql const k_load{"load_case", QYZMET_CASE_COLUMNS "id = $1"};
Sql const k_load_number{"load_case_number",
                        QYZMET_CASE_COLUMNS "number = $1 order by number_part desc limit 1"};
#undef QYZMET_CASE_COLUMNS

Sql const k_due{"cases_due",
                "select case_id, min(due) from timer where due <= $1 group by case_id "
                "order by 2, 1 limit $2"};
Sql const k_next_due{"next_due", "select min(due) from timer"};
Sql const k_behind{"cases_behind_calendar",
                   "select id from cases where not ended and calendar_version < $1 order by id "
                   "limit $2"};
Sql const k_history{"history",
                    "select seq, at, recorded_at, kind, actor, role, body_sealed, facts_sealed, "
                    "salt, hash from event where case_id = $1 order by seq"};
Sql const k_tasks{"case_tasks",
                  "select token, node, role, form, opened from task where case_id = $1 "
                  "order by token"};
Sql const k_documents{
    "case_documents",
    "select d.code, d.sha256, d.name, d.direction, f.media_type, f.size, d.seq, d.added_at "
    "from case_document d join document f on f.sha256 = d.sha256 where d.case_id = $1 "
    "order by d.seq, d.code, d.sha256"};

/// Rolled back by the server for others' sake: the same statement may be sent again.
template <class Work>
auto with_retry(Work&& work) {
  for (int attempt = 1;; ++attempt) {
    try {
      return work();
    } catch (Retry const&) {
      if (attempt == k_attempts_max) throw;
    }
  }
}

std::string row_key(CaseId id, std::int64_t number) {
  return std::to_string(id.value) + "/" + std::to_string(number);
}
Bytes seal(Connection& connection, std::string_view table, std::string_view column,
           std::string const& row, std::string_view plain) {
  return connection.vault().seal(plain, {.table = table, .column = column, .row = row});
}
std::string open(Connection& connection, std::string_view table, std::string_view column,
                 std::string const& row, Bytes const& sealed) {
  return connection.vault().open(sealed, {.table = table, .column = column, .row = row});
}

/// The arrays of a step, one vector per column.
struct Columns {
  std::vector<std::int32_t> task_tokens, timer_ids, effect_tokens, moved_ids;
  std::vector<std::string> task_nodes, task_roles, task_forms;
  std::vector<Instant> task_opened, timer_due, moved_due;
  std::vector<std::string> handlers, kinds, effect_documents, effect_hashes;
  std::vector<Bytes> data;
  std::vector<std::string> codes, hashes, names, directions;
};

Columns columns_of(Connection& connection, CaseId id, StepRows const& step,
                   std::vector<CaseDocument> const& documents) {
  Columns out;
  for (auto const& task : step.tasks_added) {
    out.task_tokens.push_back(task.token);
    out.task_nodes.push_back(task.node);
    out.task_roles.push_back(task.role);
    out.task_forms.push_back(task.form);
    out.task_opened.push_back(task.opened);
  }
  for (auto const& timer : step.timers_added) {
    out.timer_ids.push_back(timer.id);
    out.timer_due.push_back(timer.due);
  }
  for (auto const& timer : step.timers_moved) {
    out.moved_ids.push_back(timer.id);
    out.moved_due.push_back(timer.due);
  }
  for (auto const& effect : step.effects) {
    out.effect_tokens.push_back(effect.token);
    out.handlers.push_back(effect.handler);
    out.kinds.push_back(effect.kind);
    out.effect_documents.push_back(effect.document);
    out.effect_hashes.push_back(effect.sha256);
    out.data.push_back(seal(connection, "outbox", "data", row_key(id, effect.token),
                            engine::to_json(engine::Value{effect.data})));
  }
  for (auto const& document : documents) {
    out.codes.push_back(document.code);
    out.hashes.push_back(document.sha256);
    out.names.push_back(document.name);
    out.directions.push_back(document.direction);
  }
  return out;
}

/// The arguments $1 to $49.
auto shared_arguments(Connection& connection, CaseId id, std::int64_t seq, std::string hash,
                      CaseFields const& f, StepRows const& step, Columns c,
                      std::optional<Idempotency> const& key) {
  using Text = std::optional<std::string>;
  auto const row = row_key(id, seq);
  bool const has_message = !step.message_id.empty();
  return std::make_tuple(
      id, step.at, step.kind, step.actor, step.role,
      seal(connection, "event", "body", row, step.event),
      seal(connection, "event", "facts", row, step.facts), Bytes{from_hex(step.salt)},
      Bytes{std::move(hash)}, seal(connection, "cases", "state", row, step.state), f.office,
      f.branch, f.subtype, f.place, f.state, f.stage, f.filed, f.accepted, f.due, f.milestone,
      f.milestone_due, f.executor, f.head, f.ended, f.outcome, f.breaches, std::move(c.task_tokens),
      std::move(c.task_nodes), std::move(c.task_roles), std::move(c.task_forms),
      std::move(c.task_opened), std::move(c.timer_ids), step.timer_nodes, std::move(c.timer_due),
      std::move(c.effect_tokens), std::move(c.handlers), std::move(c.kinds),
      std::move(c.effect_documents), std::move(c.data), std::move(c.effect_hashes),
      std::move(c.codes), std::move(c.hashes), std::move(c.names), std::move(c.directions),
      has_message ? Text{step.message} : Text{}, has_message ? Text{step.message_id} : Text{},
      key ? Text{key->scope} : Text{}, key ? Text{key->key} : Text{},
      key ? Text{key->fingerprint} : Text{});
}

StartOutcome refused_start(Connection& connection, StartRow const& row, Conflict const& conflict) {
  if (row.idempotency) {
    if (auto const answer = find_answer(connection, *row.idempotency))
      return std::visit([](auto const& one) -> StartOutcome { return one; }, *answer);
  }
  if (conflict.constraint() == "cases_one_open") {
    auto const found = connection.one<CaseId, std::string>(k_open_case, row.person, row.kind);
    if (found) return Duplicate{.id = std::get<0>(*found), .number = std::get<1>(*found)};
    throw Retry{"the open case ended at this moment", "40001"};
  }
  throw conflict;
}

/// Why a step wrote no row.
WriteOutcome refused_step(Connection& connection, StepRow const& row) {
  if (row.idempotency) {
    if (auto const answer = find_answer(connection, *row.idempotency))
      return std::visit([](auto const& one) -> WriteOutcome { return one; }, *answer);
  }
  if (row.completes) {
    auto const lease = connection.one<std::int64_t>(k_lease, row.id, row.completes->token);
    if (!lease || std::get<0>(*lease) != row.completes->fence) return LeaseLost{};
  }
  return VersionConflict{};
}

WriteOutcome conflicting_step(Connection& connection, StepRow const& row,
                              Conflict const& conflict) {
  if (conflict.constraint() == "idempotency_once") return refused_step(connection, row);
  if (conflict.constraint() == "message_once") {
    auto const found = connection.one<std::int64_t, std::string>(
        k_message_answer, row.id, row.step.message, row.step.message_id);
    if (found)
      return Replayed{.id = row.id, .number = std::get<1>(*found), .version = std::get<0>(*found)};
  }
  throw conflict;
}

std::optional<LoadedCase> loaded(Connection& connection, Sql const& sql, auto const& key) {
  auto row =
      connection.one<CaseId, std::string, std::string, std::string, PersonId, std::string,
                     std::int64_t, std::string, std::int64_t, Bytes, Bytes, OfficeId,
                     std::optional<BranchId>, std::string, std::string, std::string, std::string,
                     Instant, Date, Date, std::string, std::optional<Date>, std::optional<UserId>,
                     std::optional<UserId>, bool, std::string, std::vector<std::string>>(sql, key);
  if (!row) return std::nullopt;
  auto& [id, number, service, kind, person, package, calendar, language, version, head, sealed,
         office, branch, subtype, place, state, stage, filed, accepted, due, milestone,
         milestone_due, executor, signer, ended, outcome, breaches] = *row;
  return LoadedCase{.id = id,
                    .number = number,
                    .service = service,
                    .kind = kind,
                    .person = person,
                    .package = package,
                    .calendar_version = calendar,
                    .language = language,
                    .version = version,
                    .head_hash = to_hex(head.value),
                    .state = open(connection, "cases", "state", row_key(id, version), sealed),
                    .fields = {.office = office,
                               .branch = branch,
                               .subtype = subtype,
                               .place = place,
                               .state = state,
                               .stage = stage,
                               .filed = filed,
                               .accepted = accepted,
                               .due = due,
                               .milestone = milestone,
                               .milestone_due = milestone_due,
                               .executor = executor,
                               .head = signer,
                               .ended = ended,
                               .outcome = outcome,
                               .breaches = breaches}};
}

void put_big_endian(std::string& out, std::int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

struct KindOf {
  std::string operator()(engine::Start const&) const { return "start"; }
  std::string operator()(engine::CompleteTask const&) const { return "complete"; }
  std::string operator()(engine::ReceiveMessage const&) const { return "message"; }
  std::string operator()(engine::Tick const&) const { return "tick"; }
  std::string operator()(engine::HandlerResult const&) const { return "result"; }
  std::string operator()(engine::CalendarChanged const&) const { return "calendar"; }
  std::string operator()(engine::RetryIncident const&) const { return "retry"; }
};

}  // namespace

std::string chain_hash(std::string_view previous, CaseId id, std::int64_t seq,
                       std::string_view event, std::string_view facts, std::string_view salt_hex) {
  check(previous.size() == k_hash_bytes, "the previous hash has 32 bytes");
  std::string text{"\x01"};
  text += previous;
  put_big_endian(text, id.value);
  put_big_endian(text, seq);
  text.append(sha256(event)).append(sha256(facts)).append(from_hex(salt_hex));
  return sha256(text);
}

StepRows step_rows(engine::Package const& package, engine::Instance const& before,
                   engine::Event const& event, engine::Step const& step) {
  auto const& nodes = package.process.nodes;
  auto const node = [&](engine::NodeIndex index) -> engine::Node const& {
    return nodes.at(std::size_t(index));
  };
  auto const changes = engine::changes(before, step.next);
  StepRows rows;
  rows.event = engine::event_json(event);
  rows.facts = engine::facts_json(step.facts);
  rows.salt = event.salt;
  rows.state = engine::state_json(step.next);
  rows.at = step.next.at;
  rows.kind = std::visit(KindOf{}, event.body);
  rows.actor = event.actor.user;
  rows.role = event.actor.role;
  for (auto const& task : changes.tasks_added)
    rows.tasks_added.push_back({.token = task.token,
                                .node = node(task.node).id,
                                .role = node(task.node).role,
                                .form = node(task.node).form,
                                .opened = task.opened});
  rows.tasks_removed = changes.tasks_removed;
  rows.timers_added = changes.timers_added;
  for (auto const& timer : changes.timers_added) rows.timer_nodes.push_back(node(timer.node).id);
  rows.timers_moved = changes.timers_moved;
  rows.timers_removed = changes.timers_removed;
  rows.effects = step.effects;
  rows.effects_cancelled = changes.pending_cancelled;
  if (auto const* message = std::get_if<engine::ReceiveMessage>(&event.body)) {
    rows.message = message->message;
    rows.message_id = message->message_id;
  }
  return rows;
}

CaseId new_case_id(Instant now) {
  // Milliseconds since 2025 in the high bits, 20 random bits below; the primary key sees the rest.
  constexpr Instant epoch{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
  auto const milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - epoch).count();
  check(milliseconds > 0, "the clock stands before 2025");
  std::int64_t low = 0;
  for (char const c : random_bytes(3)) low = low << 8 | static_cast<unsigned char>(c);
  return {milliseconds << 20 | (low & 0xFFFFF)};
}

StartOutcome start_case(Connection& connection, StartRow const& row) {
  auto const year = int{std::chrono::year_month_day{legal_date(row.fields.filed)}.year()};
  auto const prefix = row.number_prefix + "-" + std::to_string(year) + "-";
  auto const hash = chain_hash(std::string(k_hash_bytes, '\0'), row.id, 1, row.step.event,
                               row.step.facts, row.step.salt);
  return with_retry([&]() -> StartOutcome {
    try {
      auto const arguments =
          std::tuple_cat(shared_arguments(connection, row.id, 1, hash, row.fields, row.step,
                                          columns_of(connection, row.id, row.step, row.documents),
                                          row.idempotency),
                         std::make_tuple(prefix, row.service, row.kind, row.person, row.package,
                                         row.calendar_version, row.language, row.draft));
      auto const written = std::apply(
          [&](auto const&... a) { return connection.one<std::string>(k_start, a...); }, arguments);
      check(written.has_value(), "a started case has a number");
      return Started{.id = row.id, .number = std::get<0>(*written)};
    } catch (Conflict const& conflict) {
      return refused_start(connection, row, conflict);
    }
  });
}

WriteOutcome write_step(Connection& connection, StepRow const& row) {
  auto const seq = row.version + 1;
  auto const hash = chain_hash(from_hex(row.head_hash), row.id, seq, row.step.event, row.step.facts,
                               row.step.salt);
  using Token = std::optional<std::int32_t>;
  using Fence = std::optional<std::int64_t>;
  auto const token = row.completes ? Token{row.completes->token} : Token{};
  auto const fence = row.completes ? Fence{row.completes->fence} : Fence{};
  return with_retry([&]() -> WriteOutcome {
    try {
      auto columns = columns_of(connection, row.id, row.step, row.documents);
      auto own =
          std::make_tuple(row.version, row.calendar_version, row.step.tasks_removed,
                          row.step.timers_removed, std::move(columns.moved_ids),
                          std::move(columns.moved_due), row.step.effects_cancelled, token, fence);
      auto const arguments =
          std::tuple_cat(shared_arguments(connection, row.id, seq, hash, row.fields, row.step,
                                          std::move(columns), row.idempotency),
                         std::move(own));
      auto const written = std::apply(
          [&](auto const&... a) { return connection.one<std::int64_t>(k_step, a...); }, arguments);
      if (written) return Written{.version = std::get<0>(*written)};
    } catch (Conflict const& conflict) {
      return conflicting_step(connection, row, conflict);
    }
    return refused_step(connection, row);
  });
}

std::optional<std::variant<Replayed, KeyReused>> find_answer(Connection& connection,
                                                             Idempotency const& idempotency) {
  auto const row = connection.one<std::string, CaseId, std::string, std::int64_t>(
      k_answer, idempotency.scope, idempotency.key);
  if (!row) return std::nullopt;
  auto const& [fingerprint, id, number, version] = *row;
  if (fingerprint != idempotency.fingerprint) return KeyReused{};
  return Replayed{.id = id, .number = number, .version = version};
}

std::optional<LoadedCase> load_case(Connection& connection, CaseId id) {
  return loaded(connection, k_load, id);
}
std::optional<LoadedCase> load_case(Connection& connection, std::string const& number) {
  return loaded(connection, k_load_number, number);
}

std::vector<DueCase> cases_due(Connection& connection, Instant now, int limit) {
  std::vector<DueCase> due;
  for (auto const& [id, at] : connection.query<CaseId, Instant>(k_due, now, limit))
    due.push_back({.id = id, .due = at});
  return due;
}

std::optional<Instant> next_due(Connection& connection) {
  return std::get<0>(*connection.one<std::optional<Instant>>(k_next_due));
}

std::vector<CaseId> cases_behind_calendar(Connection& connection, std::int64_t version, int limit) {
  std::vector<CaseId> ids;
  for (auto const& [id] : connection.query<CaseId>(k_behind, version, limit)) ids.push_back(id);
  return ids;
}

std::vector<HistoryEntry> history(Connection& connection, CaseId id) {
  std::vector<HistoryEntry> entries;
  for (auto& [seq, at, recorded, kind, actor, role, body, facts, salt, hash] :
       connection.query<std::int64_t, Instant, Instant, std::string, std::string, std::string,
                        Bytes, Bytes, Bytes, Bytes>(k_history, id)) {
    auto const row = row_key(id, seq);
    entries.push_back({.seq = seq,
                       .at = at,
                       .recorded_at = recorded,
                       .kind = kind,
                       .actor = actor,
                       .role = role,
                       .event = open(connection, "event", "body", row, body),
                       .facts = open(connection, "event", "facts", row, facts),
                       .salt = to_hex(salt.value),
                       .hash = to_hex(hash.value)});
  }
  return entries;
}

std::vector<CaseTask> case_tasks(Connection& connection, CaseId id) {
  std::vector<CaseTask> tasks;
  for (auto& [token, node, role, form, opened] :
       connection.query<std::int32_t, std::string, std::string, std::string, Instant>(k_tasks, id))
    tasks.push_back({.token = token, .node = node, .role = role, .form = form, .opened = opened});
  return tasks;
}

std::vector<CaseDocumentRow> case_documents(Connection& connection, CaseId id) {
  std::vector<CaseDocumentRow> rows;
  for (auto& [code, hash, name, direction, media_type, size, seq, added] :
       connection.query<std::string, std::string, std::string, std::string, std::string,
                        std::int64_t, std::int64_t, Instant>(k_documents, id))
    rows.push_back({.code = code,
                    .sha256 = hash,
                    .name = name,
                    .direction = direction,
                    .media_type = media_type,
                    .size = size,
                    .seq = seq,
                    .added = added});
  return rows;
}

}  // namespace qyzmet::db
