#include "services/casework/canonical_xml.hpp"

namespace qyzmet::casework {

namespace {

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

}  // namespace

std::string escaped_text(std::string_view text) {
  return escaped(text, false);
}

void add_element(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">").append(escaped(text, false));
  out.append("</").append(name).append(">");
}

void add_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"").append(escaped(value, true)).append("\"");
}

bool load(pugi::xml_document& document, std::string_view xml, std::size_t bytes_max) {
  return xml.size() <= bytes_max &&
         document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata,
                              pugi::encoding_utf8);
}

}  // namespace qyzmet::casework
