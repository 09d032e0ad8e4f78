#pragma once
// A process as a compiled graph: indices instead of pointers, no XML. Immutable after loading.
// BPMN 2.0 (ISO 19510), the executable profile named in ARCHITECTURE.md.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/feel.hpp"

namespace qyzmet::engine {

using NodeIndex = std::int32_t;
using FlowIndex = std::int32_t;
using ScopeIndex = std::int32_t;  // of a *declared* scope: process, sub-process, event sub-process
inline constexpr std::int32_t k_none = -1;

enum class NodeKind : std::uint8_t {
  start_event,
  end_event,
  user_task,
  service_task,
  receive_task,
  catch_event,
  boundary_event,
  exclusive_gateway,
  parallel_gateway,
  event_gateway,
  sub_process,
  call_activity,
};
enum class EventKind : std::uint8_t { none, message, timer, error, terminate };

struct Flow {
  std::string id;
  std::string name;
  NodeIndex source = k_none;
  NodeIndex target = k_none;
  std::optional<Expression> condition;
};

/// How often an activity is done (multiInstanceLoopCharacteristics, BPMN 10.3.8): once for each
/// item of `collection`, or, in the test profile, `cardinality` times.
struct MultiInstance {
  bool sequential = false;
  std::optional<Expression> collection;  // wf:collection
  std::string collection_path;           // when it is a plain path: items are written back there
  std::string element;                   // wf:element: the variable that holds the item of a turn
  std::optional<Expression> cardinality;
  std::optional<Expression> completion;
};

/// One "path = expression" of wf:in or wf:out.
struct Mapping {
  std::string path;
  Expression value;
};

struct Node {
  std::string id;
  std::string name;
  NodeKind kind = NodeKind::start_event;
  EventKind event = EventKind::none;
  ScopeIndex scope = k_none;  // the scope it stands in
  int line = 0;
  std::vector<FlowIndex> incoming;
  std::vector<FlowIndex> outgoing;
  FlowIndex default_flow = k_none;
  bool interrupting = true;         // boundary events and starts of event sub-processes
  NodeIndex attached_to = k_none;   // boundary events
  std::vector<NodeIndex> boundary;  // boundary events attached here
  ScopeIndex body = k_none;         // sub-process: the scope inside; call activity: the process
  std::string message;              // name of the message
  std::string error_code;
  std::optional<Expression> timer;              // gives a date, datetime or duration
  std::optional<Expression> key;                // correlation key; absent = the case itself
  std::string role, form, signature, cite;      // wf: of user tasks
  std::string handler, handler_kind, document;  // wf:handler, wf:kind, wf:template of service tasks
  bool waits_outside = false;  // a service task whose handler goes through the outbox
  std::string called_element;
  std::vector<Mapping> in;   // read by the caller, set in the called process
  std::vector<Mapping> out;  // set in the caller, read "result.*", the called process's variables
  std::optional<MultiInstance> multi;
};

struct Scope {
  std::string id;
  ScopeIndex parent = k_none;
  NodeIndex owner = k_none;  // the sub-process node; k_none for a process
  bool event_triggered = false;
  std::string file = {};  // where it is drawn
  NodeIndex start = k_none;
  std::vector<NodeIndex> nodes;
  std::vector<ScopeIndex> event_scopes;  // event sub-processes inside
};

struct Definition {
  std::string id;
  std::string name;
  std::vector<Node> nodes;
  std::vector<Flow> flows;
  std::vector<Scope> scopes;  // scopes[0] is the process; processes it calls have no parent either
  std::vector<NodeIndex> by_id = {};  // of a whole definition: its nodes in the order of their ids

  NodeIndex find(std::string_view node_id) const;
};

/// A process that a call activity starts, as opposed to the one that is a case by itself.
inline bool is_called(Definition const& definition, ScopeIndex scope) {
  return scope != 0 && definition.scopes[std::size_t(scope)].owner == k_none;
}

/// A handler acts inside the step, or outside through the outbox; nothing for an unknown one.
enum class HandlerClass : std::uint8_t { sync, outbox };
std::optional<HandlerClass> handler_class(std::string_view handler);

/// One reason to refuse a file; all reasons of a file are given in one answer.
struct Violation {
  std::string file;
  int line = 0;
  std::string element;  // id, or name when it has none
  std::string reason;   // e.g. "inclusive_gateway", "unreachable_node"
  std::string text;     // for people
};

enum class Profile : std::uint8_t { standard, test };

template <class T>
using Checked = std::expected<T, std::vector<Violation>>;

/// A drawing and its name.
struct BpmnFile {
  std::string name;
  std::string_view xml;
};

/// Reads and validates a BPMN file. Limits: 4 MiB, depth 64, 20 000 nodes, 64 attributes.
Checked<Definition> read_bpmn(std::string_view xml, std::string_view file,
                              std::string_view process_id = {},
                              Profile profile = Profile::standard);
/// The same of several files: the process of the first one, and the processes that it calls, which
/// stand in the others (one a file; the test profile allows several in one file). Ids are unique
/// over all of them. Each file is used; no process calls itself, not even through others.
Checked<Definition> read_bpmn(std::vector<BpmnFile> const& files, std::string_view process_id = {},
                              Profile profile = Profile::standard);

}  // namespace qyzmet::engine
