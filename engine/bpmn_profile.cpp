#include <algorithm>
#include <array>
#include <string>

#include "engine/bpmn.hpp"

namespace qyzmet::engine {

namespace {

/// What the engine understands or may skip without changing the meaning.
constexpr std::array<std::string_view, 54> k_known{
    "association",
    "boundaryEvent",
    "category",
    "categoryValue",
    "childLaneSet",
    "collaboration",
    "completionCondition",
    "conditionExpression",
    "dataObject",
    "dataObjectReference",
    "definitions",
    "documentation",
    "endEvent",
    "error",
    "errorEventDefinition",
    "eventBasedGateway",
    "exclusiveGateway",
    "extensionElements",
    "flowNodeRef",
    "group",
    "incoming",
    "intermediateCatchEvent",
    "lane",
    "laneSet",
    "loopCardinality",
    "message",
    "messageEventDefinition",
    "messageFlow",
    "multiInstanceLoopCharacteristics",
    "outgoing",
    "parallelGateway",
    "participant",
    "process",
    "receiveTask",
    "sequenceFlow",
    "serviceTask",
    "startEvent",
    "subProcess",
    "terminateEventDefinition",
    "text",
    "textAnnotation",
    "timeDate",
    "timeDuration",
    "timerEventDefinition",
    "userTask",
    "callActivity",
    "itemDefinition",
    "import",
    "escalation",
    "signal",
    "dataStore",
    "dataStoreReference",
    "property",
    "resource",
};

/// wf: attributes by element.
struct Vocabulary {
  std::string_view element;
  std::string_view attributes;  // separated by blanks
};
constexpr std::array<Vocabulary, 14> k_vocabulary{{
    {"process", " effectiveFrom effectiveTo cite "},
    {"userTask", " role form signature cite "},
    {"serviceTask", " handler kind template cite "},
    {"receiveTask", " key cite "},
    {"intermediateCatchEvent", " key cite "},
    {"boundaryEvent", " key cite "},
    {"startEvent", " key cite "},
    {"endEvent", " cite "},
    {"subProcess", " cite "},
    {"callActivity", " cite in out "},
    {"multiInstanceLoopCharacteristics", " collection element "},
    {"exclusiveGateway", " cite "},
    {"parallelGateway", " cite "},
    {"eventBasedGateway", " cite "},
}};

class ProfileScan {
 public:
  ProfileScan(XmlDocument const& document, Profile profile)
      : document_{document}, profile_{profile} {}

  std::vector<Violation> run() {
    visit(document_.root());
    return std::move(found_);
  }

 private:
  void refuse(pugi::xml_node node, std::string reason, std::string text) {
    if (found_.size() < k_violations_max)
      found_.push_back(document_.violation(node, std::move(reason), std::move(text)));
  }

  void visit(pugi::xml_node node) {
    auto const name = bpmn_name(node);
    if (name == "extensionElements") return;
    if (!name.empty()) {
      element(node, name);
      attributes(node, name);
    }
    for (auto const child : node.children())
      if (child.type() == pugi::node_element) visit(child);
  }

  void element(pugi::xml_node node, std::string_view name) {
    if (profile_ == Profile::test && (name == "scriptTask" || name == "script")) return;
    if (name == "script" || name == "complexBehaviorDefinition") return;  // the parent is named
    if (std::ranges::find(k_known, name) == k_known.end()) {
      refuse(node, snake_case(name), std::string{name} + " is not in the executable profile");
    } else if (name == "loopCardinality" && profile_ == Profile::standard) {
      refuse(node, "loop_cardinality", "use wf:collection instead of a count");
    }
    if (event_definitions(node) > 1)
      refuse(node, "multiple_event_definitions", "an event has one definition");
  }

  static int event_definitions(pugi::xml_node node) {
    int count = 0;
    for (auto const child : node.children())
      if (bpmn_name(child).ends_with("EventDefinition")) ++count;
    return count;
  }

  void attributes(pugi::xml_node node, std::string_view name) {
    for (auto const* quantity : {"startQuantity", "completionQuantity"})
      if (auto const value = node.attribute(quantity); value && value.value() != k_one)
        refuse(node, snake_case(quantity), std::string{quantity} + " must be 1");
    if (node.attribute("instantiate").as_bool())
      refuse(node, snake_case(name) + "_instantiate", "only start events make instances");
    if (auto const type = node.attribute("eventGatewayType");
        type && std::string_view{type.value()} != "Exclusive")
      refuse(node, "parallel_event_based_gateway", "event-based gateways are exclusive");
    if (auto const behavior = node.attribute("behavior");
        behavior && std::string_view{behavior.value()} != "All")
      refuse(node, "multi_instance_behavior", "behavior must be All");
    vocabulary(node, name);
  }

  void vocabulary(pugi::xml_node node, std::string_view name) {
    for (auto const attribute : node.attributes()) {
      if (namespace_of(node, attribute.name(), true) != k_wf_namespace) continue;
      auto const local = std::string{local_name(attribute.name())};
      auto const* const found = std::ranges::find(k_vocabulary, name, &Vocabulary::element);
      if (found == k_vocabulary.end() ||
          found->attributes.find(" " + local + " ") == std::string_view::npos)
        refuse(node, "unknown_attribute", "wf:" + local + " has no meaning here");
    }
  }

  static constexpr std::string_view k_one = "1";
  XmlDocument const& document_;
  Profile profile_;
  std::vector<Violation> found_;
};

}  // namespace

std::string_view bpmn_name(pugi::xml_node node) {
  if (node.type() != pugi::node_element) return {};
  if (namespace_of(node, node.name(), false) != k_bpmn_namespace) return {};
  return local_name(node.name());
}

std::string wf_attribute(pugi::xml_node node, std::string_view name) {
  for (auto const attribute : node.attributes())
    if (local_name(attribute.name()) == name &&
        namespace_of(node, attribute.name(), true) == k_wf_namespace)
      return attribute.value();
  return {};
}

std::vector<Violation> scan_profile(XmlDocument const& document, Profile profile) {
  return ProfileScan{document, profile}.run();
}

}  // namespace qyzmet::engine
