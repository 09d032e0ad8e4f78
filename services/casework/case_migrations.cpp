#include "services/casework/case_migrations.hpp"

#include <algorithm>

#include "db/cases.hpp"
#include "db/vault.hpp"
#include "services/casework/fields.hpp"
#include "services/casework/replay.hpp"
#include "services/platform/random.hpp"

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_salt_bytes = 16;
constexpr std::size_t k_prefix_min = 8;

/// A case as it was read, its past, and the step that would move it.
struct Prepared {
  db::LoadedCase row;
  Library::CalendarPointer calendar;
  engine::Instance instance;
  engine::Event event;
  std::optional<engine::Step> step;
  std::vector<engine::PastStep> past;
};

engine::Event event_of(MoveContext const& context, engine::Migrated body,
                       engine::Instance const& instance) {
  return {.at = std::max(context.now, instance.at),
          .actor = {.user = std::to_string(context.by.value), .role = "admin"},
          .salt = platform::random_hex(k_salt_bytes),
          .body = std::move(body)};
}

/// Reads the case; false with a refusal when it cannot be moved as it stands.
bool read_case(MoveContext const& context, CaseId id, Prepared& out, CaseMove& answer) {
  auto const refuse = [&](std::string reason) {
    answer.refusal = std::move(reason);
    return false;
  };
  try {
    auto row = db::load_case(context.connection, id);
    if (!row) return refuse("not_found");
    out.row = *std::move(row);
  } catch (db::SealBroken const&) {
    return refuse("unreadable");
  }
  answer.number = out.row.number;
  auto const package = context.library.package(out.row.package);
  out.calendar = context.library.calendar(out.row.calendar_version);
  auto const latest = context.library.calendar();
  if (!package || !out.calendar || !latest) return refuse("unreadable");
  if (out.row.fields.ended) return refuse("ended");
  if (latest->version() > out.row.calendar_version) return refuse("calendar");
  auto instance = engine::instance_from_json(out.row.state, package->term, *out.calendar);
  if (!instance) return refuse("unreadable");
  out.instance = *std::move(instance);
  answer.due_before = answer.due = out.instance.deadlines.due;
  return true;
}

void describe(MovePlan const& plan, Prepared const& made, CaseMove& answer) {
  auto const& before = plan.from->process.nodes;
  auto const& after = plan.to->process.nodes;
  for (auto const& token : made.instance.tokens)
    for (auto const& now : made.step->next.tokens)
      if (now.id == token.id)
        answer.tokens.emplace_back(before[std::size_t(token.node)].id,
                                   after[std::size_t(now.node)].id);
  answer.facts = made.step->facts;
  answer.due = made.step->next.deadlines.due;
}

/// Is the target proven over everything that can follow?
bool prove(MoveContext const& context, MovePlan const& plan, Prepared const& made,
           CaseMove& answer) {
  auto const& from = made.step->next;
  auto const registers = engine::remember(*plan.to, plan.nodes, made.past);
  std::size_t state = 0;
  auto const* proof = context.proofs->find(*plan.to, *made.calendar, from, registers, state);
  if (proof == nullptr) {
    engine::ExploreOptions options;
    options.from = from;
    options.registers = registers;
    options.states_max = context.states_max;
    options.progress = [&](engine::ExploreProgress const&) { return context.go_on(); };
    auto report = engine::explore(*plan.to, *made.calendar, options);
    if (report.stopped) {
      answer.refusal = "stopped";
      return false;
    }
    proof = &context.proofs->keep(
        *made.calendar, state, {.findings = std::move(report.findings), .states = report.states});
  }
  answer.states = proof->states;
  answer.findings = proof->findings;
  if (!answer.findings.empty()) answer.refusal = "finding";
  return answer.refusal.empty();
}

bool prepare(MoveContext const& context, MovePlan const& plan, CaseId id, Prepared& made,
             CaseMove& answer) {
  answer.id = id;
  if (!read_case(context, id, made, answer)) return false;
  if (made.row.package != plan.from->sha256) {
    answer.refusal = "package";
    return false;
  }
  answer.obstacles = engine::obstacles(*plan.from, *plan.to, plan.nodes, made.instance);
  if (!answer.obstacles.empty()) {
    answer.refusal = "obstacle";
    return false;
  }
  made.event = event_of(
      context,
      {.from = plan.from->sha256, .to = plan.to->sha256, .nodes = plan.nodes, .undo = false},
      made.instance);
  auto step = engine::migrate(*plan.from, *plan.to, *made.calendar, made.instance, made.event);
  if (!step) {
    answer.refusal = step.error().text;
    return false;
  }
  made.step = *std::move(step);
  auto past = past_of(context.connection, context.library, made.row);
  if (!past) {
    answer.refusal = "replay";
    return false;
  }
  made.past = *std::move(past);
  describe(plan, made, answer);
  return prove(context, plan, made, answer);
}

void write(MoveContext const& context, engine::Package const& target, Prepared const& made,
           db::StepRow::Move move, CaseMove& answer) {
  auto const& step = *made.step;
  db::StepRow const row{.id = made.row.id,
                        .version = made.row.version,
                        .head_hash = made.row.head_hash,
                        .calendar_version = {},
                        .fields = case_fields(target, *made.calendar, step.next),
                        .step = db::step_rows(target, made.instance, made.event, step),
                        .documents = {},
                        .idempotency = {},
                        .completes = {},
                        .moved = std::move(move)};
  auto const outcome = db::write_step(context.connection, row);
  if (!std::holds_alternative<db::Written>(outcome)) answer.refusal = "somebody_was_first";
}

}  // namespace

Proofs::Proof const* Proofs::find(engine::Package const& target, engine::Calendar const& calendar,
                                  engine::Instance const& from, std::uint64_t registers,
                                  std::size_t& state) {
  auto& numbers = numbers_[calendar.version()];
  if (!numbers) numbers = std::make_unique<engine::StateNumbers>(target, calendar);
  state = numbers->number(from, registers);
  auto const known = known_.find({calendar.version(), state});
  return known == known_.end() ? nullptr : &known->second;
}

Proofs::Proof const& Proofs::keep(engine::Calendar const& calendar, std::size_t state,
                                  Proof proof) {
  return known_.insert_or_assign({calendar.version(), state}, std::move(proof)).first->second;
}

std::expected<MovePlan, std::string> read_plan(std::string_view json,
                                               std::vector<std::string> const& known,
                                               Library const& library) {
  auto const value = engine::from_json(json);
  auto const* const fields = value ? value->as<engine::Context>() : nullptr;
  if (fields == nullptr) return std::unexpected("the plan is no JSON object");
  MovePlan plan;
  for (auto const& [name, slot] : {std::pair{"from", &plan.from}, std::pair{"to", &plan.to}}) {
    auto const prefix = engine::text_at(*fields, name);
    if (prefix.size() < k_prefix_min)
      return std::unexpected(std::string{name} + " wants a hash, 8 digits of it at least");
    auto const begins = [&](std::string const& hash) { return hash.starts_with(prefix); };
    if (std::ranges::count_if(known, begins) != 1)
      return std::unexpected(std::string{name} + " is not the beginning of one deployed package");
    *slot = library.package(*std::ranges::find_if(known, begins));
    if (*slot == nullptr) return std::unexpected(std::string{name} + " cannot be loaded");
  }
  if (auto const found = fields->find(std::string_view{"nodes"}); found != fields->end()) {
    auto const* const nodes = found->second.as<engine::Context>();
    if (nodes == nullptr) return std::unexpected("nodes is no object");
    for (auto const& [old_id, target] : *nodes) {
      auto const* const new_id = target.as<std::string>();
      if (new_id == nullptr) return std::unexpected("nodes: " + old_id + " wants an id");
      plan.nodes[old_id] = *new_id;
    }
  }
  return plan;
}

std::string nodes_json(engine::NodeMap const& nodes) {
  engine::Context out;
  for (auto const& [old_id, new_id] : nodes) out[old_id] = new_id;
  return engine::to_json(engine::Value{std::move(out)});
}

CaseMove look_at(MoveContext const& context, MovePlan const& plan, CaseId id) {
  Prepared made;
  CaseMove answer;
  prepare(context, plan, id, made, answer);
  return answer;
}

CaseMove move_case(MoveContext const& context, MovePlan const& plan, CaseId id,
                   std::int64_t batch) {
  Prepared made;
  CaseMove answer;
  if (prepare(context, plan, id, made, answer))
    write(context, *plan.to, made,
          {.package = plan.to->sha256, .batch = batch, .state_before = made.row.state}, answer);
  return answer;
}

CaseMove undo_move(MoveContext const& context, db::MovedCase const& moved) {
  Prepared made;
  CaseMove answer;
  answer.id = moved.id;
  if (!read_case(context, moved.id, made, answer)) return answer;
  auto const state = db::state_before_move(context.connection, moved.id, moved.seq);
  auto const past = past_of(context.connection, context.library, made.row);
  auto const size = past ? past->size() : 0;
  if (!state || size < 2) {
    answer.refusal = "replay";
    return answer;
  }
  auto const& before = (*past)[size - 2];
  if (moved.seq != made.row.version || engine::state_json(before.step.next) != *state) {
    answer.refusal = "error.migration_moved_on";
    return answer;
  }
  auto const& back = *before.package;
  made.event =
      event_of(context, {.from = made.row.package, .to = back.sha256, .nodes = {}, .undo = true},
               made.instance);
  auto step =
      engine::undo_migration(back, *made.calendar, made.instance, before.step.next, made.event);
  if (!step) {
    answer.refusal = step.error().text;
    return answer;
  }
  made.step = *std::move(step);
  answer.facts = made.step->facts;
  answer.due = made.step->next.deadlines.due;
  write(context, back, made, {.package = back.sha256, .batch = {}}, answer);
  return answer;
}

}  // namespace qyzmet::casework
