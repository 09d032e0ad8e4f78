#include "services/casework/application.hpp"

#include <pugixml.hpp>

#include "services/casework/canonical_xml.hpp"

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_bytes_max = 64 * 1024;
constexpr std::size_t k_attachments_max = 10;
constexpr std::size_t k_answers_max = 100;
constexpr std::string_view k_namespace = "urn:kz:qyzmet:application:1";

/// Nothing at all where nothing was asked.
void add_answers(std::string& out, Application const& application) {
  if (application.answers.empty()) return;
  out += "<answers>";
  for (auto const& [name, text] : application.answers) {
    out += "<answer";
    add_attribute(out, "name", name);
    out.append(">").append(escaped_text(text)).append("</answer>");
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
  add_element(out, "draft", application.draft);
  add_element(out, "nonce", application.nonce);
  add_element(out, "service", application.service);
  add_element(out, "package", application.package);
  add_element(out, "language", application.language);
  add_element(out, "subtype", application.subtype);
  add_element(out, "office", application.office);
  add_element(out, "branch", application.branch);
  add_element(out, "iin", application.iin);
  add_element(out, "name", application.name);
  add_element(out, "phone", application.phone);
  add_element(out, "email", application.email);
  add_element(out, "address", application.address);
  add_element(out, "consent", application.consent ? "true" : "false");
  add_answers(out, application);
  out += "<attachments>";
  for (auto const& file : application.attachments) {
    out += "<attachment";
    add_attribute(out, "code", file.code);
    add_attribute(out, "media-type", file.media_type);
    add_attribute(out, "name", file.name);
    add_attribute(out, "sha256", file.sha256);
    add_attribute(out, "size", std::to_string(file.size));
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
