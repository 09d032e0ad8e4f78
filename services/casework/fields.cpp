#include "services/casework/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/step.hpp"

namespace qyzmet::casework {

namespace {

std::int64_t number_at(engine::Context const& variables, std::string_view path) {
  auto const text = engine::text_at(variables, path);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

template <class Id>
std::optional<Id> id_at(engine::Context const& variables, std::string_view path) {
  auto const value = number_at(variables, path);
  return value > 0 ? std::optional{Id{value}} : std::nullopt;
}

/// The role that must act next; a case that waits for several shows the one latest in the process.
std::string stage(engine::Package const& package, engine::Instance const& instance) {
  constexpr std::array order{"branch_operator", "head", "secretary", "executor", "registrar"};
  for (std::string_view const role : order)
    for (auto const& task : instance.tasks)
      if (package.process.nodes[static_cast<std::size_t>(task.node)].role == role)
        return std::string{role};
  return {};
}

/// What a timer would lead to if it fired now: through one exclusive gateway at most.
engine::Node const* behind(engine::Definition const& process, engine::Node const& timer,
                           engine::Calendar const& calendar, engine::Context const& variables) {
  auto const flow = [&](engine::FlowIndex index) -> auto const& {
    return process.flows[static_cast<std::size_t>(index)];
  };
  auto const target = [&](engine::FlowIndex index) {
    return &process.nodes[static_cast<std::size_t>(flow(index).target)];
  };
  if (timer.outgoing.empty()) return nullptr;
  auto const* next = target(timer.outgoing.front());
  if (next->kind != engine::NodeKind::exclusive_gateway) return next;
  for (auto const out : next->outgoing) {
    auto const& condition = flow(out).condition;
    if (condition && condition->is_true(variables, calendar)) return target(out);
  }
  return next->default_flow == engine::k_none ? nullptr : target(next->default_flow);
}

}  // namespace

std::string state_code(engine::Package const& package, engine::Instance const& instance) {
  auto const* state = engine::public_state(package, instance);
  return state == nullptr ? std::string{} : state->code;
}

std::vector<OpenMilestone> open_milestones(engine::Package const& package,
                                           engine::Calendar const& calendar,
                                           engine::Instance const& instance) {
  auto const& process = package.process;
  std::vector<OpenMilestone> out;
  for (auto const& timer : instance.timers) {
    auto const* target = behind(process, process.nodes[static_cast<std::size_t>(timer.node)],
                                calendar, instance.variables);
    if (target == nullptr || target->handler != "breach") continue;
    if (auto const* deadline = instance.deadlines.find(target->handler_kind))
      out.push_back({.code = deadline->code, .latest = deadline->latest});
  }
  std::ranges::sort(out, {}, &OpenMilestone::latest);
  return out;
}

namespace {

/// What the office is asked for beside the process, the earliest first.
std::vector<OpenMilestone> asked_beside(engine::Package const& package,
                                        engine::Calendar const& calendar,
                                        engine::Instance const& instance) {
  std::vector<OpenMilestone> out;
  for (auto const& [name, form] : package.forms) {
    if (!form.beside || !form.beside->due || form.role == "citizen") continue;
    if (!engine::hears(package, calendar, instance, name)) continue;
    if (auto const due = engine::due_of(package, calendar, instance, name))
      out.push_back({.code = name, .latest = *due, .role = form.role});
  }
  return out;
}

/// Open tasks with a last day of their own.
void add_tasks(std::vector<OpenMilestone>& out, engine::Package const& package,
               engine::Calendar const& calendar, engine::Instance const& instance) {
  for (auto const& task : instance.tasks) {
    auto const& node = package.process.nodes[static_cast<std::size_t>(task.node)];
    if (auto const due = engine::due_of(package, calendar, instance, node.form))
      out.push_back(
          {.code = node.form, .latest = *due, .role = node.role, .rule = {}, .cite = node.cite});
  }
}

void add_targets(std::vector<OpenMilestone>& out, engine::Package const& package,
                 engine::Calendar const& calendar, engine::Instance const& instance) {
  for (auto const& target : package.targets)
    for (auto const& task : instance.tasks) {
      auto const& node = package.process.nodes[static_cast<std::size_t>(task.node)];
      if (std::ranges::find(target.nodes, node.id) == target.nodes.end()) continue;
      if (auto const due = engine::due_of(calendar, instance, target))
        out.push_back({.code = target.code,
                       .latest = *due,
                       .role = node.role,
                       .rule = target.rule,
                       .cite = target.cite});
    }
}

void add_expected(std::vector<OpenMilestone>& out, engine::Package const& package,
                  engine::Calendar const& calendar, engine::Instance const& instance) {
  for (auto const& wait : instance.subscriptions) {
    auto const due = engine::due_of(package, calendar, instance, wait);
    auto const* const form = package.form(wait.message);
    if (due)
      out.push_back({.code = wait.message,
                     .latest = *due,
                     .role = form->told,
                     .rule = form->rule,
                     .cite = form->cite,
                     .expected = true,
                     .wait = wait.key});
  }
}

/// "2026-11-24 executor draft", as cases keep it.
std::string kept(OpenMilestone const& milestone, std::string const& stage) {
  bool const timed = milestone.role.empty();
  std::string_view const mark = milestone.expected ? "?" : timed ? "" : "*";
  auto out = to_iso(milestone.latest) + ' ' + (timed ? stage : milestone.role) + ' ';
  return out.append(mark).append(milestone.code);
}

}  // namespace

std::vector<OpenMilestone> other_days(engine::Package const& package,
                                      engine::Calendar const& calendar,
                                      engine::Instance const& instance) {
  std::vector<OpenMilestone> out;
  add_tasks(out, package, calendar, instance);
  add_targets(out, package, calendar, instance);
  add_expected(out, package, calendar, instance);
  std::ranges::sort(out, {}, &OpenMilestone::latest);
  return out;
}

MilestoneSource source_of(engine::Package const& package, std::string_view milestone) {
  if (auto const* const rule = package.term.milestone(milestone))
    return {.rule = rule->rule, .cite = rule->cite};
  if (auto const* const target = package.target(milestone))
    return {.rule = target->rule, .cite = target->cite};
  auto const* const form = package.form(milestone);
  bool const expected = form != nullptr && !form->told.empty();
  return expected ? MilestoneSource{.rule = form->rule, .cite = form->cite} : MilestoneSource{};
}

db::CaseFields case_fields(engine::Package const& package, engine::Calendar const& calendar,
                           engine::Instance const& instance) {
  auto const& variables = instance.variables;
  auto milestones = open_milestones(package, calendar, instance);
  std::ranges::copy(asked_beside(package, calendar, instance), std::back_inserter(milestones));
  std::ranges::copy(other_days(package, calendar, instance), std::back_inserter(milestones));
  std::ranges::sort(milestones, {}, &OpenMilestone::latest);
  db::CaseFields out{.office = OfficeId{number_at(variables, "office.id")},
                     .branch = id_at<BranchId>(variables, "branch.id"),
                     .subtype = engine::text_at(variables, "subtype"),
                     .place = instance.deadlines.place,
                     .state = state_code(package, instance),
                     .stage = stage(package, instance),
                     .filed = instance.deadlines.filed,
                     .accepted = instance.deadlines.accepted,
                     .due = instance.deadlines.due,
                     .milestone = {},
                     .milestone_due = {},
                     .executor = id_at<UserId>(variables, "executor"),
                     .head = id_at<UserId>(variables, "decision.head"),
                     .ended = instance.ended,
                     .outcome = instance.ended ? state_code(package, instance) : "",
                     .breaches = instance.breaches,
                     .milestones = {},
                     .secretary = {}};
  if (out.stage == k_secretary) out.secretary = id_at<UserId>(variables, "hearing.secretary");
  if (!milestones.empty()) {
    out.milestone = milestones.front().code;
    out.milestone_due = milestones.front().latest;
  }
  for (auto const& each : milestones) {
    auto text = kept(each, out.stage);
    // Several requests may have the same day.
    if (std::ranges::find(out.milestones, text) == out.milestones.end())
      out.milestones.push_back(std::move(text));
  }
  return out;
}

}  // namespace qyzmet::casework
