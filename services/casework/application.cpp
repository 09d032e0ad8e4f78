#include "services/casework/application.hpp"

#include <charconv>
#include <pugixml.hpp>

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_bytes_max = 64 * 1024;
constexpr std::size_t k_attachments_max = 10;
constexpr std::size_t k_answers_max = 100;
constexpr std::string_view k_namespace = "urn:kz:qyzmet:application:1";

/// C14N 1.0 escapes (W3C xml-c14n, 2.3): text and attribute values differ.
std::string escaped(std::string_view text, bool attribute) {
  std::string out;
  out.reserve(text.size());
  for (char const c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '\r')
      out += "&#xD;";
    else if (c == '>' && !attribute)
      out += "&gt;";
    else if (c == '"' && attribute)
      out += "&quot;";
    else if (c == '\t' && attribute)
      out += "&#x9;";
    else if (c == '\n' && attribute)
      out += "&#xA;";
    else
      out += c;
  }
  return out;
}

void element(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">").append(escaped(text, false));
  out.append("</").append(name).append(">");
}

void attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"").append(escaped(value, true)).append("\"");
}

/// Nothing at all where nothing was asked.
void add_answers(std::string& out, Application const& application) {
  if (application.answers.empty()) return;
  out += "<answers>";
  for (auto const& [name, text] : application.answers) {
    out += "<answer";
    attribute(out, "name", name);
    out.append(">").append(escaped(text, false)).append("</answer>");
  }
  out += "</answers>";
}

Application read(pugi::xml_node root) {
  auto const text = [&](char const* name) { return std::string{root.child(name).text().get()}; };
  Application out{.draft = text("draft"),
                  .nonce = text("nonce"),
                  .service = text("service"),
                  .package = text("package"),
                  .language = text("language"),
                  .subtype = text("subtype"),
                  .office = text("office"),
                  .branch = text("branch"),
                  .iin = text("iin"),
                  .name = text("name"),
                  .phone = text("phone"),
                  .email = text("email"),
                  .address = text("address"),
                  .consent = text("consent") == "true",
                  .answers = {},
                  .attachments = {}};
  for (auto const node : root.child("answers").children("answer"))
    out.answers.emplace(node.attribute("name").value(), node.text().get());
  for (auto const node : root.child("attachments").children("attachment"))
    out.attachments.push_back({.code = node.attribute("code").value(),
                               .name = node.attribute("name").value(),
                               .sha256 = node.attribute("sha256").value(),
                               .size = node.attribute("size").as_ullong(),
                               .media_type = node.attribute("media-type").value()});
  return out;
}

}  // namespace

std::string to_xml(Application const& application) {
  std::string out;
  out.append("<application xmlns=\"").append(k_namespace).append("\">");
  element(out, "draft", application.draft);
  element(out, "nonce", application.nonce);
  element(out, "service", application.service);
  element(out, "package", application.package);
  element(out, "language", application.language);
  element(out, "subtype", application.subtype);
  element(out, "office", application.office);
  element(out, "branch", application.branch);
  element(out, "iin", application.iin);
  element(out, "name", application.name);
  element(out, "phone", application.phone);
  element(out, "email", application.email);
  element(out, "address", application.address);
  element(out, "consent", application.consent ? "true" : "false");
  add_answers(out, application);
  out += "<attachments>";
  for (auto const& file : application.attachments) {
    out += "<attachment";
    attribute(out, "code", file.code);
    attribute(out, "media-type", file.media_type);
    attribute(out, "name", file.name);
    attribute(out, "sha256", file.sha256);
    attribute(out, "size", std::to_string(file.size));
    out += "></attachment>";
  }
  out += "</attachments></application>";
  return out;
}

Result<Application> from_xml(std::string_view xml) {
  auto const refuse = fail(ErrorCode::invalid, "error.application_bytes");
  if (xml.size() > k_bytes_max) return refuse;
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata,
                            pugi::encoding_utf8))
    return refuse;
  auto out = read(document.document_element());
  if (out.attachments.size() > k_attachments_max || out.answers.size() > k_answers_max)
    return refuse;
  if (to_xml(out) != xml) return refuse;
  return out;
}

}  // namespace qyzmet::casework
