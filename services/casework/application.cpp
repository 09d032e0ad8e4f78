#include "services/casework/application.hpp"

#include "services/casework/canonical_xml.hpp"

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_bytes_max = 64 * 1024;
constexpr std::size_t k_attachments_max = 10;
constexpr std::size_t k_answers_max = 100;
constexpr std::string_view k_namespace = "urn:kz:qyzmet:application:1";

/// In their order.
constexpr TextElement<Application> k_texts[] = {
    {"draft", &Application::draft},       {"nonce", &Application::nonce},
    {"service", &Application::service},   {"package", &Application::package},
    {"language", &Application::language}, {"subtype", &Application::subtype},
    {"office", &Application::office},     {"branch", &Application::branch},
    {"iin", &Application::iin},           {"name", &Application::name},
    {"phone", &Application::phone},       {"email", &Application::email},
    {"address", &Application::address}};

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
  Application out;
  read_texts(root, k_texts, out);
  out.consent = std::string_view{root.child("consent").text().get()} == "true";
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
  add_texts(out, k_texts, application);
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
  pugi::xml_document document;
  if (!load(document, xml, k_bytes_max)) return refuse;
  auto out = read(document.document_element());
  if (out.attachments.size() > k_attachments_max || out.answers.size() > k_answers_max)
    return refuse;
  if (to_xml(out) != xml) return refuse;
  return out;
}

}  // namespace qyzmet::casework
