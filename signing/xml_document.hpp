#pragma once
// XML as signatures need it, by libxml2: hostile documents are refused while they are read, and
// parts are written in canonical form. Internal to signing/. Pure, thread-safe; one document
// belongs to one thread.
#include <libxml/tree.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/owned.hpp"

namespace qyzmet::signing::xml {

using Document = Owned<xmlDoc, xmlFreeDoc>;

namespace ns {
inline constexpr std::string_view k_signature = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr std::string_view k_envelope = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view k_security =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
inline constexpr std::string_view k_utility =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
inline constexpr std::string_view k_exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
}  // namespace ns

/// Null for what is not well-formed, has a DTD, another encoding than UTF-8, too much size, depth
/// or nodes.
Document parse(std::string_view bytes);

/// `space` is empty for an element in no namespace.
bool is(xmlNode const* node, std::string_view space, std::string_view name);
/// Element children; nothing if text other than blanks, or anything else, stands between them.
std::optional<std::vector<xmlNode*>> only_elements(xmlNode const* parent);
std::vector<xmlNode*> elements(xmlNode const* parent);
/// Every element below and including `root`, in document order.
std::vector<xmlNode*> all_elements(xmlNode* root);
/// Value of an attribute in no namespace.
std::optional<std::string> attribute(xmlNode const* node, std::string_view name);
/// Values of Id, ID, id, wsu:Id and xml:id.
std::vector<std::string> ids(xmlNode const* node);
/// Text without elements or comments inside; nothing if there are some.
std::optional<std::string> text(xmlNode const* node);

struct Canonical {
  bool exclusive = false, with_comments = false;
  std::vector<std::string> prefixes = {};  // InclusiveNamespaces of the exclusive form
};
/// `inside` (null: the whole document) without `outside`.
std::string canonicalise(xmlDoc* document, xmlNode const* inside, xmlNode const* outside,
                         Canonical const& form);
/// The document as bytes, in UTF-8.
std::string write(xmlDoc* document);

}  // namespace qyzmet::signing::xml
