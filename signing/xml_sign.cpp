// Making XML signatures in the two shapes that verification accepts.
#include "signing/algorithms.hpp"
#include "signing/xml.hpp"
#include "signing/xml_profile.hpp"

namespace qyzmet::signing {
namespace {

using xml::Document;

constexpr std::string_view k_security_base =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";

struct Signer {
  SigningKey const& key;
  Certificate certificate;
  Suite const& suite;
  xml::Uris const& uris;
};

Result<Signer> open(SigningKey const& key) {
  auto certificate = Certificate::read(key.certificate_der());
  auto const* suite = certificate ? signing_suite(*certificate) : nullptr;
  auto const* uris = suite != nullptr ? xml::uris_of(suite->signatures.front()) : nullptr;
  if (uris == nullptr) return fail(ErrorCode::invalid, "signature.key_file");
  return Signer{.key = key, .certificate = std::move(*certificate), .suite = *suite, .uris = *uris};
}

std::string element(std::string_view name, std::string_view attributes, std::string_view content) {
  std::string out{"<"};
  out.append(name).append(attributes.empty() ? "" : " ").append(attributes).append(">");
  return out.append(content).append("</").append(name).append(">");
}

std::string algorithm(std::string_view name, std::string_view address) {
  return element(name, "Algorithm=\"" + std::string{address} + "\"", "");
}

/// Signature without its value.
std::string skeleton(Signer const& signer, std::string_view canonical_method, std::string_view uri,
                     std::string_view transforms, std::string_view content,
                     std::string_view key_info) {
  auto const hash = encode_base64(digest(signer.suite.md, content));
  auto const reference = element("ds:Reference", "URI=\"" + std::string{uri} + "\"",
                                 element("ds:Transforms", "", transforms) +
                                     algorithm("ds:DigestMethod", signer.uris.digest) +
                                     element("ds:DigestValue", "", hash));
  auto const info = element("ds:SignedInfo", "",
                            algorithm("ds:CanonicalizationMethod", canonical_method) +
                                algorithm("ds:SignatureMethod", signer.uris.signature) + reference);
  return element("ds:Signature", "xmlns:ds=\"" + std::string{xml::ns::k_signature} + "\"",
                 info + element("ds:SignatureValue", "", "") + element("ds:KeyInfo", "", key_info));
}

/// Copies the elements of `bytes` under `parent` and gives back the first Signature in it.
xmlNode* graft(xmlDoc* document, xmlNode* parent, std::string const& bytes) {
  auto const other = xml::parse(bytes);
  if (!other) return nullptr;
  auto* copy = xmlDocCopyNode(xmlDocGetRootElement(other.get()), document, 1);
  if (copy == nullptr || xmlAddChild(parent, copy) == nullptr) return nullptr;
  for (auto* node : xml::all_elements(copy))
    if (xml::is(node, xml::ns::k_signature, "Signature")) return node;
  return nullptr;
}

Result<std::string> fill(xmlDoc* document, xmlNode* signature, Signer const& signer,
                         xml::Canonical const& form) {
  auto const parts = xml::elements(signature);
  auto const value = signer.key.sign(xml::canonicalise(document, parts.at(0), nullptr, form));
  if (!value) return std::unexpected(value.error());
  auto const text = encode_base64(*value);
  xmlNodeAddContent(parts.at(1), reinterpret_cast<xmlChar const*>(text.c_str()));
  return xml::write(document);
}

bool has_signature(xmlDoc* document) {
  for (auto const* node : xml::all_elements(xmlDocGetRootElement(document)))
    if (xml::is(node, xml::ns::k_signature, "Signature")) return true;
  return false;
}

std::unexpected<Error> malformed() {
  return fail(ErrorCode::invalid, "signature.malformed");
}

std::string security_header(std::string const& signature) {
  return element("wsse:Security", "xmlns:wsse=\"" + std::string{xml::ns::k_security} + "\"",
                 signature);
}

std::string token_of(Certificate const& certificate) {
  std::string const base{k_security_base};
  auto const key = element("wsse:KeyIdentifier",
                           "EncodingType=\"" + base + "soap-message-security-1.0#Base64Binary\" " +
                               "ValueType=\"" + base + "x509-token-profile-1.0#X509v3\"",
                           encode_base64(certificate.der()));
  return element("wsse:SecurityTokenReference", "", key);
}

xmlNode* child(xmlNode* parent, std::string_view name) {
  for (auto* node : xml::elements(parent))
    if (xml::is(node, xml::ns::k_envelope, name)) return node;
  return nullptr;
}

/// Before the Body, in the envelope's own namespace.
xmlNode* make_header(xmlNode* envelope, xmlNode* body) {
  auto* header = xmlNewNode(envelope->ns, reinterpret_cast<xmlChar const*>("Header"));
  return xmlAddPrevSibling(body, header);
}

/// The Id of the Body, made if it has none.
std::string id_of(xmlNode* body, std::string_view made) {
  auto const own = xml::ids(body);
  if (!own.empty()) return own.front();
  std::string const space{xml::ns::k_utility}, id{made};
  auto* utility = xmlNewNs(body, reinterpret_cast<xmlChar const*>(space.c_str()),
                           reinterpret_cast<xmlChar const*>("wsu"));
  xmlNewNsProp(body, utility, reinterpret_cast<xmlChar const*>("Id"),
               reinterpret_cast<xmlChar const*>(id.c_str()));
  return id;
}

}  // namespace

Result<std::string> sign_xml(SigningKey const& key, std::string_view bytes) {
  auto const signer = open(key);
  if (!signer) return std::unexpected(signer.error());
  auto const document = xml::parse(bytes);
  if (!document || has_signature(document.get())) return malformed();
  auto const content = xml::canonicalise(document.get(), nullptr, nullptr, {});
  auto const certificate =
      element("ds:X509Data", "",
              element("ds:X509Certificate", "", encode_base64(signer->certificate.der())));
  auto const transforms =
      algorithm("ds:Transform", xml::k_enveloped) + algorithm("ds:Transform", xml::k_c14n_comments);
  auto* signature = graft(document.get(), xmlDocGetRootElement(document.get()),
                          skeleton(*signer, xml::k_c14n, "", transforms, content, certificate));
  if (signature == nullptr) return malformed();
  return fill(document.get(), signature, *signer, {});
}

Result<std::string> sign_soap(SigningKey const& key, std::string_view bytes,
                              std::string_view body_id) {
  auto const signer = open(key);
  if (!signer) return std::unexpected(signer.error());
  auto const document = xml::parse(bytes);
  auto* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  auto* body = root != nullptr ? child(root, "Body") : nullptr;
  bool const sound = body != nullptr && xml::is(root, xml::ns::k_envelope, "Envelope") &&
                     !has_signature(document.get()) &&
                     body_id.find_first_of("<>&\"' \t\r\n") == std::string_view::npos;
  if (!sound) return malformed();
  auto const id = id_of(body, body_id);
  auto* header = child(root, "Header");
  if (header == nullptr) header = make_header(root, body);
  xml::Canonical const form{.exclusive = true};
  auto const content = xml::canonicalise(document.get(), body, nullptr, form);
  auto const written = skeleton(*signer, xml::ns::k_exclusive, "#" + id,
                                algorithm("ds:Transform", xml::ns::k_exclusive), content,
                                token_of(signer->certificate));
  auto* signature = graft(document.get(), header, security_header(written));
  if (signature == nullptr) return malformed();
  return fill(document.get(), signature, *signer, form);
}

}  // namespace qyzmet::signing
