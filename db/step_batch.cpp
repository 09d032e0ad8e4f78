#include "db/step_batch.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "db/step_cells.hpp"
#include "db/vault.hpp"
#include "engine/base/check.hpp"

namespace qyzmet::db {

namespace {

// The columns of `x` after those of first_arguments(): the version that a step was computed from,
// its calendar, and the two proofs (SessionProof, RoleProof).
constexpr std::string_view k_update_cases =
    "with x as materialized (select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], "
    "$4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], "
    "$11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[], "
    "$17::timestamptz[], $18::date[], $19::date[], $20::text[], $21::date[], $22::bigint[], "
    "$23::bigint[], $24::boolean[], $25::text[], $26::text[], $27::text[], $28::bigint[], "
    "$29::bigint[], $30::bigint[], $31::bytea[], $32::bigint[], $33::bigint[], $34::bigint[], "
    "$35::text[], $36::bigint[]) "
    "x(id, at, kind, actor, role, event, facts, salt, hash, state_sealed, office_id, branch_id, "
    "subtype, place, state, stage, filed, accepted, due, milestone, milestone_due, executor_id, "
    "head_id, ended, outcome, breaches, milestones, secretary_id, version, calendar_version, "
    "session, "
    "desk, rights, "
    "named, named_role, named_office)), "
    "u as (update cases c set version = c.version + 1, head_hash = x.hash, "
    "state_sealed = x.state_sealed, office_id = x.office_id, branch_id = x.branch_id, "
    "subtype = x.subtype, place = x.place, state = x.state, stage = x.stage, filed = x.filed, "
    "accepted = x.accepted, due = x.due, "
    "due_before = case when x.due < c.due then c.due when x.due = c.due then c.due_before end, "
    "milestone = x.milestone, "
    "milestone_due = x.milestone_due, executor_id = x.executor_id, head_id = x.head_id, "
    "ended = x.ended, outcome = x.outcome, breaches = x.breaches::text[], "
    "milestones = x.milestones::text[], secretary_id = x.secretary_id, "
    "calendar_version = coalesce(x.calendar_version, c.calendar_version) "
    "from x where c.id = x.id and c.version = x.version "
    "and (x.session is null or exists (select from web_session s join app_user a "
    "on a.id = s.user_id where s.token_hash = x.session and s.desk = x.desk "
    "and a.rights = x.rights and a.active and s.idle_expires > clock_timestamp() "
    "and s.absolute_expires > clock_timestamp())) "
    "and (x.named is null or exists (select from user_role r join app_user a on a.id = r.user_id "
    "where r.user_id = x.named and r.role = x.named_role and r.office_id = x.named_office "
    "and a.active)) returning c.id, c.version), "
    "e as (insert into event (case_id, seq, at, kind, actor, role, body_sealed, facts_sealed, "
    "salt, hash) select u.id, u.version, x.at, x.kind, x.actor, x.role, x.event, x.facts, x.salt, "
    "x.hash from u join x on x.id = u.id)";

constexpr std::string_view k_timers_removed =
    ", mr as (delete from timer m using u, unnest(?::bigint[], ?::int[]) y(case_id, id) "
    "where y.case_id = u.id and m.case_id = y.case_id and m.id = y.id)";
constexpr std::string_view k_timers_moved =
    ", mm as (update timer m set due = y.due from u, "
    "unnest(?::bigint[], ?::int[], ?::timestamptz[]) y(case_id, id, due) "
    "where y.case_id = u.id and m.case_id = y.case_id and m.id = y.id)";
constexpr std::string_view k_timers_added =
    ", ma as (insert into timer (case_id, id, node, due) select y.* from u join "
    "unnest(?::bigint[], ?::int[], ?::text[], ?::timestamptz[]) y(case_id, id, node, due) "
    "on y.case_id = u.id)";
constexpr std::string_view k_effects_cancelled =
    ", oc as (update outbox o set status = 'cancelled', changed_at = clock_timestamp() from u, "
    "unnest(?::bigint[], ?::int[]) y(case_id, token) "
    "where y.case_id = u.id and o.case_id = y.case_id and o.token = y.token)";
constexpr std::string_view k_effects_added =
    ", oa as (insert into outbox (case_id, token, handler, kind, document, sha256, data_sealed) "
    "select y.* from u join unnest(?::bigint[], ?::int[], ?::text[], ?::text[], ?::text[], "
    "?::text[], ?::bytea[]) y(case_id, token, handler, kind, document, sha256, data_sealed) "
    "on y.case_id = u.id)";
constexpr std::string_view k_answers_kept =
    ", ik as (insert into idempotency (scope, key, fingerprint, case_id, version) "
    "select y.scope, y.key, y.fingerprint, u.id, u.version from u join "
    "unnest(?::bigint[], ?::text[], ?::text[], ?::bytea[]) y(case_id, scope, key, fingerprint) "
    "on y.case_id = u.id)";

Family k_steps{"write_step", " select id from u"};
constexpr std::size_t k_proofs = 8;  // the columns of `x` after those of first_arguments()

/// Rows -> arrays, column by column.
class Columns {
 public:
  void add(std::vector<Cell> const& row) {
    if (columns_.empty()) columns_.resize(row.size());
    check(columns_.size() == row.size(), "the rows of a part have the same columns");
    for (std::size_t i = 0; i < row.size(); ++i) columns_[i].add(row[i]);
  }
  Part part(std::string_view text) && {
    Part made{!columns_.empty(), text};
    made.arguments.reserve(columns_.size());
    for (auto& column : columns_) made.arguments.emplace_back(std::move(column).take());
    return made;
  }

 private:
  std::vector<ArrayText> columns_;
};

std::vector<Cell> case_cells(Connection& connection, StepRow const& row, std::string hash) {
  auto out =
      first_arguments(connection, row.id, row.version + 1, std::move(hash), row.fields, row.step);
  auto const& session = row.session;
  auto const& named = row.named;
  out.reserve(out.size() + k_proofs);
  std::ranges::move(cells(row.version, row.calendar_version), std::back_inserter(out));
  std::ranges::move(session ? cells(Bytes{session->token_hash}, session->desk, session->rights)
                            : std::vector<Cell>(3),
                    std::back_inserter(out));
  std::ranges::move(named ? cells(named->user, named->role, named->office) : std::vector<Cell>(3),
                    std::back_inserter(out));
  return out;
}

/// What the steps write beside case and event.
struct Beside {
  Columns removed, moved, added, cancelled, effects, answers;

  void add(Connection& connection, StepRow const& row) {
    auto const& step = row.step;
    for (auto const id : step.timers_removed) removed.add(cells(row.id, id));
    for (auto const& timer : step.timers_moved) moved.add(cells(row.id, timer.id, timer.due));
    for (std::size_t i = 0; i < step.timers_added.size(); ++i) {
      auto const& timer = step.timers_added[i];
      added.add(cells(row.id, timer.id, step.timer_nodes[i], timer.due));
    }
    for (auto const token : step.effects_cancelled) cancelled.add(cells(row.id, token));
    for (auto const& effect : step.effects)
      effects.add(cells(row.id, effect.token, effect.handler, effect.kind, effect.document,
                        effect.sha256, sealed_data(connection, row.id, effect)));
    if (auto const& key = row.idempotency)
      answers.add(cells(row.id, key->scope, key->key, digest(*key)));
  }
};

using Hashes = std::map<CaseId, std::string>;

Family::Statement batch_statement(Connection& connection, std::span<StepRow const* const> rows,
                                  Hashes const& hashes) {
  Columns all;
  Beside beside;
  for (auto const* row : rows) {
    all.add(case_cells(connection, *row, hashes.at(row->id)));
    beside.add(connection, *row);
  }
  std::array parts{std::move(all).part(k_update_cases),
                   std::move(beside.removed).part(k_timers_removed),
                   std::move(beside.moved).part(k_timers_moved),
                   std::move(beside.added).part(k_timers_added),
                   std::move(beside.cancelled).part(k_effects_cancelled),
                   std::move(beside.effects).part(k_effects_added),
                   std::move(beside.answers).part(k_answers_kept)};
  return k_steps.compose(parts);
}

/// Which of them the common statement has written; none when one of them broke it.
std::vector<CaseId> write_together(Connection& connection, std::span<StepRow const* const> rows,
                                   Hashes const& hashes) {
  std::vector<CaseId> written;
  try {
    auto statement = batch_statement(connection, rows, hashes);
    for (auto const& [id] :
         connection.query_encoded<CaseId>(statement.sql, std::move(statement.arguments)))
      written.push_back(id);
  } catch (Unavailable const&) {
    throw;
  } catch (OutcomeUnknown const&) {
    throw;
  } catch (DatabaseError const&) {
    return {};  // rolled back as a whole: each for itself then
  }
  return written;
}

BatchOutcome write_alone(Connection& connection, StepRow const& row) {
  try {
    return write_step(connection, row);
  } catch (DatabaseError const&) {
    return std::current_exception();
  }
}

}  // namespace

bool goes_with_others(StepRow const& row) {
  return row.documents.empty() && !row.completes && !row.moved && !row.step.incidents_changed &&
         row.step.message_id.empty() && !row.step.passed_on;
}

std::vector<BatchOutcome> write_steps(Connection& connection,
                                      std::span<StepRow const* const> rows) {
  std::vector<BatchOutcome> outcomes;
  Hashes hashes;
  for (auto const* row : rows) {
    check(goes_with_others(*row), "this step is written by itself");
    check(hashes.emplace(row->id, next_hash(*row)).second, "a batch takes one step of a case");
  }
  // In one order, so that two batches never wait for each other.
  std::vector<StepRow const*> ordered{rows.begin(), rows.end()};
  std::ranges::sort(ordered, {}, [](StepRow const* row) { return row->id; });
  auto const written =
      rows.size() < 2 ? std::vector<CaseId>{} : write_together(connection, ordered, hashes);
  for (auto const* row : rows)
    if (std::ranges::find(written, row->id) != written.end())
      outcomes.emplace_back(WriteOutcome{
          Written{.version = row->version + 1, .head_hash = to_hex(hashes.at(row->id))}});
    else
      outcomes.push_back(write_alone(connection, *row));
  return outcomes;
}

}  // namespace qyzmet::db
