#include "db/cases.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "db/compose.hpp"
#include "db/packing.hpp"
#include "db/step_cells.hpp"
#include "db/vault.hpp"
#include "engine/base/check.hpp"

namespace qyzmet::db {

namespace {

constexpr int k_attempts_max = 3;
constexpr std::size_t k_hash_bytes = 32;

// A step is one statement. Its first part writes the case row (`u`) and the event; the other parts
// take their rows from `u`, so that nothing is written when the case row was not.
//   $1 case  $2 at  $3 kind  $4 actor  $5 role  $6 event  $7 facts  $8 salt  $9 hash  $10 state
//   $11..$28 CaseFields in their order
constexpr std::string_view k_start_case =
    "with n as (select nextval('case_number')::text as n), "
    "u as (insert into cases (id, number, service, kind, person_id, package, calendar_version, "
    "language, version, head_hash, state_sealed, office_id, branch_id, subtype, place, state, "
    "stage, filed, accepted, due, milestone, milestone_due, executor_id, head_id, ended, outcome, "
    "breaches, milestones, secretary_id) select $1, $29::text || lpad(n.n, greatest(6, "
    "length(n.n)), '0'), "
    "$30, $31, $32, $33, $34, $35, 1, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
    "$21, $22, $23, $24, $25, $26, $27, $28 from n returning id, number, version), "
    "e as (insert into event (case_id, seq, at, kind, actor, role, body_sealed, facts_sealed, "
    "salt, hash) select u.id, u.version, $2, $3, $4, $5, $6, $7, $8, $9 from u)";

#define QYZMET_UPDATE_CASE                                                                   \
  "u as (update cases set version = version + 1, head_hash = $9, state_sealed = $10, "       \
  "office_id = $11, branch_id = $12, subtype = $13, place = $14, state = $15, stage = $16, " \
  "filed = $17, accepted = $18, due = $19, milestone = $20, milestone_due = $21, "           \
  "due_before = case when $19::date < due then due "                                         \
  "when $19::date = due then due_before end, "                                               \
  "executor_id = $22, head_id = $23, ended = $24, outcome = $25, breaches = $26, "           \
  "milestones = $27, secretary_id = $28, "                                                   \
  "calendar_version = coalesce($30::bigint, calendar_version) "
constexpr std::string_view k_update_case = "with " QYZMET_UPDATE_CASE;
// The same for the result of an effect: only while its lease ($31 token, $32 fence) is held.
constexpr std::string_view k_update_leased_case =
    "with lease as materialized (select 1 from outbox where case_id = $1 and token = $31::int "
    "and fence = $32::bigint and status = 'leased' for update), " QYZMET_UPDATE_CASE;
#undef QYZMET_UPDATE_CASE
constexpr std::string_view k_package_changes = ", package = ?::text ";
constexpr std::string_view k_this_version = "where id = $1 and version = $29";
constexpr std::string_view k_lease_is_held =
    "where id = $1 and version = $29 and exists (select from lease)";

// What the step was decided on beside the case, still true at this moment?
constexpr std::string_view k_session_stands =
    " and exists (select from web_session s join app_user a on a.id = s.user_id "
    "where s.token_hash = ?::bytea and s.desk = ?::bigint and a.rights = ?::bigint and a.active "
    "and s.idle_expires > clock_timestamp() and s.absolute_expires > clock_timestamp())";
constexpr std::string_view k_role_is_held =
    " and exists (select from user_role r join app_user a on a.id = r.user_id "
    "where r.user_id = ?::bigint and r.role = ?::text and r.office_id = ?::bigint and a.active)";

constexpr std::string_view k_event =
    " returning id, version), "
    "e as (insert into event (case_id, seq, at, kind, actor, role, body_sealed, facts_sealed, "
    "salt, hash) select u.id, u.version, $2, $3, $4, $5, $6, $7, $8, $9 from u)";
constexpr std::string_view k_event_of_effect =
    " returning id, version), "
    "od as (delete from outbox o using u where o.case_id = u.id and o.token = $31::int "
    "returning $32::bigint as given, o.fence as held), "
    "e as (insert into event (case_id, seq, at, kind, actor, role, body_sealed, facts_sealed, "
    "salt, hash, lease_given, lease_held) select u.id, u.version, $2, $3, $4, $5, $6, $7, $8, $9, "
    "(select given from od), (select held from od) from u)";

constexpr std::string_view k_timers_removed =
    ", mr as (delete from timer m using u where m.case_id = u.id and m.id = any (?::int[]))";
constexpr std::string_view k_timers_moved =
    ", mm as (update timer m set due = x.due from u, unnest(?::int[], ?::timestamptz[]) x(id, due) "
    "where m.case_id = u.id and m.id = x.id)";
constexpr std::string_view k_timers_added =
    ", ma as (insert into timer (case_id, id, node, due) select u.id, x.* from u, "
    "unnest(?::int[], ?::text[], ?::timestamptz[]) x)";
constexpr std::string_view k_effects_cancelled =
    ", oc as (update outbox o set status = 'cancelled', changed_at = clock_timestamp() from u "
    "where o.case_id = u.id and o.token = any (?::int[]))";
constexpr std::string_view k_effects_added =
    ", oa as (insert into outbox (case_id, token, handler, kind, document, sha256, data_sealed) "
    "select u.id, x.* from u, "
    "unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bytea[]) x)";
// Rare, so all of the case are written anew; those that stay keep their time.
constexpr std::string_view k_incidents_removed =
    ", ir as (delete from incident i using u where i.case_id = u.id and not exists (select from "
    "unnest(?::int[], ?::text[]) x(token, node) where x.token = i.token and x.node = i.node))";
constexpr std::string_view k_incidents_added =
    ", ia as (insert into incident (case_id, token, node, reason, since) select u.id, x.*, $2 "
    "from u, unnest(?::int[], ?::text[], ?::text[]) x "
    "on conflict (case_id, token, node) do nothing)";
constexpr std::string_view k_documents_added =
    ", da as (insert into case_document (case_id, seq, code, sha256, name, direction, added_at) "
    "select u.id, u.version, x.*, $2 from u, unnest(?::text[], ?::text[], ?::text[], ?::text[]) x "
    "on conflict (case_id, code, sha256) do update set direction = excluded.direction)";
constexpr std::string_view k_message_taken =
    ", me as (insert into message (case_id, name, message_id, seq) "
    "select u.id, ?::text, ?::text, u.version from u)";
constexpr std::string_view k_answer_kept =
    ", ik as (insert into idempotency (scope, key, fingerprint, case_id, version) "
    "select ?::text, ?::text, ?::bytea, u.id, u.version from u)";
constexpr std::string_view k_move_made =
    ", mv as (insert into case_migration (batch_id, case_id, seq, state_sealed) "
    "select ?::bigint, u.id, u.version, ?::bytea from u)";
constexpr std::string_view k_move_undone =
    ", mu as (update case_migration m set undone_seq = u.version from u "
    "where m.case_id = u.id and m.seq = u.version - 1)";
// `c` is the case as it was before this statement.
constexpr std::string_view k_part_kept =
    ", pk as (insert into case_part (case_id, part, seq, office_id, received_at, accepted, due, "
    "breaches, passed_at, passed_on, passed_to, passed_by, late) "
    "select u.id, (select count(*) from case_part p where p.case_id = u.id) + 1, u.version, "
    "c.office_id, c.filed, c.accepted, c.due, c.breaches, $2, ?::date, ?::bigint, ?::bigint, "
    "?::boolean from u join cases c on c.id = u.id)";
constexpr std::string_view k_draft_consumed =
    ", dr as (delete from draft using u where draft.id = ?)";
constexpr std::string_view k_signature_bound =
    ", sb as (update signature s set case_id = u.id from u where s.digest = ? and "
    "s.case_id is null)";

Family k_start{"start_case", " select number from u"};
Family k_step{"write_step", " select version from u"};
Family k_completing_step{"write_step", " select version from u"};

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
  "accepted, due, milestone, milestone_due, executor_id, head_id, ended, outcome, breaches, "   \
  "milestones, secretary_id from cases where "
Sql const k_load{"load_case", QYZMET_CASE_COLUMNS "id = $1"};
Sql const k_load_number{"load_case_number",
                        QYZMET_CASE_COLUMNS "number = $1 order by number_part desc limit 1"};
#undef QYZMET_CASE_COLUMNS

Sql const k_due{"cases_due",
                "select case_id, min(due) from timer where due <= $1 group by case_id "
                "order by 2, 1 limit $2"};
Sql const k_next_due{"next_due", "select min(due) from timer"};
Sql const k_open_after{"open_cases_after",
                       "select id from cases where not ended and id > $1 order by id limit $2"};
Sql const k_behind{"cases_behind_calendar",
                   "select id from cases where not ended and calendar_version < $1 order by id "
                   "limit $2"};
Sql const k_history{"history",
                    "select seq, at, recorded_at, kind, actor, role, body_sealed, facts_sealed, "
                    "salt, hash from event where case_id = $1 order by seq"};
Sql const k_documents{
    "case_documents",
    "select d.code, d.sha256, d.name, d.direction, f.media_type, f.size, d.seq, d.added_at, "
    "exists (select from document_page p where p.document = d.sha256) "
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

std::string open(Connection& connection, std::string_view table, std::string_view column,
                 std::string const& row, Bytes const& sealed) {
  return open_packed(connection.vault(), sealed, {.table = table, .column = column, .row = row});
}

/// One column of the rows of a part.
template <class Rows, class Member>
Cell column(Rows const& rows, Member member) {
  ArrayText text;
  for (auto const& row : rows) text.add(encode(row.*member));
  return std::move(text).take();
}

Part effects_part(Connection& connection, CaseId id, std::vector<engine::Effect> const& effects) {
  using engine::Effect;
  std::vector<Bytes> data;
  for (auto const& effect : effects) data.push_back(sealed_data(connection, id, effect));
  return {!effects.empty(),
          k_effects_added,
          {column(effects, &Effect::token), column(effects, &Effect::handler),
           column(effects, &Effect::kind), column(effects, &Effect::document),
           column(effects, &Effect::sha256), encode(data)}};
}

/// What the start and every later step write alike, after their first part.
void append_parts(Connection& connection, CaseId id, StepRows const& step,
                  std::vector<CaseDocument> const& documents, std::optional<Idempotency> const& key,
                  std::vector<Part>& parts) {
  using engine::Timer;
  auto const& timers = step.timers_added;
  parts.push_back(
      {!timers.empty(),
       k_timers_added,
       {column(timers, &Timer::id), encode(step.timer_nodes), column(timers, &Timer::due)}});
  parts.push_back(effects_part(connection, id, step.effects));
  using Incident = StepRows::Incident;
  auto const& incidents = step.incidents;
  bool const stuck = step.incidents_changed;
  parts.push_back({stuck,
                   k_incidents_removed,
                   {column(incidents, &Incident::token), column(incidents, &Incident::node)}});
  parts.push_back({stuck && !incidents.empty(),
                   k_incidents_added,
                   {column(incidents, &Incident::token), column(incidents, &Incident::node),
                    column(incidents, &Incident::reason)}});
  parts.push_back(
      {!documents.empty(),
       k_documents_added,
       {column(documents, &CaseDocument::code), column(documents, &CaseDocument::sha256),
        column(documents, &CaseDocument::name), column(documents, &CaseDocument::direction)}});
  parts.push_back(
      {!step.message_id.empty(), k_message_taken, cells(step.message, step.message_id)});
  parts.push_back({key.has_value(), k_answer_kept,
                   key ? cells(key->scope, key->key, digest(*key)) : std::vector<Cell>{}});
}

Family::Statement start_statement(Connection& connection, StartRow const& row, CaseId id) {
  auto const hash = chain_hash(std::string(k_hash_bytes, '\0'), id, 1, row.step.event,
                               row.step.facts, row.step.salt);
  auto const year = int{std::chrono::year_month_day{legal_date(row.fields.filed)}.year()};
  auto arguments = first_arguments(connection, id, 1, hash, row.fields, row.step);
  std::ranges::copy(cells(row.number_prefix + "-" + std::to_string(year) + "-", row.service,
                          row.kind, row.person, row.package, row.calendar_version, row.language),
                    std::back_inserter(arguments));
  std::vector<Part> parts{{true, k_start_case, std::move(arguments)}};
  append_parts(connection, id, row.step, row.documents, row.idempotency, parts);
  parts.push_back({!row.draft.empty(), k_draft_consumed, cells(row.draft)});
  parts.push_back({!row.signature.empty(), k_signature_bound, cells(row.signature)});
  return k_start.compose(parts);
}

Family::Statement step_statement(Connection& connection, StepRow const& row,
                                 std::string const& hash) {
  auto arguments = first_arguments(connection, row.id, row.version + 1, hash, row.fields, row.step);
  std::ranges::copy(cells(row.version, row.calendar_version), std::back_inserter(arguments));
  if (row.completes)
    std::ranges::copy(cells(row.completes->token, row.completes->fence),
                      std::back_inserter(arguments));
  auto const& step = row.step;
  // What this step completes is deleted by the first part; no statement changes a row twice.
  auto cancelled = step.effects_cancelled;
  if (row.completes) std::erase(cancelled, row.completes->token);
  using engine::Timer;
  auto const& session = row.session;
  auto const& named = row.named;
  auto const& moved = row.moved;
  bool const undone = moved && !moved->batch;
  std::vector<Part> parts{
      {true, row.completes ? k_update_leased_case : k_update_case, std::move(arguments)},
      {moved.has_value(), k_package_changes, moved ? cells(moved->package) : std::vector<Cell>{}},
      {true, row.completes ? k_lease_is_held : k_this_version},
      {session.has_value(), k_session_stands,
       session ? cells(Bytes{session->token_hash}, session->desk, session->rights)
               : std::vector<Cell>{}},
      {named.has_value(), k_role_is_held,
       named ? cells(named->user, named->role, named->office) : std::vector<Cell>{}},
      {true, row.completes ? k_event_of_effect : k_event},
      {!step.timers_removed.empty(), k_timers_removed, cells(step.timers_removed)},
      {!step.timers_moved.empty(),
       k_timers_moved,
       {column(step.timers_moved, &Timer::id), column(step.timers_moved, &Timer::due)}},
      {!cancelled.empty(), k_effects_cancelled, cells(cancelled)},
      {moved && !undone, k_move_made,
       moved && !undone
           ? cells(*moved->batch, seal(connection, "case_migration", "state",
                                       row_key(row.id, row.version + 1), moved->state_before))
           : std::vector<Cell>{}},
      {undone, k_move_undone}};
  auto const& passed = step.passed_on;
  parts.push_back({passed.has_value(), k_part_kept,
                   passed ? cells(passed->on, row.fields.office, passed->by, passed->late)
                          : std::vector<Cell>{}});
  append_parts(connection, row.id, step, row.documents, row.idempotency, parts);
  return (row.completes ? k_completing_step : k_step).compose(parts);
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
  if (conflict.constraint() == "cases_pkey")
    throw Retry{"another case of this millisecond has the id", "40001"};
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
      connection
          .one<CaseId, std::string, std::string, std::string, PersonId, std::string, std::int64_t,
               std::string, std::int64_t, Bytes, Bytes, OfficeId, std::optional<BranchId>,
               std::string, std::string, std::string, std::string, Instant, Date, Date, std::string,
               std::optional<Date>, std::optional<UserId>, std::optional<UserId>, bool, std::string,
               std::vector<std::string>, std::vector<std::string>, std::optional<UserId>>(sql, key);
  if (!row) return std::nullopt;
  auto& [id, number, service, kind, person, package, calendar, language, version, head, sealed,
         office, branch, subtype, place, state, stage, filed, accepted, due, milestone,
         milestone_due, executor, signer, ended, outcome, breaches, milestones, secretary] = *row;
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
                               .breaches = breaches,
                               .milestones = milestones,
                               .secretary = secretary}};
}

void put_big_endian(std::string& out, std::int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

/// The engine says that a case began anew; the actor is whoever passed it on.
std::optional<PassedOn> passed_on(engine::Event const& event, engine::Step const& step) {
  if (std::ranges::find(step.facts, "restarted", &engine::Fact::kind) == step.facts.end())
    return std::nullopt;
  auto const& user = event.actor.user;
  std::int64_t by = 0;
  std::from_chars(user.data(), user.data() + user.size(), by);
  auto const* late = engine::at_path(step.next.variables, "redirect.late").as<bool>();
  return PassedOn{
      .on = legal_date(step.next.at), .by = UserId{by}, .late = late != nullptr && *late};
}

struct KindOf {
  std::string operator()(engine::Start const&) const { return "start"; }
  std::string operator()(engine::CompleteTask const&) const { return "complete"; }
  std::string operator()(engine::ReceiveMessage const&) const { return "message"; }
  std::string operator()(engine::Tick const&) const { return "tick"; }
  std::string operator()(engine::HandlerResult const&) const { return "result"; }
  std::string operator()(engine::CalendarChanged const&) const { return "calendar"; }
  std::string operator()(engine::RetryIncident const&) const { return "retry"; }
  std::string operator()(engine::ResolveIncident const&) const { return "resolve"; }
  std::string operator()(engine::Migrated const&) const { return "migrate"; }
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
  rows.timers_added = changes.timers_added;
  for (auto const& timer : changes.timers_added) rows.timer_nodes.push_back(node(timer.node).id);
  rows.timers_moved = changes.timers_moved;
  rows.timers_removed = changes.timers_removed;
  rows.incidents_changed = before.incidents != step.next.incidents;
  if (rows.incidents_changed && !step.next.ended)
    for (auto const& each : step.next.incidents)
      rows.incidents.push_back(
          {.token = each.token, .node = node(each.node).id, .reason = each.reason});
  rows.effects = step.effects;
  rows.effects_cancelled = changes.pending_cancelled;
  if (auto const* message = std::get_if<engine::ReceiveMessage>(&event.body)) {
    rows.message = message->message;
    rows.message_id = message->message_id;
  }
  rows.passed_on = passed_on(event, step);
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
  auto id = row.id;
  return with_retry([&]() -> StartOutcome {
    try {
      auto statement = start_statement(connection, row, id);
      auto const written =
          connection.query_encoded<std::string>(statement.sql, std::move(statement.arguments));
      check(written.size() == 1, "a started case has a number");
      return Started{.id = id, .number = std::get<0>(written.front())};
    } catch (Conflict const& conflict) {
      if (conflict.constraint() == "cases_pkey") id = new_case_id(row.step.at);
      return refused_start(connection, row, conflict);
    }
  });
}

WriteOutcome write_step(Connection& connection, StepRow const& row) {
  auto const hash = next_hash(row);
  return with_retry([&]() -> WriteOutcome {
    try {
      auto statement = step_statement(connection, row, hash);
      auto const written =
          connection.query_encoded<std::int64_t>(statement.sql, std::move(statement.arguments));
      if (!written.empty())
        return Written{.version = std::get<0>(written.front()), .head_hash = to_hex(hash)};
    } catch (Conflict const& conflict) {
      return conflicting_step(connection, row, conflict);
    }
    return refused_step(connection, row);
  });
}

std::optional<std::variant<Replayed, KeyReused>> find_answer(Connection& connection,
                                                             Idempotency const& idempotency) {
  auto const row = connection.one<Bytes, CaseId, std::string, std::int64_t>(
      k_answer, idempotency.scope, idempotency.key);
  if (!row) return std::nullopt;
  auto const& [fingerprint, id, number, version] = *row;
  if (fingerprint != digest(idempotency)) return KeyReused{};
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

namespace {

template <class... Arguments>
std::vector<CaseId> case_ids(Connection& connection, Sql const& sql,
                             Arguments const&... arguments) {
  std::vector<CaseId> ids;
  for (auto const& [id] : connection.query<CaseId>(sql, arguments...)) ids.push_back(id);
  return ids;
}

}  // namespace

std::string open_case(Connection& connection, PersonId person, std::string const& kind) {
  auto const found = connection.one<CaseId, std::string>(k_open_case, person, kind);
  return found ? std::get<1>(*found) : std::string{};
}

std::vector<CaseId> open_cases_after(Connection& connection, CaseId last, int limit) {
  return case_ids(connection, k_open_after, last, limit);
}

std::vector<CaseId> cases_behind_calendar(Connection& connection, std::int64_t version, int limit) {
  return case_ids(connection, k_behind, version, limit);
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

std::vector<CaseDocumentRow> case_documents(Connection& connection, CaseId id) {
  std::vector<CaseDocumentRow> rows;
  for (auto& [code, hash, name, direction, media_type, size, seq, added, page] :
       connection.query<std::string, std::string, std::string, std::string, std::string,
                        std::int64_t, std::int64_t, Instant, bool>(k_documents, id))
    rows.push_back({.code = code,
                    .sha256 = hash,
                    .name = name,
                    .direction = direction,
                    .media_type = media_type,
                    .size = size,
                    .seq = seq,
                    .added = added,
                    .page = page});
  return rows;
}

}  // namespace qyzmet::db
