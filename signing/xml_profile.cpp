#include "signing/xml_profile.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace qyzmet::signing::xml {
namespace {

using Nodes = std::vector<xmlNode*>;

constexpr std::size_t k_prefixes_max = 16;

constexpr std::array k_uris{
    Uris{"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
         "http://www.w3.org/2001/04/xmlenc#sha256", oids::k_rsa_sha256, oids::k_sha256},
    Uris{"urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-512",
         "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512",
         "1.2.398.3.10.1.1.2.3.2", oids::k_streebog_512},
    Uris{"http://www.w3.org/2001/04/xmldsig-more#gost34310-gost34311",
         "http://www.w3.org/2001/04/xmldsig-more#gost34311", "1.2.398.3.10.1.1.1.2",
         oids::k_gost_34311},
    Uris{"urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-256",
         "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-256",
         "1.2.398.3.10.1.1.2.3.1", oids::k_streebog_256}};

/// Anything beside the profile.
constexpr char const* k_other_form = "signature.xml_form";

bool has_attributes(xmlNode const* node, std::set<std::string> allowed) {
  for (auto const* each = node->properties; each != nullptr; each = each->next)
    if (each->ns != nullptr || !allowed.contains(reinterpret_cast<char const*>(each->name)))
      return false;
  return true;
}

bool is_ds(xmlNode const* node, std::string_view name) {
  return is(node, ns::k_signature, name);
}

/// `{"A", "B"}`: the children are exactly these elements of XMLDSig.
std::optional<Nodes> children_named(xmlNode const* parent,
                                    std::initializer_list<std::string_view> names) {
  auto children = only_elements(parent);
  if (!children || children->size() != names.size()) return std::nullopt;
  auto const fits = [](xmlNode const* node, std::string_view name) { return is_ds(node, name); };
  return std::ranges::equal(*children, names, fits) ? children : std::nullopt;
}

std::optional<std::string> algorithm_of(xmlNode const* node) {
  return has_attributes(node, {"Algorithm"}) ? attribute(node, "Algorithm") : std::nullopt;
}
/// An algorithm without parameters.
std::optional<std::string> plain_algorithm_of(xmlNode const* node) {
  auto const children = only_elements(node);
  return children && children->empty() ? algorithm_of(node) : std::nullopt;
}

std::optional<std::string> binary(xmlNode const* node) {
  auto const written = text(node);
  auto bytes = written ? decode_base64(*written) : std::nullopt;
  return bytes && !bytes->empty() ? bytes : std::nullopt;
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < list.size();) {
    auto const end = std::min(list.find_first_of(" \t\r\n", at), list.size());
    if (end > at) words.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// The exclusive form, perhaps with prefixes that are treated as in the inclusive one.
std::optional<Canonical> exclusive_form(xmlNode const* node) {
  auto const children = only_elements(node);
  if (algorithm_of(node) != ns::k_exclusive || !children || children->size() > 1)
    return std::nullopt;
  Canonical form{.exclusive = true};
  if (children->empty()) return form;
  auto const* list = children->front();
  auto const prefixes = attribute(list, "PrefixList");
  if (!is(list, ns::k_exclusive, "InclusiveNamespaces") || !prefixes) return std::nullopt;
  form.prefixes = words_of(*prefixes);
  return form.prefixes.size() <= k_prefixes_max ? std::optional{form} : std::nullopt;
}

std::optional<Canonical> inclusive_form(xmlNode const* node) {
  auto const name = plain_algorithm_of(node);
  if (name == k_c14n) return Canonical{};
  if (name == k_c14n_comments) return Canonical{.with_comments = true};
  return std::nullopt;
}

bool has_duplicate_ids(Nodes const& all) {
  std::set<std::string> seen;
  for (auto const* node : all) {
    auto const own = ids(node);
    for (auto const& id : std::set<std::string>{own.begin(), own.end()})
      if (!seen.insert(id).second) return true;
  }
  return false;
}

/// A comment between two pieces of text: who reads the text without it reads another word than the
/// one that was shown.
bool has_split_text(Nodes const& all) {
  for (auto const* element : all) {
    bool text = false, split = false;
    for (auto const* node = element->children; node != nullptr; node = node->next) {
      if (node->type == XML_TEXT_NODE) {
        std::string_view const content{reinterpret_cast<char const*>(node->content)};
        if (content.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
        if (text && split) return true;
        text = true;
      } else if (node->type == XML_ELEMENT_NODE) {
        text = split = false;
      } else {
        split = true;
      }
    }
  }
  return false;
}

class Reader {
 public:
  Reader(xmlDoc* document, Shape shape) : document_(document), shape_(shape) {}

  Parsed<Signature> read() {
    auto* root = xmlDocGetRootElement(document_);
    auto const all = all_elements(root);
    auto const count =
        std::ranges::count_if(all, [](xmlNode const* node) { return is_ds(node, "Signature"); });
    if (count == 0) return std::unexpected("signature.no_signer");
    if (count > 1) return std::unexpected("signature.many_signers");
    if (has_duplicate_ids(all) || has_split_text(all)) return std::unexpected(k_other_form);
    bool const sound =
        (shape_ == Shape::enveloped ? find_in_root(root) : find_in_envelope(root)) && read_parts();
    if (!sound) return std::unexpected(k_other_form);
    return std::move(signature_);
  }

 private:
  bool find_in_root(xmlNode* root);
  bool find_in_envelope(xmlNode* root);
  bool read_parts();
  bool read_signed_info(xmlNode const* info);
  bool read_reference(xmlNode const* reference);
  std::optional<Canonical> enveloped_transforms(xmlNode const* transforms) const;
  bool read_key_info(xmlNode const* info);
  bool read_token(xmlNode const* reference);

  xmlDoc* document_;
  Shape shape_;
  xmlNode *element_ = nullptr, *body_ = nullptr, *security_ = nullptr;
  Signature signature_;
};

bool Reader::find_in_root(xmlNode* root) {
  auto const children = elements(root);
  auto const at =
      std::ranges::find_if(children, [](xmlNode const* node) { return is_ds(node, "Signature"); });
  if (at == children.end()) return false;
  element_ = *at;
  return true;
}

/// The one child of this name.
xmlNode* only_child(xmlNode const* parent, std::string_view space, std::string_view name) {
  xmlNode* found = nullptr;
  for (auto* node : elements(parent)) {
    if (!is(node, space, name)) continue;
    if (found != nullptr) return nullptr;
    found = node;
  }
  return found;
}

bool Reader::find_in_envelope(xmlNode* root) {
  if (!is(root, ns::k_envelope, "Envelope")) return false;
  auto const* header = only_child(root, ns::k_envelope, "Header");
  body_ = only_child(root, ns::k_envelope, "Body");
  if (header == nullptr || body_ == nullptr) return false;
  security_ = only_child(header, ns::k_security, "Security");
  if (security_ == nullptr) return false;
  element_ = only_child(security_, ns::k_signature, "Signature");
  return element_ != nullptr;
}

bool Reader::read_parts() {
  auto const parts = children_named(element_, {"SignedInfo", "SignatureValue", "KeyInfo"});
  if (!parts || !has_attributes(element_, {"Id"})) return false;
  auto value = binary(parts->at(1));
  if (!value || !read_signed_info(parts->at(0)) || !read_key_info(parts->at(2))) return false;
  signature_.signature_value = std::move(*value);
  return true;
}

bool Reader::read_signed_info(xmlNode const* info) {
  auto const parts =
      children_named(info, {"CanonicalizationMethod", "SignatureMethod", "Reference"});
  if (!parts || !has_attributes(info, {"Id"})) return false;
  auto const form =
      shape_ == Shape::soap ? exclusive_form(parts->at(0)) : inclusive_form(parts->at(0));
  auto const method = plain_algorithm_of(parts->at(1));
  if (!form || !method || !read_reference(parts->at(2))) return false;
  signature_.signature_uri = *method;
  signature_.signed_info = canonicalise(document_, info, nullptr, *form);
  return !signature_.signed_info.empty();
}

/// Enveloped signature first, then one canonical form.
std::optional<Canonical> Reader::enveloped_transforms(xmlNode const* transforms) const {
  auto const list = children_named(transforms, {"Transform", "Transform"});
  if (!list || plain_algorithm_of(list->at(0)) != k_enveloped) return std::nullopt;
  return inclusive_form(list->at(1));
}

bool Reader::read_reference(xmlNode const* reference) {
  auto const parts = children_named(reference, {"Transforms", "DigestMethod", "DigestValue"});
  auto const uri = attribute(reference, "URI");
  if (!parts || !uri || !has_attributes(reference, {"URI", "Id"})) return false;
  auto const method = plain_algorithm_of(parts->at(1));
  auto value = binary(parts->at(2));
  if (!method || !value) return false;
  signature_.digest_uri = *method;
  signature_.digest_value = std::move(*value);
  if (shape_ == Shape::enveloped) {
    auto form = enveloped_transforms(parts->at(0));
    if (!uri->empty() || !form) return false;
    // URI="" stands for the document without its comments, whatever the canonical form keeps
    // (XMLDSig, 4.4.3.3).
    form->with_comments = false;
    signature_.content = canonicalise(document_, nullptr, element_, *form);
  } else {
    auto const list = children_named(parts->at(0), {"Transform"});
    auto const form = list ? exclusive_form(list->front()) : std::nullopt;
    auto const own = ids(body_);
    bool const ours = uri->starts_with('#') && own.size() == 1 && own.front() == uri->substr(1);
    if (!form || !ours) return false;
    signature_.content = canonicalise(document_, body_, nullptr, *form);
  }
  return !signature_.content.empty();
}

bool Reader::read_key_info(xmlNode const* info) {
  auto const children = only_elements(info);
  if (!children || children->size() != 1) return false;
  if (shape_ == Shape::soap && is(children->front(), ns::k_security, "SecurityTokenReference"))
    return read_token(children->front());
  auto const data = children_named(info, {"X509Data"});
  auto const certificates =
      data ? children_named(data->front(), {"X509Certificate"}) : std::nullopt;
  auto bytes = certificates ? binary(certificates->front()) : std::nullopt;
  if (bytes) signature_.certificate = std::move(*bytes);
  return bytes.has_value();
}

/// The certificate itself, or the Id of a token that stands beside the signature.
bool Reader::read_token(xmlNode const* reference) {
  auto const children = only_elements(reference);
  if (!children || children->size() != 1) return false;
  xmlNode const* holder = nullptr;
  if (is(children->front(), ns::k_security, "KeyIdentifier")) {
    holder = children->front();
  } else if (is(children->front(), ns::k_security, "Reference")) {
    auto const uri = attribute(children->front(), "URI");
    auto const* token = only_child(security_, ns::k_security, "BinarySecurityToken");
    auto const own = token != nullptr ? ids(token) : std::vector<std::string>{};
    if (uri && own.size() == 1 && *uri == "#" + own.front()) holder = token;
  }
  auto bytes = holder != nullptr ? binary(holder) : std::nullopt;
  if (bytes) signature_.certificate = std::move(*bytes);
  return bytes.has_value();
}

}  // namespace

Parsed<Signature> read_signature(std::string_view bytes, Shape shape) {
  if (bytes.empty()) return std::unexpected("signature.missing");
  if (bytes.size() > k_xml_bytes_max) return std::unexpected("signature.too_large");
  auto const document = parse(bytes);
  if (!document) return std::unexpected("signature.malformed");
  return Reader{document.get(), shape}.read();
}

Uris const* find_uris(std::string_view signature_uri, std::string_view digest_uri) {
  auto const found = std::ranges::find_if(k_uris, [&](Uris const& row) {
    return row.signature == signature_uri && row.digest == digest_uri;
  });
  return found == k_uris.end() ? nullptr : &*found;
}

std::string_view digest_oid_of(std::string_view digest_uri) {
  auto const found = std::ranges::find(k_uris, digest_uri, &Uris::digest);
  return found == k_uris.end() ? std::string_view{} : found->digest_oid;
}

Uris const* uris_of(std::string_view signature_oid) {
  auto const found = std::ranges::find(k_uris, signature_oid, &Uris::signature_oid);
  return found == k_uris.end() ? nullptr : &*found;
}

}  // namespace qyzmet::signing::xml
