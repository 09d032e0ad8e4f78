#include "services/casework/act.hpp"

#include <algorithm>

#include "engine/base/check.hpp"
#include "services/casework/documents.hpp"
#include "services/casework/fields.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

using Body = decltype(engine::Event::body);

engine::Node const& node_of(OpenCase const& open, engine::NodeIndex index) {
  return open.package->process.nodes[static_cast<std::size_t>(index)];
}

OpenCase assemble(World& world, db::LoadedCase row) {
  OpenCase out{.row = std::move(row), .package = {}, .calendar = {}, .instance = {}, .now = {}};
  out.package = world.library.package(out.row.package);
  out.calendar = world.library.calendar(out.row.calendar_version);
  if (!out.package || !out.calendar)
    throw db::Unavailable{"package or calendar of a case is not loaded yet", ""};
  auto instance = engine::instance_from_json(out.row.state, out.package->term, *out.calendar);
  check(instance.has_value(), "stored state of a case is readable");
  out.instance = std::move(*instance);
  out.now = std::max(world.clock.now(), out.instance.at);
  return out;
}

engine::Event event_of(engine::Actor actor, Body body, Instant at) {
  return {.at = at,
          .actor = std::move(actor),
          .salt = platform::random_hex(16),
          .body = std::move(body)};
}

/// The same words twice have the same fingerprint: time and salt do not count.
db::Idempotency idempotency(engine::Actor const& actor, std::string const& key,
                            std::string fingerprint) {
  return {.scope = (actor.user.empty() ? "system" : "user:" + actor.user),
          .key = key,
          .fingerprint = std::move(fingerprint)};
}

std::string fingerprint_of(engine::Actor const& actor, Body const& body) {
  engine::Event const bare{.at = {}, .actor = actor, .salt = std::string(32, '0'), .body = body};
  return signing::sha256_hex(engine::event_json(bare));
}

db::Idempotency idempotency(Action const& action) {
  return idempotency(
      action.actor, action.idempotency_key,
      action.fingerprint.empty() ? fingerprint_of(action.actor, action.body) : action.fingerprint);
}

Error version_changed() {
  return {.code = ErrorCode::conflict, .text = "error.version_changed", .field = {}};
}

Error key_reused() {
  return {.code = ErrorCode::conflict, .text = "error.idempotency_key_reused", .field = {}};
}

/// One attempt: the rows of `event` against the case as it was read.
asio::awaitable<Result<db::WriteOutcome>> attempt(World& world, OpenCase& open,
                                                  Action const& action,
                                                  Library::CalendarPointer calendar) {
  auto const event = event_of(action.actor, action.body, open.now);
  auto step = engine::step(*open.package, *calendar, open.instance, event);
  if (!step) co_return std::unexpected(step.error());
  // Shared with the job, which may outlive us.
  auto const row = std::make_shared<db::StepRow>(
      db::StepRow{.id = open.row.id,
                  .version = open.row.version,
                  .head_hash = open.row.head_hash,
                  .calendar_version = {},
                  .fields = case_fields(*open.package, *calendar, step->next),
                  .step = db::step_rows(*open.package, open.instance, event, *step),
                  .documents = action.documents,
                  .idempotency = {},
                  .completes = action.completes,
                  .session = action.session,
                  .named = action.named});
  if (calendar != open.calendar) row->calendar_version = calendar->version();
  if (!action.idempotency_key.empty()) row->idempotency = idempotency(action);
  auto outcome = co_await world.steps.write(row);
  if (auto const* written = std::get_if<db::Written>(&outcome)) {
    open.instance = std::move(step->next);
    open.row.version = written->version;
    open.row.head_hash = written->head_hash;
    open.row.fields = row->fields;
    open.row.calendar_version = calendar->version();
    open.calendar = std::move(calendar);
  }
  co_return outcome;
}

/// A published calendar is applied before any other step on the case (decision 9).
bool behind_calendar(World& world, OpenCase const& open) {
  auto const latest = world.library.calendar();
  return !open.instance.ended && latest && latest->version() > open.row.calendar_version;
}

}  // namespace

std::optional<Error> OpenCase::refusal(engine::Actor const& actor, Body body) const {
  engine::Event const event{
      .at = now, .actor = actor, .salt = std::string(32, '0'), .body = std::move(body)};
  return engine::refusal(*package, *calendar, instance, event);
}

std::vector<engine::Node const*> OpenCase::open_tasks() const {
  std::vector<engine::Node const*> out;
  for (auto const& task : instance.tasks) out.push_back(&node_of(*this, task.node));
  return out;
}

engine::Node const* OpenCase::user_task(std::string_view id) const {
  auto const index = package->process.find(id);
  if (index == engine::k_none) return nullptr;
  auto const& node = node_of(*this, index);
  return node.kind == engine::NodeKind::user_task ? &node : nullptr;
}

bool OpenCase::expects(std::string_view message) const {
  return engine::hears(*package, *calendar, instance, message);
}

std::optional<Date> OpenCase::due(std::string_view message, std::string_view wait) const {
  for (auto const& each : instance.subscriptions)
    if (each.message == message && each.key == wait)
      return engine::due_of(*package, *calendar, instance, each);
  return engine::due_of(*package, *calendar, instance, message);
}

std::string OpenCase::state_code() const {
  return casework::state_code(*package, instance);
}

asio::awaitable<Result<OpenCase>> open_case(World& world, std::string number) {
  auto row = co_await world.database.run(
      [number](db::Connection& connection) { return db::load_case(connection, number); });
  if (!row) co_return fail(ErrorCode::not_found, "error.case_not_found");
  co_return assemble(world, std::move(*row));
}

asio::awaitable<Result<OpenCase>> open_case(World& world, CaseId id) {
  auto row = co_await world.database.run(
      [id](db::Connection& connection) { return db::load_case(connection, id); });
  if (!row) co_return fail(ErrorCode::not_found, "error.case_not_found");
  co_return assemble(world, std::move(*row));
}

asio::awaitable<std::optional<Result<OpenCase>>> answered_before(World& world, CaseId id,
                                                                 Action const& action) {
  if (action.idempotency_key.empty()) co_return std::nullopt;
  auto const answer = co_await world.database.run(
      [key = idempotency(action)](db::Connection& c) { return db::find_answer(c, key); });
  if (!answer) co_return std::nullopt;
  if (std::holds_alternative<db::KeyReused>(*answer)) co_return std::unexpected(key_reused());
  auto open = co_await open_case(world, id);
  co_return open;
}

asio::awaitable<Result<OpenCase>> act(World& world, CaseId id, Action action) {
  auto open = co_await open_case(world, id);
  if (!open) co_return open;
  auto done = co_await act(world, std::move(*open), std::move(action));
  co_return done;
}

asio::awaitable<Result<OpenCase>> act(World& world, OpenCase open, Action action) {
  auto const id = open.row.id;
  bool const only_calendar = std::holds_alternative<engine::CalendarChanged>(action.body);
  for (int tries = 0; tries < k_attempts_max;) {
    bool const behind = behind_calendar(world, open);
    if (only_calendar && !behind) co_return std::move(open);  // somebody has told it already
    Action const now =
        behind ? Action{.actor = {.user = "", .role = "system"},
                        .body = engine::CalendarChanged{world.library.calendar()->version()}}
               : action;
    auto calendar = behind ? world.library.calendar() : open.calendar;
    auto outcome = co_await attempt(world, open, now, std::move(calendar));
    if (!outcome) {
      auto before = co_await answered_before(world, id, now);
      if (before) co_return *before;
      co_return std::unexpected(outcome.error());
    }
    if (std::holds_alternative<db::KeyReused>(*outcome)) co_return std::unexpected(key_reused());
    if (std::holds_alternative<db::LeaseLost>(*outcome))
      co_return fail(ErrorCode::conflict, "error.lease_lost");
    if (std::holds_alternative<db::Written>(*outcome)) {
      if (!behind || only_calendar) co_return std::move(open);
    } else {  // carried out before, or somebody else was first
      if (action.as_read && std::holds_alternative<db::VersionConflict>(*outcome))
        co_return std::unexpected(version_changed());
      auto again = co_await open_case(world, id);
      if (!again || std::holds_alternative<db::Replayed>(*outcome)) co_return again;
      open = std::move(*again);
    }
    if (!behind) ++tries;
  }
  co_return fail(ErrorCode::conflict, "error.somebody_was_first");
}

asio::awaitable<std::optional<OpenCase>> act_at_once(World& world, OpenCase open, Action action) {
  if (behind_calendar(world, open)) co_return std::nullopt;
  open.now = std::max(world.clock.now(), open.instance.at);
  auto const outcome = co_await attempt(world, open, action, open.calendar);
  if (!outcome || !std::holds_alternative<db::Written>(*outcome)) co_return std::nullopt;
  co_return open;
}

std::string case_kind(engine::Package const& package, engine::Context const& application) {
  auto out = package.service;
  for (auto const& path : package.one_open_by) out += "/" + engine::text_at(application, path);
  return out;
}

asio::awaitable<Result<Started>> start_case(World& world, NewCase input) {
  auto const calendar = world.library.calendar();
  if (!calendar) throw db::Unavailable{"no calendar is published", ""};
  auto const kind = case_kind(*input.package, input.variables);
  Body const body = engine::Start{std::move(input.variables)};
  auto const event = event_of(input.actor, body, input.received);
  engine::Instance const nothing;
  auto step = engine::step(*input.package, *calendar, nothing, event);
  if (!step) co_return std::unexpected(step.error());
  db::StartRow row{
      .id = db::new_case_id(input.received),
      .service = input.package->service,
      .number_prefix = input.package->number,
      .kind = kind,
      .person = input.applicant,
      .package = input.package->sha256,
      .calendar_version = calendar->version(),
      .language = input.language,
      .fields = case_fields(*input.package, *calendar, step->next),
      .step = db::step_rows(*input.package, nothing, event, *step),
      .documents = std::move(input.documents),
      .idempotency = idempotency(input.actor, input.idempotency_key, input.idempotency_key),
      .draft = input.draft,
      .signature = input.signature};
  auto const outcome = co_await world.database.run(
      [row](db::Connection& connection) { return db::start_case(connection, row); });
  if (auto const* started = std::get_if<db::Started>(&outcome))
    co_return Started{.id = started->id, .number = started->number};
  if (auto const* existing = std::get_if<db::Duplicate>(&outcome))
    co_return Started{.id = existing->id, .number = existing->number, .existing = true};
  if (auto const* replayed = std::get_if<db::Replayed>(&outcome))
    co_return Started{.id = replayed->id, .number = replayed->number};
  co_return std::unexpected(key_reused());
}

}  // namespace qyzmet::casework
