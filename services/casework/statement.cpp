#include "services/casework/statement.hpp"

#include "services/casework/canonical_xml.hpp"

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_bytes_max = 256 * 1024;
constexpr std::size_t k_fields_max = 100;
constexpr std::size_t k_papers_max = 10;
constexpr std::string_view k_namespace = "urn:kz:qyzmet:statement:1";

/// In their order.
constexpr TextElement<Statement> k_texts[] = {
    {"nonce", &Statement::nonce},       {"service", &Statement::service},
    {"package", &Statement::package},   {"case", &Statement::number},
    {"message", &Statement::message},   {"wait", &Statement::wait},
    {"declares", &Statement::declares}, {"language", &Statement::language},
    {"iin", &Statement::iin},           {"name", &Statement::name},
    {"made", &Statement::made}};

void add_field(std::string& out, Statement::Field const& field) {
  out += "<field";
  add_attribute(out, "label", field.label);
  add_attribute(out, "name", field.name);
  if (field.value != field.words) add_attribute(out, "value", field.value);
  out.append(">").append(escaped_text(field.words)).append("</field>");
}

void add_paper(std::string& out, Statement::Paper const& paper) {
  out += "<paper";
  add_attribute(out, "field", paper.field);
  add_attribute(out, "label", paper.label);
  add_attribute(out, "name", paper.name);
  add_attribute(out, "sha256", paper.sha256);
  out += "></paper>";
}

Statement read(pugi::xml_node root) {
  Statement out;
  read_texts(root, k_texts, out);
  for (auto const node : root.child("fields").children("field")) {
    Statement::Field field{.name = node.attribute("name").value(),
                           .label = node.attribute("label").value(),
                           .value = {},
                           .words = node.text().get()};
    field.value = node.attribute("value") ? node.attribute("value").value() : field.words;
    out.fields.push_back(std::move(field));
  }
  for (auto const node : root.child("papers").children("paper"))
    out.papers.push_back({.field = node.attribute("field").value(),
                          .label = node.attribute("label").value(),
                          .name = node.attribute("name").value(),
                          .sha256 = node.attribute("sha256").value()});
  return out;
}

}  // namespace

std::string to_xml(Statement const& statement) {
  std::string out;
  out.append("<statement xmlns=\"").append(k_namespace).append("\">");
  add_texts(out, k_texts, statement);
  out += "<fields>";
  for (auto const& field : statement.fields) add_field(out, field);
  out += "</fields><papers>";
  for (auto const& paper : statement.papers) add_paper(out, paper);
  out += "</papers></statement>";
  return out;
}

Result<Statement> statement_from_xml(std::string_view xml) {
  auto const refuse = fail(ErrorCode::invalid, "error.application_bytes");
  pugi::xml_document document;
  if (!load(document, xml, k_bytes_max)) return refuse;
  auto out = read(document.document_element());
  if (out.fields.size() > k_fields_max || out.papers.size() > k_papers_max) return refuse;
  if (to_xml(out) != xml) return refuse;
  return out;
}

}  // namespace qyzmet::casework
