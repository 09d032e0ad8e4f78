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

/// A file that is read, and what its processes may refer to.
struct Drawing {
  XmlDocument document;
  std::string file;
  std::map<std::string, pugi::xml_node, std::less<>> messages = {};
  std::map<std::string, pugi::xml_node, std::less<>> errors = {};
  bool used = false;
};

class Reader {
 public:
  Reader(std::vector<Drawing>& drawings, Profile profile)
      : drawings_{drawings}, profile_{profile}, drawing_{&drawings.front()} {}

  Definition definition;
  std::vector<Violation> violations;
  std::set<std::string, std::less<>> refused;  // ids of nodes that the profile refuses anyway
  bool connected = true;                       // ids, flows, hosts and calls fit together

  void run(std::string_view process_id) {
    for (auto& drawing : drawings_) {
      drawing_ = &drawing;
      survey(&drawing == &drawings_.front() ? process_id : std::string_view{});
    }
    drawing_ = &drawings_.front();
    auto const process = choose_process(process_id);
    if (!process) return;
    definition.id = process.attribute("id").value();
    definition.name = process.attribute("name").value();
    read_process(process);
    // Reading a called process may add calls.
    for (std::size_t i = 0; i < calls_.size(); ++i) read_called(Deferred{calls_[i]});
    connect();
    for (auto& drawing : drawings_) {
      drawing_ = &drawing;
      if (!drawing.used)
        disconnect(drawing.document.root(), "uncalled_process", "nothing calls what this file has");
    }
    refuse_recursion();
  }

 private:
  struct Deferred {
    Drawing* drawing;
    NodeIndex node;
    std::string name;
  };
  struct DeferredFlow {
    Drawing* drawing;
    pugi::xml_node xml;
    ScopeIndex scope;
  };
  struct Process {
    Drawing* drawing;
    pugi::xml_node xml;
    ScopeIndex scope = k_none;
  };

  void refuse(pugi::xml_node node, std::string reason, std::string text) {
    if (violations.size() < k_violations_max)
      violations.push_back(drawing_->document.violation(node, std::move(reason), std::move(text)));
  }
  /// Without this the graph cannot be judged.
  void disconnect(pugi::xml_node node, std::string reason, std::string text) {
    connected = false;
    refuse(node, std::move(reason), std::move(text));
  }
  Node& node(NodeIndex index) { return definition.nodes[std::size_t(index)]; }
  Scope& scope(ScopeIndex index) { return definition.scopes[std::size_t(index)]; }

  /// The processes, messages and errors of a file.
  void survey(std::string_view process_id) {
    auto const root = drawing_->document.root();
    if (bpmn_name(root) != "definitions") {
      drawing_->used = true;
      disconnect(root, "not_bpmn", "the root element is not a BPMN definitions element");
      return;
    }
    int count = 0;
    for (auto const child : root.children()) {
      auto const name = bpmn_name(child);
      if (name == "message") drawing_->messages[child.attribute("id").value()] = child;
      if (name == "error") drawing_->errors[child.attribute("id").value()] = child;
      if (name != "process") continue;
      ++count;
      if (!child.attribute("isExecutable").as_bool())
        refuse(child, "not_executable", "the process is not marked isExecutable");
      else if (!processes_.emplace(child.attribute("id").value(), Process{drawing_, child}).second)
        disconnect(child, "duplicate_id", "the id is used twice");
      else if (drawing_ == &drawings_.front())
        executable_.push_back(child);
    }
    if (count == 0) disconnect(root, "no_process", "the file has no process");
    bool const main = drawing_ == &drawings_.front();
    if (count > 1 && (profile_ == Profile::standard || (main && process_id.empty())))
      refuse(root, "several_processes", "a file has exactly one process");
  }

  pugi::xml_node choose_process(std::string_view process_id) {
    for (auto const process : executable_)
      if (process_id.empty() || process.attribute("id").value() == process_id) return process;
    if (!process_id.empty() && connected)
      disconnect(drawing_->document.root(), "no_process", "there is no process with that id");
    return {};
  }

  void read_process(pugi::xml_node xml) {
    drawing_->used = true;
    processes_.find(xml.attribute("id").value())->second.scope =
        ScopeIndex(definition.scopes.size());
    read_scope(xml, k_none, k_none);
  }

  void read_called(Deferred const& call) {
    auto const found = processes_.find(call.name);
    drawing_ = call.drawing;
    if (found == processes_.end())
      return disconnect(xml_of_[std::size_t(call.node)], "unknown_called_element",
                        "calledElement names no process here: " + call.name);
    drawing_ = found->second.drawing;
    if (found->second.scope == k_none) read_process(found->second.xml);
    node(call.node).body = found->second.scope;
  }

  /// Depth first over "calls", from the process itself.
  void refuse_recursion() {
    enum : std::uint8_t { k_new, k_open, k_done };
    std::vector<std::uint8_t> state(definition.scopes.size(), k_new);
    auto const root_of = [&](ScopeIndex index) {
      while (scope(index).parent != k_none) index = scope(index).parent;
      return index;
    };
    auto const visit = [&](auto const& self, ScopeIndex process) -> void {
      state[std::size_t(process)] = k_open;
      for (auto const& call : calls_) {
        auto const& caller = node(call.node);
        if (caller.body == k_none || root_of(caller.scope) != process) continue;
        drawing_ = call.drawing;
        auto const target = std::size_t(caller.body);
        if (state[target] == k_open)
          disconnect(xml_of_[std::size_t(call.node)], "recursive_call",
                     "a process must not call itself");
        else if (state[target] == k_new)
          self(self, caller.body);
      }
      state[std::size_t(process)] = k_done;
    };
    visit(visit, 0);
  }

  void read_scope(pugi::xml_node xml, ScopeIndex parent, NodeIndex owner) {
    auto const index = ScopeIndex(definition.scopes.size());
    definition.scopes.push_back({.id = xml.attribute("id").value(),
                                 .parent = parent,
                                 .owner = owner,
                                 .event_triggered = xml.attribute("triggeredByEvent").as_bool(),
                                 .file = drawing_->file,
                                 .start = k_none,
                                 .nodes = {},
                                 .event_scopes = {}});
    if (owner != k_none) node(owner).body = index;
    for (auto const child : xml.children()) {
      auto const name = bpmn_name(child);
      if (name == "sequenceFlow") {
        flows_.push_back({.drawing = drawing_, .xml = child, .scope = index});
      } else if (kind_of(name)) {
        read_node(child, name, index);
      }
    }
  }

  void read_node(pugi::xml_node xml, std::string_view name, ScopeIndex in) {
    if (definition.nodes.size() >= k_nodes_max)
      return disconnect(xml, "too_many_nodes", "a process has at most 20 000 nodes");
    auto const index = NodeIndex(definition.nodes.size());
    Node node;
    node.id = xml.attribute("id").value();
    node.name = xml.attribute("name").value();
    node.kind = kind_of(name).value();
    node.scope = in;
    node.line = drawing_->document.line(xml);
    read_vocabulary(xml, name, node);
    if (node.id.empty()) disconnect(xml, "missing_id", "every element needs an id");
    if (!ids_.emplace(node.id, index).second)
      disconnect(xml, "duplicate_id", "the id is used twice");
    if (xml.attribute("default"))
      defaults_.push_back(
          {.drawing = drawing_, .node = index, .name = xml.attribute("default").value()});
    if (node.kind == NodeKind::call_activity) {
      node.called_element = xml.attribute("calledElement").value();
      calls_.push_back({.drawing = drawing_, .node = index, .name = node.called_element});
    }
    read_event(xml, node);
    if (auto const loop = bpmn_child(xml, "multiInstanceLoopCharacteristics"))
      node.multi = read_multi_instance(loop);
    definition.nodes.push_back(std::move(node));
    scope(in).nodes.push_back(index);
    xml_of_.push_back(xml);
    if (!node_kinds().contains(name) || (name == "scriptTask" && profile_ == Profile::standard))
      refused.insert(definition.nodes.back().id);
    if (kind_of(name) == NodeKind::sub_process) read_body(xml, in, index);
    if (name == "startEvent") start_of(xml, in, index);
  }

  void read_vocabulary(pugi::xml_node xml, std::string_view name, Node& node) {
    node.role = wf_attribute(xml, "role");
    node.form = wf_attribute(xml, "form");
    node.signature = wf_attribute(xml, "signature");
    node.cite = wf_attribute(xml, "cite");
    node.handler = wf_attribute(xml, "handler");
    node.handler_kind = wf_attribute(xml, "kind");
    node.document = wf_attribute(xml, "template");
    if (node.handler_kind.empty()) node.handler_kind = node.document;
    if (auto const key = wf_attribute(xml, "key"); !key.empty()) node.key = compile(xml, key);
    node.in = read_mappings(xml, "in");
    node.out = read_mappings(xml, "out");
    node.waits_outside = handler_class(node.handler) == HandlerClass::outbox;
    if (name != "scriptTask") return;
    node.handler = "log";
    node.handler_kind = trimmed_text(bpmn_child(xml, "script"));
    // The words of the conformance suite that take time or fail; its adapter answers them.
    node.waits_outside =
        node.handler_kind == "WAIT_TEN_SECONDS" || node.handler_kind == "THROW_ERROR";
  }

  /// "path = expression; path = expression"; a semicolon inside a text does not separate.
  std::vector<Mapping> read_mappings(pugi::xml_node xml, std::string_view attribute) {
    std::vector<Mapping> out;
    auto const text = wf_attribute(xml, attribute);
    for (std::size_t from = 0; from < text.size();) {
      std::size_t to = from;
      for (bool quoted = false; to < text.size() && (quoted || text[to] != ';'); ++to) {
        if (text[to] == '"') quoted = !quoted;
        if (quoted && text[to] == '\\') ++to;
      }
      to = std::min(to, text.size());
      auto const part = std::string_view{text}.substr(from, to - from);
      from = to + 1;
      if (part.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      auto const equals = part.find('=');
      auto const path = Expression::compile(part.substr(0, equals));
      if (equals == std::string_view::npos || !path || !is_plain_path(*path))
        refuse(xml, "mapping", "wf:" + std::string{attribute} + " is a list of path = expression");
      else
        out.push_back(
            {.path = *path->paths().begin(), .value = compile(xml, part.substr(equals + 1))});
    }
    return out;
  }

  static bool is_plain_path(Expression const& expression) {
    if (expression.paths().size() != 1) return false;
    std::string bare;
    for (char const c : expression.text())
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') bare += c;
    return bare == *expression.paths().begin();
  }

  MultiInstance read_multi_instance(pugi::xml_node xml) {
    MultiInstance out;
    out.sequential = xml.attribute("isSequential").as_bool();
    out.element = wf_attribute(xml, "element");
    if (auto const collection = wf_attribute(xml, "collection"); !collection.empty()) {
      out.collection = compile(xml, collection);
      if (is_plain_path(*out.collection)) out.collection_path = *out.collection->paths().begin();
    }
    if (auto const count = bpmn_child(xml, "loopCardinality"))
      out.cardinality = compile(count, trimmed_text(count));
    if (auto const condition = bpmn_child(xml, "completionCondition"))
      out.completion = compile(condition, trimmed_text(condition));
    auto const element = Expression::compile(out.element);
    bool const named = element && is_plain_path(*element) && !out.element.contains('.');
    if (out.collection && !named)
      refuse(xml, "multi_instance", "wf:element names the variable of a turn: one plain word");
    if (!out.collection && !out.cardinality)
      refuse(xml, "multi_instance", "wf:collection says how often: the activity is done per item");
    return out;
  }

  void read_body(pugi::xml_node xml, ScopeIndex in, NodeIndex index) {
    auto const body = ScopeIndex(definition.scopes.size());
    read_scope(xml, in, index);
    if (scope(body).event_triggered) scope(in).event_scopes.push_back(body);
  }

  void start_of(pugi::xml_node xml, ScopeIndex in, NodeIndex index) {
    auto& start = scope(in).start;
    if (start != k_none)
      disconnect(xml, "several_start_events", "a scope has exactly one start event");
    else
      start = index;
  }

  void read_event(pugi::xml_node xml, Node& node) {
    node.interrupting = xml.attribute("cancelActivity").as_bool(true) &&
                        xml.attribute("isInterrupting").as_bool(true);
    if (node.kind == NodeKind::boundary_event)
      attached_.push_back({.drawing = drawing_,
                           .node = NodeIndex(definition.nodes.size()),
                           .name = xml.attribute("attachedToRef").value()});
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
    auto const found = drawing_->messages.find(xml.attribute("messageRef").value());
    if (found == drawing_->messages.end())
      refuse(xml, "unknown_message", "messageRef names no message of this file");
    else
      node.message = found->second.attribute("name").value();
  }

  void read_error(pugi::xml_node xml, Node& node) {
    auto const reference = xml.attribute("errorRef");
    if (!reference) return;  // catches every error
    auto const found = drawing_->errors.find(reference.value());
    if (found == drawing_->errors.end())
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

  Expression compile(pugi::xml_node xml, std::string_view text) {
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
    for (auto const& flow : flows_) {
      drawing_ = flow.drawing;
      connect_flow(flow.xml, flow.scope);
    }
    for (auto const& each : defaults_) {
      drawing_ = each.drawing;
      auto& at = node(each.node);
      for (auto const out : at.outgoing)
        if (definition.flows[std::size_t(out)].id == each.name) at.default_flow = out;
      if (at.default_flow == k_none)
        disconnect(xml_of_[std::size_t(each.node)], "unknown_default",
                   "the default is no flow of it");
    }
    for (auto const& each : attached_) {
      drawing_ = each.drawing;
      auto const found = ids_.find(each.name);
      if (found == ids_.end() || node(found->second).scope != node(each.node).scope) {
        disconnect(xml_of_[std::size_t(each.node)], "unknown_host",
                   "attachedToRef names no activity");
        continue;
      }
      node(each.node).attached_to = found->second;
      node(found->second).boundary.push_back(each.node);
    }
  }

  void connect_flow(pugi::xml_node xml, ScopeIndex in) {
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
    auto& from = node(flow.source);
    auto& to = node(flow.target);
    if (from.scope != in || to.scope != in)
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

  std::vector<Drawing>& drawings_;
  Profile profile_;
  Drawing* drawing_;  // the one that is read
  std::map<std::string, Process, std::less<>> processes_;
  std::vector<pugi::xml_node> executable_;  // of the first drawing
  std::map<std::string, NodeIndex, std::less<>> ids_;
  std::set<std::string, std::less<>> flow_ids_;
  std::vector<pugi::xml_node> xml_of_;
  std::vector<DeferredFlow> flows_;
  std::vector<Deferred> defaults_;
  std::vector<Deferred> attached_;
  std::vector<Deferred> calls_;
};

}  // namespace

NodeIndex Definition::find(std::string_view node_id) const {
  if (by_id.size() == nodes.size()) {
    auto const id_of = [&](NodeIndex node) -> std::string_view {
      return nodes[std::size_t(node)].id;
    };
    auto const at = std::ranges::lower_bound(by_id, node_id, {}, id_of);
    return at != by_id.end() && id_of(*at) == node_id ? *at : k_none;
  }
  auto const found = std::ranges::find(nodes, node_id, &Node::id);
  return found == nodes.end() ? k_none : NodeIndex(found - nodes.begin());
}

Checked<Definition> read_bpmn(std::string_view xml, std::string_view file,
                              std::string_view process_id, Profile profile) {
  return read_bpmn({{.name = std::string{file}, .xml = xml}}, process_id, profile);
}

Checked<Definition> read_bpmn(std::vector<BpmnFile> const& files, std::string_view process_id,
                              Profile profile) {
  std::vector<Drawing> drawings;
  std::vector<Violation> violations;
  for (auto const& file : files) {
    auto document = XmlDocument::parse(file.xml, file.name);
    if (document)
      drawings.push_back({.document = *std::move(document), .file = file.name});
    else
      violations.push_back(document.error());
  }
  if (!violations.empty()) return std::unexpected(std::move(violations));
  Reader reader{drawings, profile};
  reader.run(process_id);
  for (auto const& drawing : drawings)
    std::ranges::move(scan_profile(drawing.document, profile), std::back_inserter(violations));
  std::ranges::move(reader.violations, std::back_inserter(violations));
  // The graph's rules only make sense for a graph that could be read.
  if (reader.connected)
    for (auto& violation : validate(reader.definition, profile))
      if (!reader.refused.contains(violation.element) || concerns_flows(violation))
        violations.push_back(std::move(violation));
  std::ranges::sort(violations, {}, [](Violation const& v) {
    return std::tie(v.file, v.line, v.element, v.reason, v.text);
  });
  if (!violations.empty()) return std::unexpected(std::move(violations));
  auto& made = reader.definition;
  for (std::size_t i = 0; i < made.nodes.size(); ++i) made.by_id.push_back(NodeIndex(i));
  std::ranges::sort(made.by_id, {}, [&](NodeIndex node) -> std::string_view {
    return made.nodes[std::size_t(node)].id;
  });
  return std::move(made);
}

}  // namespace qyzmet::engine
