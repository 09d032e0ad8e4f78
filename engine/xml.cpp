#include "engine/xml.hpp"

#include <algorithm>
#include <cctype>

#include "engine/base/utf8.hpp"

namespace qyzmet::engine {

namespace {

// Every reason repeats the name of its element.
constexpr std::size_t k_element_name_bytes_max = 200;

/// Bytes at the front of `xml` that are text of XML 1.0: UTF-8 without control characters.
std::size_t clean_bytes(std::string_view xml) {
  std::size_t at = 0;
  while (at < xml.size()) {
    auto const size = utf8_sequence(xml, at);
    bool const control = size == 1 && static_cast<unsigned char>(xml[at]) < 0x20 &&
                         std::string_view{"\t\r\n"}.find(xml[at]) == std::string_view::npos;
    if (size == 0 || control) break;
    at += size;
  }
  return at;
}

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
  /// Where the markup begins that breaks it.
  std::size_t at() const { return at_; }

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

/// As many whole characters as fit.
std::string shortened(std::string_view name) {
  std::size_t size = std::min(name.size(), k_element_name_bytes_max);
  while (size < name.size() && (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) --size;
  return std::string{name.substr(0, size)};
}

std::string explained(std::string_view limit) {
  if (limit == "doctype")
    return "a document type (DOCTYPE, ENTITY) is not accepted: remove the <!...> declaration";
  auto const at_most = [](auto number, std::string_view of) {
    return "at most " + std::to_string(number) + " " + std::string{of};
  };
  if (limit == "too_deep") return at_most(k_xml_depth_max, "elements may stand in one another");
  if (limit == "too_many_attributes")
    return at_most(k_xml_attributes_max, "attributes per element");
  return at_most(k_xml_elements_max, "elements per file");
}

int line_of(std::vector<std::size_t> const& line_starts, std::size_t at) {
  return int(std::ranges::upper_bound(line_starts, at) - line_starts.begin());
}

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
  if (xml.size() > k_xml_bytes_max) return refuse("too_large", "the file is larger than 4 MiB", 1);
  XmlDocument out;
  out.file_ = file;
  out.line_starts_.push_back(0);
  for (std::size_t i = 0; i < xml.size(); ++i)
    if (xml[i] == '\n') out.line_starts_.push_back(i + 1);
  if (auto const clean = clean_bytes(xml); clean < xml.size())
    return refuse("malformed", "this is no UTF-8 text: save the file with the encoding UTF-8",
                  line_of(out.line_starts_, clean));
  Scanner scanner{xml};
  if (auto const limit = scanner.run(); !limit.empty())
    return refuse(limit, explained(limit), line_of(out.line_starts_, scanner.at()));
  auto const parsed = out.document_.load_buffer(xml.data(), xml.size(),
                                                pugi::parse_default | pugi::parse_ws_pcdata_single,
                                                pugi::encoding_utf8);
  if (!parsed) {
    auto const at = std::size_t(std::max<std::ptrdiff_t>(parsed.offset, 0));
    return refuse("malformed", parsed.description(), line_of(out.line_starts_, at));
  }
  return out;
}

int XmlDocument::line(pugi::xml_node node) const {
  auto const offset = node.offset_debug();
  return offset < 0 ? 0 : line_of(line_starts_, std::size_t(offset));
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
  auto tag = std::string{local_name(node.name())};
  for (; node; node = node.parent()) {
    for (auto const* attribute : {"id", "name"})
      if (std::string_view const name = node.attribute(attribute).value(); !name.empty())
        return shortened(name);
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
