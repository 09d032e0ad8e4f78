#include <algorithm>
#include <set>

#include "engine/bpmn.hpp"

namespace qyzmet::engine {

namespace {

bool is_gateway(Node const& node) {
  return node.kind == NodeKind::exclusive_gateway || node.kind == NodeKind::parallel_gateway ||
         node.kind == NodeKind::event_gateway;
}

bool is_activity(Node const& node) {
  return node.kind == NodeKind::user_task || node.kind == NodeKind::service_task ||
         node.kind == NodeKind::receive_task || node.kind == NodeKind::sub_process ||
         node.kind == NodeKind::call_activity;
}

class Validator {
 public:
  Validator(Definition const& definition, Profile profile)
      : definition_{definition}, strict_{profile == Profile::standard} {}

  std::vector<Violation> run() {
    if (definition_.scopes.empty()) return {};
    for (auto const& own : definition_.scopes) check_scope(own);
    for (auto const& node : definition_.nodes) {
      check_flows(node);
      if (is_gateway(node)) check_gateway(node);
      if (node.kind == NodeKind::boundary_event) check_boundary(node);
      if (node.kind == NodeKind::start_event) check_start(node);
      if (node.kind == NodeKind::catch_event) check_catch(node);
      if (node.kind == NodeKind::end_event) check_end(node);
      if (is_event_sub_process(node) && node.multi)
        refuse(node, "multi_instance", "an event sub-process starts by its event alone");
      if (strict_) check_task(node);
    }
    check_reachable();
    return std::move(found_);
  }

 private:
  Node const& node(NodeIndex index) const { return definition_.nodes[std::size_t(index)]; }
  Flow const& flow(FlowIndex index) const { return definition_.flows[std::size_t(index)]; }
  Scope const& scope(ScopeIndex index) const { return definition_.scopes[std::size_t(index)]; }
  /// The body of an event sub-process hangs in its scope without flows.
  bool is_event_sub_process(Node const& at) const {
    return at.kind == NodeKind::sub_process && scope(at.body).event_triggered;
  }

  void refuse(Node const& at, std::string reason, std::string text) {
    found_.push_back({.file = scope(at.scope).file,
                      .line = at.line,
                      .element = at.id,
                      .reason = std::move(reason),
                      .text = std::move(text)});
  }

  void check_scope(Scope const& at) {
    if (at.start != k_none) return;
    found_.push_back({.file = at.file,
                      .line = at.owner == k_none ? 1 : node(at.owner).line,
                      .element = at.id,
                      .reason = "no_start_event",
                      .text = "a scope has exactly one start event"});
  }

  void check_flows(Node const& at) {
    if (is_event_sub_process(at) && !(at.incoming.empty() && at.outgoing.empty()))
      refuse(at, "flow_at_event_sub_process", "an event sub-process has no flows");
    bool const begins = at.kind == NodeKind::start_event || at.kind == NodeKind::boundary_event;
    if (begins && !at.incoming.empty())
      refuse(at, "flow_into_start", "no flow leads into a start or boundary event");
    if (at.kind == NodeKind::end_event && !at.outgoing.empty())
      refuse(at, "flow_out_of_end", "no flow leaves an end event");
    if (is_gateway(at) || !strict_) return;
    if (at.outgoing.size() > 1) refuse(at, "implicit_split", "use a gateway to split the flow");
    if (at.incoming.size() > 1)
      refuse(at, "implicit_merge", "use an exclusive gateway to merge flows");
  }

  void check_gateway(Node const& at) {
    if (strict_ && at.incoming.size() > 1 && at.outgoing.size() > 1)
      refuse(at, "gateway_joins_and_forks", "a gateway splits or merges, not both");
    if (at.kind == NodeKind::exclusive_gateway) check_exclusive(at);
    if (at.kind == NodeKind::event_gateway) check_event_gateway(at);
  }

  void check_exclusive(Node const& at) {
    if (at.outgoing.size() < 2) return;
    if (strict_ && at.default_flow == k_none)
      refuse(at, "no_default", "the conditions may all be false: name a default flow");
    for (auto const out : at.outgoing)
      if (out != at.default_flow && !flow(out).condition)
        refuse(at, "flow_without_condition", "flow " + flow(out).id + " needs a condition");
  }

  void check_event_gateway(Node const& at) {
    if (at.outgoing.size() < 2) refuse(at, "event_gateway_targets", "it has at least two targets");
    for (auto const out : at.outgoing) {
      auto const& target = node(flow(out).target);
      bool const waits =
          target.kind == NodeKind::receive_task || target.kind == NodeKind::catch_event;
      if (!waits || target.incoming.size() != 1 || !target.boundary.empty())
        refuse(target, "event_gateway_targets",
               "after an event-based gateway stand events that only it leads to");
    }
  }

  void check_boundary(Node const& at) {
    auto const& host = node(at.attached_to);
    bool const can_host = is_activity(host) && !is_event_sub_process(host);
    if (!can_host) refuse(at, "unknown_host", "boundary events are attached to activities");
    if (at.event == EventKind::none || at.event == EventKind::terminate)
      refuse(at, "boundary_event_kind", "a boundary event waits for a message, timer or error");
    if (at.event == EventKind::error && !at.interrupting)
      refuse(at, "boundary_event_kind", "an error always interrupts");
  }

  void check_start(Node const& at) {
    auto const& own = scope(at.scope);
    if (is_called(definition_, at.scope)) {
      if (at.event != EventKind::none)
        refuse(at, "start_event_kind", "a called process starts without an event");
    } else if (own.event_triggered) {
      if (at.event == EventKind::none || at.event == EventKind::terminate)
        refuse(at, "start_event_kind", "an event sub-process starts with an event");
      if (at.event == EventKind::error && !at.interrupting)
        refuse(at, "start_event_kind", "an error always interrupts");
    } else if (own.owner != k_none && at.event != EventKind::none) {
      refuse(at, "start_event_kind", "a sub-process starts without an event");
    } else if (at.event != EventKind::none && at.event != EventKind::message) {
      refuse(at, "start_event_kind", "a process starts by itself or with a message");
    }
  }

  void check_catch(Node const& at) {
    if (at.event != EventKind::message && at.event != EventKind::timer)
      refuse(at, "catch_event_kind", "an intermediate event waits for a message or a timer");
  }

  void check_end(Node const& at) {
    if (at.event == EventKind::message || at.event == EventKind::timer)
      refuse(at, "end_event_kind", "an end event may only terminate or raise an error");
    if (strict_ && at.event == EventKind::error && at.error_code.empty())
      refuse(at, "end_event_kind", "an error end event names its error");
  }

  void check_task(Node const& at) {
    if (at.kind == NodeKind::user_task && (at.role.empty() || at.form.empty()))
      refuse(at, "user_task", "a user task names wf:role and wf:form");
    if (at.kind != NodeKind::service_task) return;
    if (!handler_class(at.handler))
      refuse(at, "unknown_handler", "wf:handler names no handler: " + at.handler);
    if (at.handler_kind.empty()) refuse(at, "service_task", "a service task names wf:kind");
  }

  /// Every node can be reached from a start, and an end can be reached from every node.
  void check_reachable() {
    std::set<NodeIndex> forward;
    for (auto const& own : definition_.scopes) walk(own.start, forward, &Validator::successors);
    std::set<NodeIndex> backward;
    for (NodeIndex i = 0; i < NodeIndex(definition_.nodes.size()); ++i)
      if (node(i).kind == NodeKind::end_event || (!strict_ && node(i).outgoing.empty()))
        walk(i, backward, &Validator::predecessors);
    for (NodeIndex i = 0; i < NodeIndex(definition_.nodes.size()); ++i) {
      if (is_event_sub_process(node(i))) continue;
      if (!forward.contains(i)) refuse(node(i), "unreachable_node", "no flow leads here");
      if (!backward.contains(i))
        refuse(node(i), "no_path_to_end", "no end event can be reached from here");
    }
  }

  void walk(NodeIndex from, std::set<NodeIndex>& seen,
            std::vector<NodeIndex> (Validator::*next)(NodeIndex) const) const {
    if (from == k_none) return;
    std::vector<NodeIndex> queue{from};
    while (!queue.empty()) {
      auto const at = queue.back();
      queue.pop_back();
      if (!seen.insert(at).second) continue;
      std::ranges::copy((this->*next)(at), std::back_inserter(queue));
    }
  }

  std::vector<NodeIndex> successors(NodeIndex index) const {
    std::vector<NodeIndex> out{node(index).boundary};
    for (auto const f : node(index).outgoing) out.push_back(flow(f).target);
    return out;
  }
  std::vector<NodeIndex> predecessors(NodeIndex index) const {
    std::vector<NodeIndex> out;
    for (auto const f : node(index).incoming) out.push_back(flow(f).source);
    if (node(index).attached_to != k_none) out.push_back(node(index).attached_to);
    return out;
  }

  Definition const& definition_;
  bool strict_;
  std::vector<Violation> found_;
};

}  // namespace

std::optional<HandlerClass> handler_class(std::string_view handler) {
  for (auto const* name : {"breach", "record", "set", "term.extend"})
    if (handler == name) return HandlerClass::sync;
  for (auto const* name : {"notify", "register", "gbd.query", "edoc.issue"})
    if (handler == name) return HandlerClass::outbox;
  return std::nullopt;
}

std::vector<Violation> validate(Definition const& definition, Profile profile) {
  return Validator{definition, profile}.run();
}

}  // namespace qyzmet::engine
