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
  constexpr std::array order{"branch_operator", "head", "executor", "registrar"};
  for (std::string_view const role : order)
    for (auto const& task : instance.tasks)
      if (package.process.nodes[static_cast<std::size_t>(task.node)].role == role)
        return std::string{role};
  return {};
}

}  // namespace

std::string state_code(engine::Package const& package, engine::Instance const& instance) {
  auto const* state = engine::public_state(package, instance);
  return state == nullptr ? std::string{} : state->code;
}

std::vector<OpenMilestone> open_milestones(engine::Package const& package,
                                           engine::Instance const& instance) {
  auto const& process = package.process;
  std::vector<OpenMilestone> out;
  for (auto const& timer : instance.timers) {
    auto const& node = process.nodes[static_cast<std::size_t>(timer.node)];
    if (node.outgoing.empty()) continue;
    auto const& flow = process.flows[static_cast<std::size_t>(node.outgoing.front())];
    auto const& target = process.nodes[static_cast<std::size_t>(flow.target)];
    if (target.handler != "breach") continue;
    if (auto const* deadline = instance.deadlines.find(target.handler_kind))
      out.push_back({.code = deadline->code, .latest = deadline->latest});
  }
  std::ranges::sort(out, {}, &OpenMilestone::latest);
  return out;
}

db::CaseFields case_fields(engine::Package const& package, engine::Instance const& instance) {
  auto const& variables = instance.variables;
  auto const milestones = open_milestones(package, instance);
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
                     .breaches = instance.breaches};
  if (!milestones.empty()) {
    out.milestone = milestones.front().code;
    out.milestone_due = milestones.front().latest;
  }
  return out;
}

}  // namespace qyzmet::casework
