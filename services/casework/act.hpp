#pragma once
// Acting on a case: read, engine::step, one statement, at most k_attempts_max times. The only way
// by which anything changes a case; pages, timers and the outbox all come through here.
//
// Errors of the case (guard, role, field, conflict) are values; faults of the database are
// exceptions (db/error.hpp).
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "db/cases.hpp"
#include "engine/step.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

inline constexpr int k_attempts_max = 3;

/// A case as it stands, with the package and calendar it runs under.
struct OpenCase {
  db::LoadedCase row;
  Library::PackagePointer package;
  Library::CalendarPointer calendar;
  engine::Instance instance;
  Instant now;  // legal time of the reading

  /// Would this be refused now, and why? Pages say it before the click.
  std::optional<Error> refusal(engine::Actor const& actor,
                               decltype(engine::Event::body) body) const;
  /// Open user tasks, as nodes of the process.
  std::vector<engine::Node const*> open_tasks() const;
  /// The user task of that id, open or not; null when the process has none.
  engine::Node const* user_task(std::string_view id) const;
  bool expects(std::string_view message) const;
  /// The last day for a message beside the process.
  std::optional<Date> due(std::string_view message, std::string_view wait = {}) const;
  std::string state_code() const;
};

struct Action {
  engine::Actor actor;
  decltype(engine::Event::body) body;
  std::string idempotency_key = {};  // a repeated action answers as the first time
  std::string fingerprint = {};      // of the request as it came; empty: of the body
  std::vector<db::CaseDocument> documents = {};
  std::optional<db::StepRow::Completes> completes = {};  // outbox lease that this step ends
  std::optional<db::SessionProof> session = {};          // see complete_task_at_once()
  std::optional<db::RoleProof> named = {};
  /// Only on the case as the caller read it: another's step in between is no reason to try again.
  bool as_read = false;
};

/// not_found for a number that does not exist. Due timers are not fired by looking.
boost::asio::awaitable<Result<OpenCase>> open_case(World& world, std::string number);
boost::asio::awaitable<Result<OpenCase>> open_case(World& world, CaseId id);
/// The case after the action. The first attempt stands on the case as the caller read it.
boost::asio::awaitable<Result<OpenCase>> act(World& world, OpenCase open, Action action);
boost::asio::awaitable<Result<OpenCase>> act(World& world, CaseId id, Action action);
/// One attempt on the case as it is remembered, with the proofs of `action`; nullopt: nothing was
/// written, and why is found out by act().
boost::asio::awaitable<std::optional<OpenCase>> act_at_once(World& world, OpenCase open,
                                                            Action action);
/// The answer of an equal request that was carried out before; nullopt when there was none.
boost::asio::awaitable<std::optional<Result<OpenCase>>> answered_before(World& world, CaseId id,
                                                                        Action const& action);

/// An accepted application becomes a case. `received` is the receipt instant (D0 follows from it).
struct NewCase {
  Library::PackagePointer package;
  Instant received;
  engine::Actor actor;
  engine::Context variables;
  db::PersonId applicant;
  std::string language;
  std::string draft;
  std::vector<db::CaseDocument> documents;
  std::string signature = {};   // digest of the stored signature that certified it, if one did
  std::string idempotency_key;  // of what was applied for: an equal key is the same application
};
struct Started {
  CaseId id;
  std::string number;
  bool existing = false;  // an open application of this kind was there already (decision 21)
};
/// What is the same application once more: the service, and what its package tells apart.
std::string case_kind(engine::Package const& package, engine::Context const& application);
boost::asio::awaitable<Result<Started>> start_case(World& world, NewCase input);

using Fields = std::map<std::string, std::string, std::less<>>;
using Outcome = std::expected<OpenCase, std::vector<Error>>;

/// Completes a user task with what a person sent: types the fields, verifies and keeps the
/// signature if this input must be signed (an input that the law does not allow yet keeps none),
/// renders and keeps the documents that the form produces, then acts. All field errors come at
/// once. Files came before: a field of type document holds the SHA-256 of one of `files`.
struct TaskInput {
  OpenCase open;     // as the page found it
  std::string task;  // id of the user task
  engine::Actor actor;
  Fields fields;
  std::string cms = {};  // over the document that the form signs, in any carrier; empty: none came
  std::string idempotency_key;
  std::vector<db::CaseDocument> files = {};
  /// The version that the sender has seen: on any other nothing is done (error.version_changed).
  std::optional<std::int64_t> version = {};
};
boost::asio::awaitable<Outcome> complete_task(World& world, TaskInput input);

/// The same in one round trip, on a case and a session that are remembered, not read: the statement
/// proves both, and the role of a person whom the input names. nullopt: nothing was done, and
/// complete_task() on fresh readings says what it is; so it is always for a form that signs,
/// produces documents or numbers its rows.
boost::asio::awaitable<std::optional<OpenCase>> complete_task_at_once(World& world, TaskInput input,
                                                                      db::SessionProof session);

/// Why this input would be refused now even with a good signature: said before the click. `iin`: of
/// the applicant, for what decision tables answer.
std::optional<Error> refusal_of_task(OpenCase const& open, engine::Actor const& actor,
                                     std::string const& task, Fields const& fields,
                                     std::string_view iin);

/// The same for a message of the process (objection, waiver, withdrawal, answer to a request).
struct MessageInput {
  OpenCase open;
  std::string message;
  engine::Actor actor;
  Fields fields;
  std::string idempotency_key;
  std::string cms = {};   // as in TaskInput
  std::string wait = {};  // wf:key of the wait that is meant; "" = the case itself
  std::vector<db::CaseDocument> files = {};
  /// Of a message that is certified (engine::Form::certified), when it was: see statements.hpp.
  std::optional<engine::SignatureEvidence> certified = {};
};
boost::asio::awaitable<Outcome> send_message(World& world, MessageInput input);

/// All that is wrong with this message as it stands, or the law that forbids it, however it were
/// certified; empty when it could be sent. Changes nothing.
boost::asio::awaitable<std::vector<Error>> refusal_but_certification(World& world,
                                                                     MessageInput input);

}  // namespace qyzmet::casework
