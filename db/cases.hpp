#pragma once
// Cases: each step is written by one data-modifying statement (case row where version = :v, event,
// facts, timers, outbox, idempotency key, message key), or not at all. Free functions over a
// Connection; blocking; no state of their own.
//
// State, events, facts and effects are sealed at rest (vault.hpp); the typed columns of CaseFields
// are what may be searched. Per-case hash chain, over the plain bytes:
//   h_0 = 32 zero bytes
//   h_n = SHA-256(0x01 || h_{n-1} || u64be(case) || u64be(n) || SHA-256(event) || SHA-256(facts) ||
//   salt)
// so that nobody can alter, drop, add or swap events without changing the head.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"
#include "engine/package.hpp"
#include "engine/step.hpp"

namespace qyzmet::db {

/// What lists and searches show of a case; rewritten by every step. Never holds IIN or contacts.
struct CaseFields {
  OfficeId office;
  std::optional<BranchId> branch;
  std::string subtype;
  std::string place;      // kind of place: "city", "district"
  std::string state;      // code of the public state
  std::string stage;      // who must act: "registrar", "executor", "secretary", "head",
                          // "branch_operator", ""
  Instant filed;          // receipt instant
  Date accepted;          // D0
  Date due;               // T
  std::string milestone;  // code of the next milestone that is not reached, "" when none
  std::optional<Date> milestone_due;
  std::optional<UserId> executor;
  std::optional<UserId> head;
  bool ended = false;
  std::string outcome;                // "" while open, then e.g. "issued", "refused", "withdrawn"
  std::vector<std::string> breaches;  // milestone codes recorded as missed
  /// All that are not reached, and what is asked beside the process, the earliest first:
  /// "2026-11-24 executor draft", see db/migrations/0031_superiors_and_milestones.sql.
  std::vector<std::string> milestones;
  std::optional<UserId> secretary;  // for whom alone the case waits, at the stage "secretary"
};

/// An answer that is kept: the same key with the same fingerprint gets it again.
struct Idempotency {
  std::string scope;        // who asks: "user:17", "outbox", "timer"
  std::string key;          // from the client, at most 100 characters
  std::string fingerprint;  // SHA-256 (hex) of the request: the same key may not mean two things
};

/// A step that begins the case anew at the office that has it from now on; what it was at the one
/// before becomes a row of its own (case_parts.hpp).
struct PassedOn {
  Date on;
  UserId by;
  bool late = false;  // by the package: its variable `redirect.late`
  bool operator==(PassedOn const&) const = default;
};

/// Rows of one step, made by step_rows().
struct StepRows {
  std::string event;  // canonical bytes
  std::string facts;
  std::string salt;  // 32 hex digits
  std::string state;
  Instant at;  // legal time of the event
  /// "start", "complete", "message", "tick", "result", "calendar", "retry", "resolve", "migrate"
  std::string kind;
  std::string actor;
  std::string role;
  std::vector<engine::Timer> timers_added, timers_moved;
  std::vector<std::string> timer_nodes;  // BPMN ids, beside timers_added
  std::vector<std::int32_t> timers_removed;
  struct Incident {
    std::int32_t token;
    std::string node, reason;
    bool operator==(Incident const&) const = default;
  };
  std::vector<Incident> incidents;  // all that are open, when `incidents_changed`
  bool incidents_changed = false;
  std::vector<engine::Effect> effects;
  std::vector<std::int32_t> effects_cancelled;
  std::string message, message_id;  // of a received message; duplicates are refused by it
  std::optional<PassedOn> passed_on;
};
StepRows step_rows(engine::Package const& package, engine::Instance const& before,
                   engine::Event const& event, engine::Step const& step);

/// A file or signature that belongs to the case from this step on.
struct CaseDocument {
  std::string code;              // "application", "refusal", document code of the package ...
  std::string sha256;            // hex; must be stored before (documents.hpp)
  std::string name;              // as people called it
  std::string direction = "in";  // "in" from the citizen, "out" to the citizen, "inner"
};

struct StartRow {
  CaseId id;  // new_case_id(); where another case has it, the started one gets another
  std::string service;
  std::string number_prefix;  // "77" -> 77-2026-004218
  std::string kind;           // one open case per (person, kind)
  PersonId person;
  std::string package;  // SHA-256 of the definition package
  std::int64_t calendar_version = 0;
  std::string language;
  CaseFields fields;
  StepRows step;
  std::vector<CaseDocument> documents;
  std::optional<Idempotency> idempotency;
  std::string draft;      // consumed by the start, "" when none
  std::string signature;  // digest of the stored signature that becomes the case's, "" when none
};

/// The session on whose word a step is taken without asking the database first: nothing is written
/// unless it is still there with the same desk, and its person is active with the same rights.
struct SessionProof {
  std::string token_hash;  // SHA-256, raw
  std::int64_t desk = 0;
  std::int64_t rights = 0;
};
/// A person whom the step names: nothing is written unless they hold the role at the office.
struct RoleProof {
  UserId user;
  std::string role;
  OfficeId office;
};

struct StepRow {
  CaseId id;
  std::int64_t version = 0;                      // the version that the step was computed from
  std::string head_hash;                         // of that version (LoadedCase::head_hash)
  std::optional<std::int64_t> calendar_version;  // when the step changes it
  CaseFields fields;
  StepRows step;
  std::vector<CaseDocument> documents;
  std::optional<Idempotency> idempotency;
  /// The outbox lease that this step completes; a lost lease writes nothing (fencing).
  struct Completes {
    std::int32_t token = 0;
    std::int64_t fence = 0;
  };
  std::optional<Completes> completes;
  std::optional<SessionProof> session = {};
  std::optional<RoleProof> named = {};
  /// The step moves the case to another package (moves.hpp).
  struct Move {
    std::string package;
    std::optional<std::int64_t> batch;  // absent: the move before this step is taken back
    std::string state_before = {};      // engine::state_json, for the undo
  };
  std::optional<Move> moved = {};
};

struct Started {
  CaseId id;
  std::string number;
  std::int64_t version = 1;
};
/// The person has an open case of this kind: show that one (decision 21).
struct Duplicate {
  CaseId id;
  std::string number;
};
/// The same request was answered before: its answer.
struct Replayed {
  CaseId id;
  std::string number;
  std::int64_t version = 0;
};
/// The key was used for a different request.
struct KeyReused {};
struct Written {
  std::int64_t version = 0;
  std::string head_hash = {};  // of that version, for the next step
};
/// Somebody was first, or a proof does not hold any more: read again, at most 3 times, then answer
/// 409.
struct VersionConflict {};
/// The lease ran out and somebody else works on the effect.
struct LeaseLost {};

using StartOutcome = std::variant<Started, Duplicate, Replayed, KeyReused>;
using WriteOutcome = std::variant<Written, VersionConflict, Replayed, KeyReused, LeaseLost>;

/// h_n of the header comment; `previous` and the answer are 32 raw bytes.
std::string chain_hash(std::string_view previous, CaseId id, std::int64_t seq,
                       std::string_view event, std::string_view facts, std::string_view salt_hex);

/// Time-ordered, so that active cases share pages; made without a round trip. Two of one
/// millisecond can be equal, which start_case() mends.
CaseId new_case_id(Instant now);
StartOutcome start_case(Connection& connection, StartRow const& row);
WriteOutcome write_step(Connection& connection, StepRow const& row);
/// The kept answer of a request that was done before. Ask before computing a step.
std::optional<std::variant<Replayed, KeyReused>> find_answer(Connection& connection,
                                                             Idempotency const& idempotency);

struct LoadedCase {
  CaseId id;
  std::string number;
  std::string service;
  std::string kind;
  PersonId person;
  std::string package;
  std::int64_t calendar_version = 0;
  std::string language;
  std::int64_t version = 0;
  std::string head_hash;  // hex
  std::string state;      // engine::state_json
  CaseFields fields;
};
std::optional<LoadedCase> load_case(Connection& connection, CaseId id);
std::optional<LoadedCase> load_case(Connection& connection, std::string const& number);

struct DueCase {
  CaseId id;
  Instant due;  // of the earliest timer
};
/// Cases with a timer due at `now`, the earliest first. Nothing is leased: a second firing loses
/// against the version check.
std::vector<DueCase> cases_due(Connection& connection, Instant now, int limit);
/// When the next timer is due at all.
std::optional<Instant> next_due(Connection& connection);
/// Number of the person's open case of that kind; "" when there is none.
std::string open_case(Connection& connection, PersonId person, std::string const& kind);
/// Ids of open cases in order, beginning after `last`.
std::vector<CaseId> open_cases_after(Connection& connection, CaseId last, int limit);
/// Open cases that do not yet know a calendar version (decision 9).
std::vector<CaseId> cases_behind_calendar(Connection& connection, std::int64_t version, int limit);

struct HistoryEntry {
  std::int64_t seq = 0;
  Instant at;  // legal time
  Instant recorded_at;
  std::string kind, actor, role;
  std::string event;  // canonical bytes
  std::string facts;
  std::string salt, hash;
};
std::vector<HistoryEntry> history(Connection& connection, CaseId id);

struct CaseDocumentRow {
  std::string code, sha256, name, direction, media_type;
  std::int64_t size = 0;
  std::int64_t seq = 0;  // the step that brought it
  Instant added;
  bool page = false;  // there is an HTML page of it, too
};
std::vector<CaseDocumentRow> case_documents(Connection& connection, CaseId id);

}  // namespace qyzmet::db
