#include "signing/xml_document.hpp"

#include <libxml/c14n.h>
#include <libxml/parser.h>

#include <algorithm>
#include <mutex>

#include "signing/xml.hpp"

namespace qyzmet::signing::xml {
namespace {

using Text = Owned<xmlChar, [](xmlChar* text) { xmlFree(text); }>;
using Buffer = Owned<xmlOutputBuffer, xmlOutputBufferClose>;

std::string_view view(xmlChar const* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<char const*>(text);
}

bool is_utf8(std::string_view encoding) {
  constexpr std::string_view k_name = "UTF-8";
  return std::ranges::equal(encoding, k_name, [](char left, char right) {
    return (left >= 'a' && left <= 'z' ? left - 'a' + 'A' : left) == right;
  });
}

/// Depth and count, without recursion.
bool is_modest(xmlDoc const* document) {
  std::size_t count = 0;
  int depth = 0;
  for (auto const* node = document->children; node != nullptr;) {
    for (auto const* each = node->type == XML_ELEMENT_NODE ? node->properties : nullptr;
         each != nullptr; each = each->next)
      ++count;
    if (++count > k_xml_nodes_max || depth > k_xml_depth_max) return false;
    // Entities that no DTD declares.
    if (node->type == XML_ENTITY_REF_NODE || node->type == XML_DTD_NODE) return false;
    if (node->children != nullptr && node->type == XML_ELEMENT_NODE) {
      node = node->children;
      ++depth;
      continue;
    }
    while (node->next == nullptr && depth > 0) {
      node = node->parent;
      --depth;
    }
    node = node->next;
  }
  return true;
}

bool is_blank(xmlNode const* node) {
  return view(node->content).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_below(xmlNode const* node, xmlNode const* above) {
  for (; node != nullptr; node = node->parent)
    if (node == above) return true;
  return false;
}

struct Selection {
  xmlNode const *inside, *outside;
};

/// Attributes and namespaces go with their element.
int is_selected(void* data, xmlNode* node, xmlNode* parent) {
  auto const& selection = *static_cast<Selection const*>(data);
  bool const owned = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE;
  auto const* element = owned ? parent : node;
  if (selection.outside != nullptr && is_below(element, selection.outside)) return 0;
  return selection.inside == nullptr || is_below(element, selection.inside) ? 1 : 0;
}

}  // namespace

Document parse(std::string_view bytes) {
  static std::once_flag once;
  std::call_once(once, xmlInitParser);
  if (bytes.size() > k_xml_bytes_max || bytes.find('\0') != std::string_view::npos) return nullptr;
  // Before the parser sees it: entities could be expanded a billion times.
  if (bytes.find("<!DOCTYPE") != std::string_view::npos) return nullptr;
  Document document{
      xmlReadMemory(bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)};
  if (!document || document->intSubset != nullptr || document->extSubset != nullptr ||
      xmlDocGetRootElement(document.get()) == nullptr)
    return nullptr;
  if (document->encoding != nullptr && !is_utf8(view(document->encoding))) return nullptr;
  return is_modest(document.get()) ? std::move(document) : nullptr;
}

bool is(xmlNode const* node, std::string_view space, std::string_view name) {
  if (node == nullptr || node->type != XML_ELEMENT_NODE || view(node->name) != name) return false;
  return node->ns != nullptr ? view(node->ns->href) == space : space.empty();
}

std::vector<xmlNode*> elements(xmlNode const* parent) {
  std::vector<xmlNode*> all;
  for (auto* node = parent->children; node != nullptr; node = node->next)
    if (node->type == XML_ELEMENT_NODE) all.push_back(node);
  return all;
}

std::optional<std::vector<xmlNode*>> only_elements(xmlNode const* parent) {
  for (auto const* node = parent->children; node != nullptr; node = node->next)
    if (node->type != XML_ELEMENT_NODE && (node->type != XML_TEXT_NODE || !is_blank(node)))
      return std::nullopt;
  return elements(parent);
}

std::vector<xmlNode*> all_elements(xmlNode* root) {
  std::vector<xmlNode*> all, open{root};
  while (!open.empty()) {
    auto* node = open.back();
    open.pop_back();
    all.push_back(node);
    for (auto* child = xmlLastElementChild(node); child != nullptr;
         child = xmlPreviousElementSibling(child))
      open.push_back(child);
  }
  return all;
}

std::optional<std::string> attribute(xmlNode const* node, std::string_view name) {
  Text const value{
      xmlGetNoNsProp(node, reinterpret_cast<xmlChar const*>(std::string{name}.c_str()))};
  return value ? std::optional{std::string{view(value.get())}} : std::nullopt;
}

std::vector<std::string> ids(xmlNode const* node) {
  std::vector<std::string> all;
  for (auto const* each = node->properties; each != nullptr; each = each->next) {
    auto const name = view(each->name);
    auto const space = each->ns != nullptr ? view(each->ns->href) : std::string_view{};
    bool const plain = space.empty() && (name == "Id" || name == "ID" || name == "id");
    bool const known = (space == ns::k_utility && name == "Id") ||
                       (space == view(XML_XML_NAMESPACE) && name == "id");
    Text const value{plain || known ? xmlNodeGetContent(reinterpret_cast<xmlNode const*>(each))
                                    : nullptr};
    if (value) all.emplace_back(view(value.get()));
  }
  return all;
}

std::optional<std::string> text(xmlNode const* node) {
  std::string all;
  for (auto const* each = node->children; each != nullptr; each = each->next) {
    if (each->type != XML_TEXT_NODE) return std::nullopt;
    all += view(each->content);
  }
  return all;
}

std::string canonicalise(xmlDoc* document, xmlNode const* inside, xmlNode const* outside,
                         Canonical const& form) {
  auto* raw = xmlAllocOutputBuffer(nullptr);
  Buffer const buffer{raw};
  std::vector<xmlChar*> prefixes;
  for (auto const& prefix : form.prefixes)
    prefixes.push_back(reinterpret_cast<xmlChar*>(const_cast<char*>(prefix.c_str())));
  prefixes.push_back(nullptr);
  Selection selection{.inside = inside, .outside = outside};
  int const done = xmlC14NExecute(
      document, is_selected, &selection, form.exclusive ? XML_C14N_EXCLUSIVE_1_0 : XML_C14N_1_0,
      form.exclusive ? prefixes.data() : nullptr, form.with_comments ? 1 : 0, raw);
  if (done < 0) return {};
  return {reinterpret_cast<char const*>(xmlOutputBufferGetContent(raw)),
          xmlOutputBufferGetSize(raw)};
}

std::string write(xmlDoc* document) {
  xmlChar* raw = nullptr;
  int size = 0;
  xmlDocDumpMemoryEnc(document, &raw, &size, "UTF-8");
  Text const bytes{raw};
  return {reinterpret_cast<char const*>(raw), static_cast<std::size_t>(size)};
}

}  // namespace qyzmet::signing::xml
