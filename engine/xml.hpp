#pragma once
// Hostile XML made harmless: size, depth, element and attribute counts are limited before the
// parser runs, document types are refused. Internal to engine/. A document is not thread-safe.
#include <cstddef>
#include <expected>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/definition.hpp"

namespace qyzmet::engine {

inline constexpr std::size_t k_xml_bytes_max = 4 * 1024 * 1024;
inline constexpr int k_xml_depth_max = 64;
inline constexpr int k_xml_attributes_max = 64;
inline constexpr int k_xml_elements_max = 100'000;
inline constexpr std::size_t k_violations_max = 1000;  // told of one file by one check

class XmlDocument {
 public:
  /// Violations: too_large, doctype, too_deep, too_many_attributes, too_many_elements, malformed
  /// (also what is no UTF-8 text); each with the line on which it begins.
  static std::expected<XmlDocument, Violation> parse(std::string_view xml, std::string_view file);

  pugi::xml_node root() const { return document_.document_element(); }
  /// 1-based line on which the element's start tag begins.
  int line(pugi::xml_node node) const;
  /// The element is named by name_of, shortened to 200 bytes.
  Violation violation(pugi::xml_node node, std::string reason, std::string text) const;

 private:
  pugi::xml_document document_;
  std::string file_;
  std::vector<std::size_t> line_starts_;
};

/// "userTask" of "bpmn:userTask".
std::string_view local_name(std::string_view qualified);
/// The namespace that the prefix of `qualified` stands for at `scope`; "" when undeclared.
std::string_view namespace_of(pugi::xml_node scope, std::string_view qualified, bool attribute);
/// The id, the nearest enclosing id, or the tag name.
std::string name_of(pugi::xml_node node);
/// "inclusive_gateway" of "inclusiveGateway".
std::string snake_case(std::string_view camel);
/// Text without white space at both ends; entities and CDATA are resolved.
std::string trimmed_text(pugi::xml_node node);

}  // namespace qyzmet::engine
