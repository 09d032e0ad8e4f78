#include "db/step_cells.hpp"

#include "db/packing.hpp"
#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

constexpr std::size_t k_fingerprint_bytes = 16;

}  // namespace

Bytes seal(Connection& connection, std::string_view table, std::string_view column,
           std::string const& row, std::string_view plain) {
  return seal_packed(connection.vault(), plain, {.table = table, .column = column, .row = row});
}

std::string row_key(CaseId id, std::int64_t number) {
  return std::to_string(id.value) + "/" + std::to_string(number);
}

Bytes digest(Idempotency const& idempotency) {
  return {sha256(idempotency.fingerprint).substr(0, k_fingerprint_bytes)};
}

Bytes sealed_data(Connection& connection, CaseId id, engine::Effect const& effect) {
  return seal(connection, "outbox", "data", row_key(id, effect.token),
              engine::to_json(engine::Value{effect.data}));
}

std::vector<Cell> first_arguments(Connection& connection, CaseId id, std::int64_t seq,
                                  std::string hash, CaseFields const& f, StepRows const& step) {
  auto const row = row_key(id, seq);
  return cells(id, step.at, step.kind, step.actor, step.role,
               seal(connection, "event", "body", row, step.event),
               seal(connection, "event", "facts", row, step.facts), Bytes{from_hex(step.salt)},
               Bytes{std::move(hash)}, seal(connection, "cases", "state", row, step.state),
               f.office, f.branch, f.subtype, f.place, f.state, f.stage, f.filed, f.accepted, f.due,
               f.milestone, f.milestone_due, f.executor, f.head, f.ended, f.outcome, f.breaches,
               f.milestones, f.secretary);
}

std::string next_hash(StepRow const& row) {
  return chain_hash(from_hex(row.head_hash), row.id, row.version + 1, row.step.event,
                    row.step.facts, row.step.salt);
}

}  // namespace qyzmet::db
