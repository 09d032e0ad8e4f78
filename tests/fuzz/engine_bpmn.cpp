// A BPMN file through the reader, the rules of the profile and, when it is accepted, the engine.
// A refusal names its line; an accepted process keeps its promises while it runs.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "engine/base/utf8.hpp"
#include "engine/calendar.hpp"
#include "engine/step.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::engine;

constexpr int k_steps_max = 12;

void look_at_reasons(std::vector<Violation> const& violations, std::string_view xml) {
  auto const lines = std::ranges::count(xml, '\n') + 1;
  check(!violations.empty(), "a refusal has a reason");
  for (auto const& violation : violations) {
    check(violation.line >= 1 && violation.line <= lines, "a reason names a line of the file");
    check(!violation.reason.empty() && !violation.text.empty(), "a reason says what is wrong");
    check(valid_utf8(violation.element + violation.text), "a reason is text");
  }
}

void look_at_graph(Definition const& definition) {
  auto const node = [&](NodeIndex i) { return i >= 0 && std::size_t(i) < definition.nodes.size(); };
  auto const flow = [&](FlowIndex i) { return i >= 0 && std::size_t(i) < definition.flows.size(); };
  check(!definition.scopes.empty(), "a process is a scope");
  for (auto const& scope : definition.scopes)
    check(node(scope.start) && std::ranges::all_of(scope.nodes, node), "scopes hold nodes");
  for (auto const& edge : definition.flows)
    check(node(edge.source) && node(edge.target), "flows connect nodes");
  for (auto const& at : definition.nodes) {
    check(std::ranges::all_of(at.incoming, flow) && std::ranges::all_of(at.outgoing, flow),
          "nodes know their flows");
    check(at.default_flow == k_none || std::ranges::count(at.outgoing, at.default_flow) == 1,
          "a default flow leaves its node");
    check(std::ranges::all_of(at.boundary, node), "hosts know their events");
    check(at.kind != NodeKind::boundary_event || node(at.attached_to), "an event has its host");
    check(at.event != EventKind::timer || at.timer.has_value(), "a timer has an expression");
  }
}

Package package_around(Definition definition) {
  Package package;
  package.term.days_by_place["city"] = 7;
  package.term.extensions.push_back({.code = "archive",
                                     .days = 90,
                                     .basis = MilestoneRule::Basis::start,
                                     .rule = {},
                                     .cite = {},
                                     .milestones = {}});
  package.variables = {{"place", FieldType::text}, {"items", FieldType::list}};
  for (auto const& node : definition.nodes) {
    for (auto const& name : {node.form, node.message}) {
      if (name.empty()) continue;
      package.forms[name].id = name;
      package.forms[name].role = "clerk";
    }
    if (!node.role.empty()) package.roles[node.role];
  }
  package.roles["clerk"];
  package.process = std::move(definition);
  return package;
}

/// What the world could do next with the case: an effect, a task, a message or time.
Event next_event(Package const& package, Instance const& now, int turn) {
  Event event{.at = now.at, .actor = {.user = "", .role = "system"}, .salt = {}, .body = Tick{}};
  if (!now.pending.empty()) {
    bool const ok = turn % 3 != 2;
    event.body = HandlerResult{.token = now.pending.front().token,
                               .ok = ok,
                               .error_code = ok ? "" : "E",
                               .detail = {},
                               .result = {}};
  } else if (!now.tasks.empty() && turn % 4 != 3) {
    auto const& node = package.process.nodes[std::size_t(now.tasks.back().node)];
    event.actor = {.user = "1", .role = node.role};
    event.body =
        CompleteTask{.task = node.id, .form = {}, .signature = {}, .token = now.tasks.back().token};
  } else if (!now.subscriptions.empty() && turn % 2 == 0) {
    event.actor = {.user = "1", .role = "clerk"};
    event.body = ReceiveMessage{.message = now.subscriptions.front().message,
                                .message_id = {},
                                .form = {},
                                .signature = {},
                                .key = now.subscriptions.front().key};
  } else if (!now.timers.empty()) {
    event.at = std::ranges::min_element(now.timers, {}, &Timer::due)->due;
  }
  return event;
}

void run(Definition definition) {
  static Calendar const calendar = seed_calendar();
  auto const package = package_around(std::move(definition));
  Instance now;
  Event event{.at = Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}},
              .actor = {.user = "1", .role = "clerk"},
              .salt = {},
              .body = Start{.variables = {{"place", "city"}, {"items", List{1, 2}}}}};
  for (int turn = 0; turn < k_steps_max && !now.ended; ++turn) {
    auto stepped = step(package, calendar, now, event);
    if (stepped) {
      check(stepped->next.version == now.version + 1, "a step counts once");
      check(stepped->next.at >= now.at, "time does not go back");
      auto const again = step(package, calendar, now, event);
      auto const bytes = state_json(stepped->next);
      check(again && state_json(again->next) == bytes, "a step is a function");
      auto const read = instance_from_json(bytes, package.term, calendar);
      check(read && state_json(*read) == bytes, "a state is read as it was written");
      now = std::move(stepped->next);
    } else if (now.version == 0) {
      return;
    }
    event = next_event(package, now, turn);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const xml{reinterpret_cast<char const*>(data), size};
  for (auto const profile : {Profile::standard, Profile::test}) {
    auto definition = read_bpmn(xml, "file.bpmn", {}, profile);
    if (!definition) {
      look_at_reasons(definition.error(), xml);
      continue;
    }
    look_at_graph(*definition);
    run(*std::move(definition));
  }
  return 0;
}
