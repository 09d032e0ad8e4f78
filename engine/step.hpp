#pragma once
// The heart: step(package, calendar, instance, event) -> next instance, facts, effects. Pure,
// deterministic, no clock: time, ids and salts come in with the event.
//
// Before an event at time t is applied, all timers with due <= t fire, each with its own due time
// (a timer armed in the past fires with the time of the event that armed it), so event times
// never decrease. A refused event changes nothing; the error names rule and citation.
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/instance.hpp"
#include "engine/package.hpp"

namespace qyzmet::engine {

struct Actor {
  std::string user;       // id of the person; "" for the system
  std::string role;       // citizen, registrar, executor, head, branch_operator, admin, system
  std::string unit = {};  // id of the office or branch in which the official works
  bool operator==(Actor const&) const = default;
};

/// A verified electronic signature over a document; verification happened before the step.
struct SignatureEvidence {
  std::string document;   // SHA-256 (hex) of the signed bytes
  std::string signature;  // SHA-256 (hex) of the CMS
  std::string signer;     // user id
  bool operator==(SignatureEvidence const&) const = default;
};

struct Start {
  /// A tree of the variables that service.xml declares.
  Context variables;  // the application: subtype, place, office, branch, applicant, documents ...
};
struct CompleteTask {
  std::string task;  // id of the user task
  // Flat: field name, or path of the SHA-256 of a document that was produced, or drawn anew for the
  // signature that comes with it -> value.
  Context form;
  std::optional<SignatureEvidence> signature;
  std::int32_t token = 0;  // which one, where several are open; 0 = the first
};
/// Goes to the wait for (message, key) that opened first. Where none is open, a message that
/// service.xml marks as `early` is kept for its wait, any other refused (conflict).
struct ReceiveMessage {
  std::string message;
  std::string message_id;  // duplicates are refused by it; "" = none
  Context form;            // flat, as in CompleteTask
  std::optional<SignatureEvidence> signature;
  std::string key = {};  // value of the wait's wf:key; "" = the case itself
};
/// Nothing but the due timers: what the poller sends.
struct Tick {};
struct HandlerResult {
  std::int32_t token = 0;
  bool ok = true;
  std::string error_code;  // BPMN error of a business failure; "" = technical failure -> incident
  std::string detail;
  Context result;  // seen as result.* by the assignments of the handler
};
struct CalendarChanged {
  std::int64_t version = 0;
};
struct RetryIncident {
  std::int32_t token = 0;
};
/// What an effect was to do was done otherwise: an administrator says so and answers for it. Any
/// effect that waits may be meant: whether it failed, the outbox knows (casework/resolution.hpp).
struct ResolveIncident {
  std::int32_t token = 0;
  std::string reason;
  /// Of what its handler takes over (stated_of). Without proof of delivery nothing was delivered.
  std::optional<Instant> sent_at, delivered_at;
};
/// Old and new id of nodes and scopes; those that are not named keep their id.
using NodeMap = std::map<std::string, std::string, std::less<>>;
/// The case moves to another package: migrate() and undo_migration() of migration.hpp, which know
/// both; step() refuses it.
struct Migrated {
  std::string from, to;  // SHA-256 of the packages
  NodeMap nodes = {};
  bool undo = false;
};

struct Event {
  Instant at;
  Actor actor;
  std::string salt;  // 32 hex digits, so that the hash of the event gives nothing away
  std::variant<Start, CompleteTask, ReceiveMessage, Tick, HandlerResult, CalendarChanged,
               RetryIncident, ResolveIncident, Migrated>
      body;
};

/// What happened, in order: kept for ever beside the event.
struct Fact {
  std::string
      kind;  // started, completed, timer_fired, message, breach, recorded, incident, ended ...
  std::string node;  // BPMN id, "" when none
  Instant at;
  Context data;
};

/// What must happen outside, at least once, with the key (case, token).
struct Effect {
  std::int32_t token = 0;
  std::string handler;   // "notify", "register", ...
  std::string kind;      // wf:kind
  std::string document;  // wf:template
  std::string sha256;    // of the document that goes out; "" = none
  Context data;          // variables of the case when it was ordered
};

/// A node that a token entered, or an event that fired beside it; for proofs and traces, not kept.
struct Visit {
  NodeIndex node = k_none;
  Instant at;
};

struct Step {
  Instance next;
  std::vector<Fact> facts;
  std::vector<Effect> effects;
  std::vector<Visit> visits;  // in order
};

/// Errors: forbidden (role, guard; with rule and cite), invalid (field), conflict (no such open
/// task or message wait), gone (the case has ended), too_large (the case could not be read again:
/// size.hpp).
Result<Step> step(Package const& package, Calendar const& calendar, Instance const& instance,
                  Event const& event);

/// Would this event be refused, and why? Pages say it before the click.
std::optional<Error> refusal(Package const& package, Calendar const& calendar,
                             Instance const& instance, Event const& event);

/// Why this person can do nothing on the case in this role, whatever it is: the guards of the role.
std::optional<Error> refusal_of_role(Package const& package, Calendar const& calendar,
                                     Instance const& instance, Instant at, Actor const& actor);

/// An effect without an answer: ordered, or failed for good.
struct Unanswered {
  std::string handler;
  std::string kind;
  // What its handler takes over, so that whoever resolves it has to say:
  bool sent = false;       // without it nothing is resolved
  bool delivered = false;  // counts where it is proven
};
std::optional<Unanswered> unanswered(Package const& package, Instance const& instance,
                                     std::int32_t token);
/// An entry in a register is made there or not at all.
bool may_be_stated(std::string_view handler);
inline constexpr std::size_t k_reason_characters_min = 10;
inline constexpr std::size_t k_reason_characters_max = 500;

/// Canonical bytes of the event (RFC 8785) that are stored, hashed and replayed.
std::string event_json(Event const& event);
Result<Event> event_from_json(std::string_view json);
std::string facts_json(std::vector<Fact> const& facts);

/// Rows that change between two instances; what db/ writes.
struct Changes {
  std::vector<Task> tasks_added;
  std::vector<std::int32_t> tasks_removed;  // token
  std::vector<Timer> timers_added;
  std::vector<std::int32_t> timers_removed;
  std::vector<Timer> timers_moved;
  std::vector<Subscription> subscriptions_added;
  std::vector<std::int32_t> subscriptions_removed;
  std::vector<std::int32_t> pending_cancelled;  // token; includes the one that was just answered
};
Changes changes(Instance const& before, Instance const& after);

/// Variables as guards and expressions see them: the case's, and what is derived
/// (engine/environment.hpp).
class Environment;
Environment environment(Calendar const& calendar, Instance const& instance, Instant at,
                        Actor const& actor);
Context environment(Calendar const& calendar, Instance const& instance, Event const& event);
/// The same inside a scope instance: what a task there sees, with loopCounter in a turn.
Context environment(Package const& package, Calendar const& calendar, Instance const& instance,
                    Event const& event, std::int32_t scope);

/// Variables after the form of a task or message was accepted: what its documents are rendered
/// from. Fails as step does, but asks for no signature and no SHA-256.
Result<Context> preview(Package const& package, Calendar const& calendar, Instance const& instance,
                        Event const& event);
/// Documents that the form would produce now; the caller renders them and adds path -> SHA-256.
Result<std::vector<Form::Produces>> produced(Package const& package, Calendar const& calendar,
                                             Instance const& instance, Event const& event);
/// Would a message of that name be taken now: something waits for it, or it comes beside the
/// process.
bool hears(Package const& package, Calendar const& calendar, Instance const& instance,
           std::string_view message);
/// The last day for a message beside the process, or for the task of a form, where service.xml
/// names one.
std::optional<Date> due_of(Package const& package, Calendar const& calendar,
                           Instance const& instance, std::string_view form);
/// The day until which the message of a wait is expected, where service.xml names one.
std::optional<Date> due_of(Package const& package, Calendar const& calendar,
                           Instance const& instance, Subscription const& wait);
std::optional<Date> due_of(Calendar const& calendar, Instance const& instance,
                           Target const& target);
/// The state that people are told; nullptr before the start.
PublicState const* public_state(Package const& package, Instance const& instance);
/// Validates and types raw form values ("2026-11-21" -> date, "2026-11-21T10:00" of the legal zone
/// -> instant) by the form's fields; all errors at once. Cells of a list are named
/// "requests.2.number", rows counted from 1. `environment` may be all of one, too.
std::expected<Context, std::vector<Error>> parse_form(
    Form const& form, std::map<std::string, std::string, std::less<>> const& raw,
    Environment environment, Calendar const& calendar);
std::expected<Context, std::vector<Error>> parse_form(
    Form const& form, std::map<std::string, std::string, std::less<>> const& raw,
    Context const& variables, Calendar const& calendar);

}  // namespace qyzmet::engine
