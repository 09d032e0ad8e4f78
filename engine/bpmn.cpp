#include "engine/bpmn.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace qyzmet::engine {

namespace {

using NodeKinds = std::map<std::string_view, NodeKind, std::less<>>;

NodeKinds const& node_kinds() {
  static NodeKinds const kinds{{"startEvent", NodeKind::start_event},
                               {"endEvent", NodeKind::end_event},
                               {"userTask", NodeKind::user_task},
                               {"serviceTask", NodeKind::service_task},
                               {"scriptTask", NodeKind::service_task},
                               {"receiveTask", NodeKind::receive_task},
                               {"intermediateCatchEvent", NodeKind::catch_event},
                               {"boundaryEvent", NodeKind::boundary_event},
                               {"exclusiveGateway", NodeKind::exclusive_gateway},
                               {"parallelGateway", NodeKind::parallel_gateway},
                               {"eventBasedGateway", NodeKind::event_gateway},
                               {"subProcess", NodeKind::sub_process},
                               {"callActivity", NodeKind::call_activity}};
  return kinds;
}

/// Nodes that are refused by name still stand in the graph, so that its own rules can be checked.
NodeKinds const& refused_kinds() {
  static NodeKinds const kinds{{"task", NodeKind::service_task},
                               {"sendTask", NodeKind::service_task},
                               {"manualTask", NodeKind::service_task},
                               {"businessRuleTask", NodeKind::service_task},
                               {"inclusiveGateway", NodeKind::exclusive_gateway},
                               {"complexGateway", NodeKind::exclusive_gateway},
                               {"intermediateThrowEvent", NodeKind::catch_event},
                               {"transaction", NodeKind::sub_process},
                               {"adHocSubProcess", NodeKind::sub_process}};
  return kinds;
}

std::optional<NodeKind> kind_of(std::string_view name) {
  for (auto const* kinds : {&node_kinds(), &refused_kinds()})
    if (auto const found = kinds->find(name); found != kinds->end()) return found->second;
  return std::nullopt;
}

/// Of a node that is refused anyway, only what its flows do wrong is worth naming.
bool concerns_flows(Violation const& violation) {
  for (auto const* reason : {"implicit_split", "implicit_merge", "gateway_joins_and_forks",
                             "unreachable_node", "no_path_to_end"})
    if (violation.reason == reason) return true;
  return false;
}

class Reader {
 public:
  Reader(XmlDocument const& document, Profile profile) : document_{document}, profile_{profile} {}

  Definition definition;
  std::vector<Violation> violations;
  std::set<std::string, std::less<>> refused;  // ids of nodes that the profile refuses anyway
  bool connected = true;                       // ids, flows and hosts fit together

  void run(std::string_view process_id) {
    auto const root = document_.root();
    if (bpmn_name(root) != "definitions") {
      disconnect(root, "not_bpmn", "the root element is not a BPMN definitions element");
      return;
    }
    for (auto const child : root.children()) {
      auto const name = bpmn_name(child);
      if (name == "message") messages_[child.attribute("id").value()] = child;
      if (name == "error") errors_[child.attribute("id").value()] = child;
    }
    auto const process = choose_process(root, process_id);
    if (!process) return;
    definition.id = process.attribute("id").value();
    definition.name = process.attribute("name").value();
    read_scope(process, k_none, k_none);
    connect();
  }

 private:
  void refuse(pugi::xml_node node, std::string reason, std::string text) {
    if (violations.size() < k_violations_max)
      violations.push_back(document_.violation(node, std::move(reason), std::move(text)));
  }
  /// Without this the graph cannot be judged.
  void disconnect(pugi::xml_node node, std::string reason, std::string text) {
    connected = false;
    refuse(node, std::move(reason), std::move(text));
  }

  pugi::xml_node choose_process(pugi::xml_node root, std::string_view process_id) {
    std::vector<pugi::xml_node> executable;
    int count = 0;
    for (auto const child : root.children()) {
      if (bpmn_name(child) != "process") continue;
      ++count;
      if (child.attribute("isExecutable").as_bool())
        executable.push_back(child);
      else
        refuse(child, "not_executable", "the process is not marked isExecutable");
    }
    if (count == 0) disconnect(root, "no_process", "the file has no process");
    if (count > 1 && (profile_ == Profile::standard || process_id.empty()))
      refuse(root, "several_processes", "a file has exactly one process");
    for (auto const process : executable)
      if (process_id.empty() || process.attribute("id").value() == process_id) return process;
    if (!process_id.empty()) disconnect(root, "no_process", "there is no process with that id");
    return {};
  }

  void read_scope(pugi::xml_node xml, ScopeIndex parent, NodeIndex owner) {
    auto const index = ScopeIndex(definition.scopes.size());
    definition.scopes.push_back({.id = xml.attribute("id").value(),
                                 .parent = parent,
                                 .owner = owner,
                                 .event_triggered = xml.attribute("triggeredByEvent").as_bool(),
                                 .start = k_none,
                                 .nodes = {},
                                 .event_scopes = {}});
    if (owner != k_none) definition.nodes[std::size_t(owner)].body = index;
    for (auto const child : xml.children()) {
      auto const name = bpmn_name(child);
      if (name == "sequenceFlow") {
        flows_.push_back({child, index});
      } else if (kind_of(name)) {
        read_node(child, name, index);
      }
    }
  }

  void read_node(pugi::xml_node xml, std::string_view name, ScopeIndex scope) {
    if (definition.nodes.size() >= k_nodes_max)
      return disconnect(xml, "too_many_nodes", "a process has at most 20 000 nodes");
    auto const index = NodeIndex(definition.nodes.size());
    Node node;
    node.id = xml.attribute("id").value();
    node.name = xml.attribute("name").value();
    node.kind = kind_of(name).value();
    node.scope = scope;
    node.line = document_.line(xml);
    node.role = wf_attribute(xml, "role");
    node.form = wf_attribute(xml, "form");
    node.signature = wf_attribute(xml, "signature");
    node.cite = wf_attribute(xml, "cite");
    node.handler = wf_attribute(xml, "handler");
    node.handler_kind = wf_attribute(xml, "kind");
    node.document = wf_attribute(xml, "template");
    if (node.handler_kind.empty()) node.handler_kind = node.document;
    if (name == "scriptTask") {
      node.handler = "log";
      node.handler_kind = trimmed_text(bpmn_child(xml, "script"));
    }
    if (node.id.empty()) disconnect(xml, "missing_id", "every element needs an id");
    if (!ids_.emplace(node.id, index).second)
      disconnect(xml, "duplicate_id", "the id is used twice");
    if (xml.attribute("default")) defaults_.emplace_back(index, xml.attribute("default").value());
    read_event(xml, node);
    definition.nodes.push_back(std::move(node));
    definition.scopes[std::size_t(scope)].nodes.push_back(index);
    xml_of_.push_back(xml);
    if (!node_kinds().contains(name) || name == "callActivity" ||
        (name == "scriptTask" && profile_ == Profile::standard))
      refused.insert(definition.nodes.back().id);
    if (kind_of(name) == NodeKind::sub_process) read_body(xml, scope, index);
    if (name == "startEvent") start_of(xml, scope, index);
  }

  void read_body(pugi::xml_node xml, ScopeIndex scope, NodeIndex index) {
    auto const body = ScopeIndex(definition.scopes.size());
    read_scope(xml, scope, index);
    if (definition.scopes[std::size_t(body)].event_triggered)
      definition.scopes[std::size_t(scope)].event_scopes.push_back(body);
  }

  void start_of(pugi::xml_node xml, ScopeIndex scope, NodeIndex index) {
    auto& start = definition.scopes[std::size_t(scope)].start;
    if (start != k_none)
      disconnect(xml, "several_start_events", "a scope has exactly one start event");
    else
      start = index;
  }

  void read_event(pugi::xml_node xml, Node& node) {
    node.interrupting = xml.attribute("cancelActivity").as_bool(true) &&
                        xml.attribute("isInterrupting").as_bool(true);
    if (node.kind == NodeKind::boundary_event)
      attached_.emplace_back(NodeIndex(definition.nodes.size()),
                             xml.attribute("attachedToRef").value());
    if (node.kind == NodeKind::receive_task) {
      node.event = EventKind::message;
      read_message(xml, node);
    }
    for (auto const child : xml.children()) {
      auto const name = bpmn_name(child);
      if (name == "messageEventDefinition") {
        node.event = EventKind::message;
        read_message(child, node);
      } else if (name == "timerEventDefinition") {
        node.event = EventKind::timer;
        read_timer(child, node);
      } else if (name == "errorEventDefinition") {
        node.event = EventKind::error;
        read_error(child, node);
      } else if (name == "terminateEventDefinition") {
        node.event = EventKind::terminate;
      }
    }
  }

  void read_message(pugi::xml_node xml, Node& node) {
    auto const found = messages_.find(xml.attribute("messageRef").value());
    if (found == messages_.end())
      refuse(xml, "unknown_message", "messageRef names no message of this file");
    else
      node.message = found->second.attribute("name").value();
  }

  void read_error(pugi::xml_node xml, Node& node) {
    auto const reference = xml.attribute("errorRef");
    if (!reference) return;  // catches every error
    auto const found = errors_.find(reference.value());
    if (found == errors_.end())
      refuse(xml, "unknown_error", "errorRef names no error of this file");
    else
      node.error_code = found->second.attribute("errorCode").value();
  }

  void read_timer(pugi::xml_node xml, Node& node) {
    auto const date = bpmn_child(xml, "timeDate");
    auto const duration = bpmn_child(xml, "timeDuration");
    if (!date == !duration) {
      refuse(xml, "timer_expression", "a timer has a timeDate or a timeDuration");
      return;
    }
    auto text = trimmed_text(date ? date : duration);
    if (duration && text.starts_with("P")) text = "duration\"" + text + "\"";
    node.timer = compile(date ? date : duration, text);
  }

  std::optional<Expression> compile(pugi::xml_node xml, std::string_view text) {
    auto expression = Expression::compile(text);
    if (expression) return *std::move(expression);
    refuse(xml, "expression", "not a FEEL expression: " + std::string{text});
    return *Expression::compile("null");  // stands there, so that nothing else is missed
  }

  static pugi::xml_node bpmn_child(pugi::xml_node xml, std::string_view name) {
    for (auto const child : xml.children())
      if (bpmn_name(child) == name) return child;
    return {};
  }

  /// Turns the ids of flows, defaults and attachments into indices.
  void connect() {
    for (auto const& [xml, scope] : flows_) connect_flow(xml, scope);
    for (auto const& [index, flow] : defaults_) {
      auto& node = definition.nodes[std::size_t(index)];
      for (auto const out : node.outgoing)
        if (definition.flows[std::size_t(out)].id == flow) node.default_flow = out;
      if (node.default_flow == k_none)
        disconnect(xml_of_[std::size_t(index)], "unknown_default", "the default is no flow of it");
    }
    for (auto const& [index, host] : attached_) {
      auto const found = ids_.find(host);
      if (found == ids_.end() || definition.nodes[std::size_t(found->second)].scope !=
                                     definition.nodes[std::size_t(index)].scope) {
        disconnect(xml_of_[std::size_t(index)], "unknown_host", "attachedToRef names no activity");
        continue;
      }
      definition.nodes[std::size_t(index)].attached_to = found->second;
      definition.nodes[std::size_t(found->second)].boundary.push_back(index);
    }
  }

  void connect_flow(pugi::xml_node xml, ScopeIndex scope) {
    auto const source = ids_.find(xml.attribute("sourceRef").value());
    auto const target = ids_.find(xml.attribute("targetRef").value());
    if (source == ids_.end() || target == ids_.end()) {
      disconnect(xml, "unknown_node", "the flow connects something that does not exist");
      return;
    }
    Flow flow{.id = xml.attribute("id").value(),
              .name = xml.attribute("name").value(),
              .source = source->second,
              .target = target->second,
              .condition = std::nullopt};
    if (!flow_ids_.insert(flow.id).second || ids_.contains(flow.id))
      disconnect(xml, "duplicate_id", "the id is used twice");
    auto& from = definition.nodes[std::size_t(flow.source)];
    auto& to = definition.nodes[std::size_t(flow.target)];
    if (from.scope != scope || to.scope != scope)
      disconnect(xml, "flow_crosses_scope", "a flow stays inside its (sub-)process");
    if (auto const condition = bpmn_child(xml, "conditionExpression"))
      flow.condition = read_condition(condition, from);
    auto const index = FlowIndex(definition.flows.size());
    from.outgoing.push_back(index);
    to.incoming.push_back(index);
    definition.flows.push_back(std::move(flow));
  }

  std::optional<Expression> read_condition(pugi::xml_node xml, Node const& source) {
    if (source.kind != NodeKind::exclusive_gateway && profile_ == Profile::standard)
      refuse(xml.parent(), "condition_not_after_exclusive_gateway",
             "only flows that leave an exclusive gateway have conditions");
    auto text = trimmed_text(xml);
    constexpr std::string_view k_contains = ".contains(";
    if (auto const at = text.find(k_contains); profile_ == Profile::test && at != text.npos)
      text = "contains(" + text.substr(0, at) + "," + text.substr(at + k_contains.size());
    return compile(xml.parent(), text);
  }

  XmlDocument const& document_;
  Profile profile_;
  std::map<std::string, pugi::xml_node, std::less<>> messages_;
  std::map<std::string, pugi::xml_node, std::less<>> errors_;
  std::map<std::string, NodeIndex, std::less<>> ids_;
  std::set<std::string, std::less<>> flow_ids_;
  std::vector<pugi::xml_node> xml_of_;
  std::vector<std::pair<pugi::xml_node, ScopeIndex>> flows_;
  std::vector<std::pair<NodeIndex, std::string>> defaults_;
  std::vector<std::pair<NodeIndex, std::string>> attached_;
};

}  // namespace

NodeIndex Definition::find(std::string_view node_id) const {
  auto const found = std::ranges::find(nodes, node_id, &Node::id);
  return found == nodes.end() ? k_none : NodeIndex(found - nodes.begin());
}

Checked<Definition> read_bpmn(std::string_view xml, std::string_view file,
                              std::string_view process_id, Profile profile) {
  auto const document = XmlDocument::parse(xml, file);
  if (!document) return std::unexpected(std::vector{document.error()});
  Reader reader{*document, profile};
  reader.run(process_id);
  auto violations = scan_profile(*document, profile);
  std::ranges::move(reader.violations, std::back_inserter(violations));
  // The graph's rules only make sense for a graph that could be read.
  if (reader.connected)
    for (auto& violation : validate(reader.definition, file, profile))
      if (!reader.refused.contains(violation.element) || concerns_flows(violation))
        violations.push_back(std::move(violation));
  std::ranges::sort(violations, {}, [](Violation const& v) {
    return std::tie(v.line, v.element, v.reason, v.text);
  });
  if (!violations.empty()) return std::unexpected(std::move(violations));
  return std::move(reader.definition);
}

}  // namespace qyzmet::engine
