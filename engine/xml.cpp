#include "engine/xml.hpp"

#include <algorithm>
#include <cctype>

namespace qyzmet::engine {

namespace {

/// Counts what a parser would have to build, without building it.
class Scanner {
 public:
  explicit Scanner(std::string_view xml) : xml_{xml} {}

  /// The first broken limit, or "".
  std::string_view run() {
    while (at_ < xml_.size()) {
      auto const open = xml_.find('<', at_);
      if (open == std::string_view::npos) break;
      at_ = open;
      if (auto const reason = markup(); !reason.empty()) return reason;
    }
    return {};
  }

 private:
  std::string_view markup() {
    auto const rest = xml_.substr(at_);
    if (rest.starts_with("<!--")) return skip_past("-->", 4);
    if (rest.starts_with("<![CDATA[")) return skip_past("]]>", 9);
    if (rest.starts_with("<?")) return skip_past("?>", 2);
    if (rest.starts_with("<!")) return "doctype";
    if (rest.starts_with("</")) {
      --depth_;
      return skip_past(">", 2);
    }
    return start_tag();
  }

  std::string_view start_tag() {
    char quote = 0;
    int attributes = 0;
    auto i = at_ + 1;
    for (; i < xml_.size(); ++i) {
      char const c = xml_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '=') {
        if (++attributes > k_xml_attributes_max) return "too_many_attributes";
      } else if (c == '>') {
        break;
      }
    }
    if (++elements_ > k_xml_elements_max) return "too_many_elements";
    if (i < xml_.size() && xml_[i - 1] != '/' && ++depth_ > k_xml_depth_max) return "too_deep";
    at_ = i;
    return {};
  }

  std::string_view skip_past(std::string_view end, std::size_t from) {
    auto const found = xml_.find(end, at_ + from);
    at_ = found == std::string_view::npos ? xml_.size() : found + end.size();
    return {};
  }

  std::string_view xml_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int elements_ = 0;
};

}  // namespace

std::expected<XmlDocument, Violation> XmlDocument::parse(std::string_view xml,
                                                         std::string_view file) {
  auto const refuse = [&](std::string_view reason, std::string text, int line) {
    return std::unexpected(Violation{.file = std::string{file},
                                     .line = line,
                                     .element = "",
                                     .reason = std::string{reason},
                                     .text = std::move(text)});
  };
  if (xml.size() > k_xml_bytes_max) return refuse("too_large", "the file is larger than 4 MiB", 0);
  if (auto const reason = Scanner{xml}.run(); !reason.empty())
    return refuse(reason, "the file breaks a limit of the reader", 0);

  XmlDocument out;
  out.file_ = file;
  out.line_starts_.push_back(0);
  for (std::size_t i = 0; i < xml.size(); ++i)
    if (xml[i] == '\n') out.line_starts_.push_back(i + 1);
  auto const parsed = out.document_.load_buffer(xml.data(), xml.size(),
                                                pugi::parse_default | pugi::parse_ws_pcdata_single,
                                                pugi::encoding_utf8);
  if (!parsed) {
    auto const at = std::size_t(std::max<std::ptrdiff_t>(parsed.offset, 0));
    auto const next = std::ranges::upper_bound(out.line_starts_, at);
    return refuse("malformed", parsed.description(), int(next - out.line_starts_.begin()));
  }
  return out;
}

int XmlDocument::line(pugi::xml_node node) const {
  auto const offset = node.offset_debug();
  if (offset < 0) return 0;
  auto const next = std::ranges::upper_bound(line_starts_, std::size_t(offset));
  return int(next - line_starts_.begin());
}

Violation XmlDocument::violation(pugi::xml_node node, std::string reason, std::string text) const {
  return {.file = file_,
          .line = line(node),
          .element = name_of(node),
          .reason = std::move(reason),
          .text = std::move(text)};
}

std::string_view local_name(std::string_view qualified) {
  auto const colon = qualified.find(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

std::string_view namespace_of(pugi::xml_node scope, std::string_view qualified, bool attribute) {
  auto const colon = qualified.find(':');
  if (colon == std::string_view::npos && attribute) return {};
  std::string wanted = "xmlns";
  if (colon != std::string_view::npos) wanted.append(":").append(qualified.substr(0, colon));
  for (; scope; scope = scope.parent())
    if (auto const found = scope.attribute(wanted.c_str())) return found.value();
  return {};
}

std::string name_of(pugi::xml_node node) {
  auto const tag = std::string{local_name(node.name())};
  for (; node; node = node.parent()) {
    if (auto const id = node.attribute("id"); id && *id.value() != 0) return id.value();
    if (auto const name = node.attribute("name"); name && *name.value() != 0) return name.value();
  }
  return tag;
}

std::string snake_case(std::string_view camel) {
  std::string out;
  for (char const c : camel) {
    auto const byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0 && !out.empty()) out += '_';
    out += char(std::tolower(byte));
  }
  return out;
}

std::string trimmed_text(pugi::xml_node node) {
  std::string text;
  for (auto const child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  auto const begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace qyzmet::engine
