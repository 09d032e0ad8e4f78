#pragma once
// Steps of reading a BPMN file; internal to engine/. The public entry is read_bpmn().
#include <string_view>
#include <vector>

#include "engine/definition.hpp"
#include "engine/xml.hpp"

namespace qyzmet::engine {

inline constexpr std::string_view k_bpmn_namespace = "http://www.omg.org/spec/BPMN/20100524/MODEL";
inline constexpr std::string_view k_wf_namespace = "urn:kz:workflow:1";
inline constexpr std::size_t k_nodes_max = 20'000;

/// The local name when the element is BPMN, else "".
std::string_view bpmn_name(pugi::xml_node node);
/// The value of wf:`name`, or "".
std::string wf_attribute(pugi::xml_node node, std::string_view name);

/// Constructs outside the executable profile, by name, wherever they stand.
std::vector<Violation> scan_profile(XmlDocument const& document, Profile profile);
/// Rules about the shape of the graph: reachability, gateways, flows, waits.
std::vector<Violation> validate(Definition const& definition, Profile profile);

}  // namespace qyzmet::engine
