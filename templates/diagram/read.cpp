// BPMN file -> Diagram.
#include <glib.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <pugixml.hpp>
#include <set>

#include "templates/diagram/diagram.hpp"

namespace qyzmet::diagram {

namespace {

std::string_view local(std::string_view qualified) {
  auto const colon = qualified.find(':');
  return colon == qualified.npos ? qualified : qualified.substr(colon + 1);
}

std::string_view local(pugi::xml_node node) {
  return local(std::string_view{node.name()});
}

/// Whatever the file holds becomes valid UTF-8 in one line, or several where the name says so.
std::string clean(std::string_view raw) {
  char* const valid = g_utf8_make_valid(raw.data(), static_cast<gssize>(raw.size()));
  std::string text{valid};
  g_free(valid);
  if (text.size() > k_name_bytes_max) {
    auto const* end = g_utf8_find_prev_char(text.c_str(), text.c_str() + k_name_bytes_max);
    text.resize(end == nullptr ? 0 : static_cast<std::size_t>(end - text.c_str()));
    text += "…";
  }
  std::string out;
  for (char const c : text) {
    bool const is_blank = static_cast<unsigned char>(c) <= ' ' && c != '\n';
    if (c == '\n') {
      while (out.ends_with(' ')) out.pop_back();
      if (!out.empty() && !out.ends_with('\n')) out += '\n';
    } else if (!is_blank) {
      out += c;
    } else if (!out.empty() && !out.ends_with(' ') && !out.ends_with('\n')) {
      out += ' ';
    }
  }
  while (out.ends_with(' ') || out.ends_with('\n')) out.pop_back();
  return out;
}

Kind kind_of(std::string_view element) {
  static std::map<std::string_view, Kind> const kinds{
      {"participant", Kind::pool},
      {"lane", Kind::lane},
      {"group", Kind::group},
      {"subProcess", Kind::sub_process},
      {"transaction", Kind::sub_process},
      {"adHocSubProcess", Kind::sub_process},
      {"callActivity", Kind::activity},
      {"dataObject", Kind::data},
      {"dataObjectReference", Kind::data},
      {"dataStoreReference", Kind::data},
      {"dataInput", Kind::data},
      {"dataOutput", Kind::data},
      {"message", Kind::data},
      {"textAnnotation", Kind::annotation},
  };
  if (auto const found = kinds.find(element); found != kinds.end()) return found->second;
  if (element == "task" || element.ends_with("Task")) return Kind::activity;
  if (element.ends_with("Event")) return Kind::event;
  if (element.ends_with("Gateway")) return Kind::gateway;
  return Kind::other;
}

std::string event_of(pugi::xml_node node) {
  std::string found;
  for (auto const child : node.children()) {
    auto const name = local(child);
    constexpr std::string_view k_ending = "EventDefinition";
    if (name == "eventDefinitionRef" && found.empty()) found = "multiple";
    if (!name.ends_with(k_ending)) continue;
    bool const several = !found.empty();
    found = several ? "multiple" : name.substr(0, name.size() - k_ending.size());
  }
  return found;
}

std::string loop_of(pugi::xml_node node) {
  for (auto const child : node.children()) {
    auto const name = local(child);
    if (name == "standardLoopCharacteristics") return "loop";
    if (name == "multiInstanceLoopCharacteristics")
      return child.attribute("isSequential").as_bool() ? "sequential" : "parallel";
  }
  return {};
}

bool fits(double number) {
  return std::isfinite(number) && std::abs(number) <= k_coordinate_max;
}

std::optional<Rect> bounds_of(pugi::xml_node node) {
  for (auto const child : node.children()) {
    if (local(child) != "Bounds") continue;
    Rect const rect{child.attribute("x").as_double(), child.attribute("y").as_double(),
                    child.attribute("width").as_double(), child.attribute("height").as_double()};
    bool const sound = fits(rect.x) && fits(rect.y) && fits(rect.width) && fits(rect.height) &&
                       rect.width >= 0 && rect.height >= 0;
    if (sound) return rect;
  }
  return std::nullopt;
}

std::optional<Rect> label_of(pugi::xml_node node) {
  for (auto const child : node.children())
    if (local(child) == "BPMNLabel") return bounds_of(child);
  return std::nullopt;
}

/// A semantic element with what only its surroundings tell.
struct Element {
  pugi::xml_node node;
  std::string process;
  int depth = 0;
};

class Reader {
 public:
  Result<Diagram> run(std::string_view bpmn, std::string_view process_id) {
    if (bpmn.size() > k_bytes_max) return fail(ErrorCode::too_large, "error.diagram_too_large");
    auto const parsed = document_.load_buffer(bpmn.data(), bpmn.size());
    auto const root = document_.document_element();
    if (!parsed || local(root) != "definitions")
      return fail(ErrorCode::invalid, "error.diagram_malformed");
    index(root, {}, 0, 0);
    for (auto const child : root.children()) {
      if (local(child) != "BPMNDiagram") continue;
      for (auto const plane : child.children())
        if (local(plane) == "BPMNPlane" && read_plane(plane, process_id)) return finish();
      if (too_large_) return fail(ErrorCode::too_large, "error.diagram_too_large");
    }
    return fail(ErrorCode::not_found, "error.diagram_absent");
  }

 private:
  void index(pugi::xml_node parent, std::string const& process, int depth, int nesting) {
    if (nesting > k_depth_max) return;
    for (auto const child : parent.children()) {
      auto const name = local(child);
      if (name == "BPMNDiagram" || name == "extensionElements") continue;
      std::string const id = child.attribute("id").value();
      auto inside = process;
      if (name == "process") inside = id;
      if (name == "participant") {
        inside = local(child.attribute("processRef").value());
        if (inside.empty()) inside = id;
      }
      if (!id.empty()) elements_.try_emplace(id, Element{child, inside, depth});
      if (auto const flow = child.attribute("default")) defaults_.insert(flow.value());
      index(child, inside, depth + (kind_of(name) == Kind::sub_process ? 1 : 0), nesting + 1);
    }
  }

  Element const* find(std::string_view reference) const {
    auto found = elements_.find(reference);
    if (found == elements_.end()) found = elements_.find(local(reference));
    return found == elements_.end() ? nullptr : &found->second;
  }

  /// False when nothing of the wanted process is in it.
  bool read_plane(pugi::xml_node plane, std::string_view process_id) {
    diagram_ = {};
    waypoints_ = 0;
    auto const* of = find(plane.attribute("bpmnElement").value());
    if (of != nullptr) diagram_.name = clean(of->node.attribute("name").value());
    auto const* wanted = process_id.empty() ? nullptr : find(process_id);
    if (!process_id.empty() && wanted == nullptr) return false;
    if (wanted != nullptr) diagram_.name = clean(wanted->node.attribute("name").value());
    std::size_t parts = 0;
    for (auto const child : plane.children()) {
      auto const* element = find(child.attribute("bpmnElement").value());
      if (element == nullptr) continue;
      if (wanted != nullptr && element->process != wanted->process) continue;
      if (++parts > k_parts_max) too_large_ = true;
      if (too_large_) return false;
      if (local(child) == "BPMNShape") read_shape(child, *element);
      if (local(child) == "BPMNEdge") read_edge(child, *element);
    }
    return !too_large_ && !diagram_.shapes.empty();
  }

  void read_shape(pugi::xml_node di, Element const& element) {
    auto const bounds = bounds_of(di);
    if (!bounds) return;
    auto const node = element.node;
    Shape shape;
    shape.id = clean(node.attribute("id").value());
    shape.element = local(node);
    shape.kind = kind_of(shape.element);
    shape.name = clean(node.attribute("name").value());
    shape.event = event_of(node);
    shape.loop = loop_of(node);
    shape.host = clean(local(node.attribute("attachedToRef").value()));
    shape.process = element.process;
    shape.depth = element.depth;
    shape.expanded = di.attribute("isExpanded").as_bool();
    shape.interrupting = node.attribute("cancelActivity").as_bool(true) &&
                         node.attribute("isInterrupting").as_bool(true);
    shape.event_triggered = node.attribute("triggeredByEvent").as_bool();
    shape.horizontal = di.attribute("isHorizontal").as_bool(bounds->width >= bounds->height);
    shape.marked = di.attribute("isMarkerVisible").as_bool();
    shape.bounds = *bounds;
    shape.label = label_of(di);
    for (auto const attribute : node.attributes())
      if (local(attribute.name()) == "cite") shape.cite = clean(attribute.value());
    if (shape.kind == Kind::annotation)
      for (auto const child : node.children())
        if (local(child) == "text") shape.name = clean(child.text().get());
    if (shape.kind == Kind::group)
      if (auto const* value = find(node.attribute("categoryValueRef").value()))
        shape.name = clean(value->node.attribute("value").value());
    diagram_.shapes.push_back(std::move(shape));
  }

  void read_edge(pugi::xml_node di, Element const& element) {
    auto const node = element.node;
    Edge edge;
    edge.id = clean(node.attribute("id").value());
    edge.element = local(node);
    edge.name = clean(node.attribute("name").value());
    edge.process = element.process;
    edge.is_default = defaults_.contains(node.attribute("id").value());
    edge.label = label_of(di);
    auto const* source = find(node.attribute("sourceRef").value());
    bool const from_activity = source != nullptr && kind_of(local(source->node)) != Kind::gateway;
    for (auto const child : node.children())
      if (local(child) == "conditionExpression") edge.is_conditional = from_activity;
    if (edge.element == "association") {
      std::string_view const direction = node.attribute("associationDirection").value();
      edge.is_directed = direction == "One" || direction == "Both";
    }
    for (auto const child : di.children()) {
      if (local(child) != "waypoint") continue;
      if (++waypoints_ > k_waypoints_max) too_large_ = true;
      if (too_large_) return;
      Point const at{child.attribute("x").as_double(), child.attribute("y").as_double()};
      if (fits(at.x) && fits(at.y)) edge.waypoints.push_back(at);
    }
    if (edge.waypoints.size() >= 2) diagram_.edges.push_back(std::move(edge));
  }

  /// What contains is drawn before what is contained.
  Diagram finish() {
    auto const rank = [](Shape const& shape) {
      if (shape.kind == Kind::pool) return 0;
      if (shape.kind == Kind::lane) return 1;
      if (shape.kind == Kind::sub_process && shape.expanded) return 2 + shape.depth;
      return 3 + k_depth_max + (shape.element == "boundaryEvent" ? 1 : 0);
    };
    std::map<int, std::vector<Shape>> ranks;
    for (auto& shape : diagram_.shapes) ranks[rank(shape)].push_back(std::move(shape));
    diagram_.shapes.clear();
    for (auto& [_, shapes] : ranks) std::ranges::move(shapes, std::back_inserter(diagram_.shapes));
    return std::move(diagram_);
  }

  pugi::xml_document document_;
  std::map<std::string, Element, std::less<>> elements_;
  std::set<std::string, std::less<>> defaults_;
  Diagram diagram_;
  std::size_t waypoints_ = 0;
  bool too_large_ = false;
};

}  // namespace

Result<Diagram> read(std::string_view bpmn, std::string_view process_id) {
  return Reader{}.run(bpmn, process_id);
}

}  // namespace qyzmet::diagram
