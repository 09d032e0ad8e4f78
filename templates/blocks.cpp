#include "templates/blocks.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <pugixml.hpp>

#include "templates/dates.hpp"
#include "templates/document.hpp"

namespace qyzmet::templates {
namespace {

namespace json = boost::json;

/// What an element may hold: its attributes, and either text or other elements.
struct Rule {
  std::string_view element;
  std::vector<std::string_view> attributes;
  bool text = false;
  std::vector<std::string_view> children;
};

std::vector<Rule> const& rules() {
  static std::vector<std::string_view> const blocks{
      "head", "title", "subtitle", "note", "line", "to", "h", "p", "fields", "list", "signature"};
  static std::vector<Rule> const all{{"document", {"title", "dated"}, false, {"part", "close"}},
                                     {"part", {"lang"}, false, blocks},
                                     {"close", {"lang"}, false, {"qr", "p", "note"}},
                                     {"head", {}, true, {}},
                                     {"title", {}, true, {}},
                                     {"subtitle", {}, true, {}},
                                     {"note", {}, true, {}},
                                     {"line", {"left", "right"}, false, {}},
                                     {"to", {}, true, {}},
                                     {"h", {}, true, {}},
                                     {"p", {"lang"}, true, {}},
                                     {"fields", {}, false, {"field"}},
                                     {"field", {"label"}, true, {}},
                                     {"list", {"kind"}, false, {"item"}},
                                     {"item", {}, true, {}},
                                     {"signature", {"position", "name"}, true, {}},
                                     {"qr", {}, false, {}}};
  return all;
}

bool contains(auto const& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

/// Runs of white space of the source are one space; values keep their own.
std::string collapsed(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space)
      out += c;
    else if (out.empty() || out.back() != ' ')
      out += ' ';
  }
  return out;
}

void trim(std::vector<Inline>& text) {
  if (text.empty()) return;
  if (!text.front().value && text.front().text.starts_with(' ')) text.front().text.erase(0, 1);
  if (!text.back().value && text.back().text.ends_with(' ')) text.back().text.pop_back();
}

class DocumentParser {
 public:
  explicit DocumentParser(std::string_view source) : source_{source} {}

  Result<DocumentTemplate> run() {
    if (source_.size() > k_document_source_max) return broken("the template is too large");
    pugi::xml_document xml;
    auto const loaded =
        xml.load_buffer(source_.data(), source_.size(), pugi::parse_default | pugi::parse_ws_pcdata,
                        pugi::encoding_utf8);
    at_ = static_cast<std::size_t>(std::max<std::ptrdiff_t>(loaded.offset, 0));
    if (!loaded) return broken(loaded.description());
    try {
      return document(xml.document_element());
    } catch (SyntaxError const& error) {
      return broken(error.what());
    }
  }

 private:
  std::unexpected<Error> broken(std::string_view reason) const {
    auto const seen = source_.substr(0, std::min(at_, source_.size()));
    auto const line = 1 + std::ranges::count(seen, '\n');
    Error error{.code = ErrorCode::invalid, .text = "error.document_template"};
    error.arguments = {{"line", std::to_string(line)}, {"reason", std::string{reason}}};
    return std::unexpected(error);
  }

  DocumentTemplate document(pugi::xml_node root) {
    enter(root);
    if (std::string_view{root.name()} != "document") throw SyntaxError("no document element");
    DocumentTemplate made;
    BlockTemplate all = block(root);
    if (!all.attributes.contains("title") || !root.attribute("dated"))
      throw SyntaxError("document needs title and dated");
    made.title = std::move(all.attributes["title"]);
    made.dated = parse_value(tokenize(root.attribute("dated").value()));
    made.parts = std::move(all.children);
    for (std::size_t i = 0; i + 1 < made.parts.size(); ++i)
      if (made.parts[i].element == "close") throw SyntaxError("close stands last, and once");
    if (made.parts.empty()) throw SyntaxError("document has no parts");
    return made;
  }

  void enter(pugi::xml_node node) {
    auto const offset = node.offset_debug();
    if (offset >= 0) at_ = static_cast<std::size_t>(offset);
  }

  BlockTemplate block(pugi::xml_node node) {
    std::string_view const name = node.name();
    auto const rule = std::ranges::find(rules(), name, &Rule::element);
    if (rule == rules().end()) throw SyntaxError("unknown element " + std::string{name});
    BlockTemplate made;
    made.element = name;
    for (pugi::xml_attribute const attribute : node.attributes()) read(made, *rule, attribute);
    bool const part = name == "part" || name == "close";
    if (part && made.language.empty()) throw SyntaxError(made.element + " needs lang");
    if (rule->text) {
      inline_text(made.text, node, false, false);
      trim(made.text);
      return made;
    }
    for (pugi::xml_node const child : node.children()) {
      if (child.type() == pugi::node_pcdata && collapsed(child.value()) == " ") continue;
      enter(child);
      if (child.type() != pugi::node_element || !contains(rule->children, child.name()))
        throw SyntaxError("not allowed in " + made.element + ": " +
                          (*child.name() ? child.name() : "text"));
      made.children.push_back(block(child));
      enter(node);
    }
    return made;
  }

  void read(BlockTemplate& made, Rule const& rule, pugi::xml_attribute attribute) {
    std::string_view const name = attribute.name(), value = attribute.value();
    bool const top = made.element == "document";
    if (name == "if" && !top) {
      made.when = parse_condition(tokenize(value), 0);
    } else if (name == "each" && !top) {
      made.each = parse_value(tokenize(value));
    } else if (!contains(rule.attributes, name)) {
      throw SyntaxError("unknown attribute " + std::string{name});
    } else if (name == "lang") {
      made.language = value;
    } else if (name != "dated") {
      append(made.attributes[std::string{name}], value, false, false);
    }
  }

  void inline_text(std::vector<Inline>& out, pugi::xml_node node, bool bold, bool italic) {
    for (pugi::xml_node const child : node.children()) {
      std::string_view const name = child.name();
      enter(child);
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
        append(out, collapsed(child.value()), bold, italic);
      else if (name == "b" || name == "i")
        inline_text(out, child, bold || name == "b", italic || name == "i");
      else if (name == "br")
        out.push_back({.text = "\n"});
      else
        throw SyntaxError("not allowed in text: " + std::string{name});
    }
  }

  /// Text with {{values}} as pieces.
  static void append(std::vector<Inline>& out, std::string_view text, bool bold, bool italic) {
    for (;;) {
      auto const open = text.find("{{");
      std::string_view const literal = text.substr(0, open);
      if (!literal.empty())
        out.push_back({.text = std::string{literal}, .bold = bold, .italic = italic});
      if (open == text.npos) return;
      auto const close = text.find("}}", open);
      if (close == text.npos) throw SyntaxError("{{ without }}");
      out.push_back({.value = parse_value(tokenize(text.substr(open + 2, close - open - 2))),
                     .bold = bold,
                     .italic = italic});
      text.remove_prefix(close + 2);
    }
  }

  std::string_view source_;
  std::size_t at_ = 0;
};

/// Well-formed UTF-8 without control characters, as pango wants it; damaged bytes become U+FFFD.
std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const lead = static_cast<unsigned char>(text[at]);
    std::size_t const size = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    bool whole = size != 0 && at + size <= text.size();
    for (std::size_t i = 1; whole && i < size; ++i)
      whole = (static_cast<unsigned char>(text[at + i]) & 0xC0) == 0x80;
    if (!whole) {
      out += "\xEF\xBF\xBD";
      ++at;
      continue;
    }
    if (lead >= 0x20 && lead != 0x7F) out += text.substr(at, size);
    if (lead == '\n') out += '\n';
    if (lead == '\t') out += ' ';
    at += size;
  }
  return out;
}

std::string markup_of(std::vector<Inline> const& text, Scope const& scope) {
  std::string out;
  for (Inline const& piece : text) {
    std::string const value = printable(
        piece.value ? to_text(piece.value->evaluate(scope).get(), scope.language) : piece.text);
    if (value.empty()) continue;
    if (piece.bold) out += "<b>";
    if (piece.italic) out += "<i>";
    for (char const c : value) {
      if (c == '&')
        out += "&amp;";
      else if (c == '<')
        out += "&lt;";
      else if (c == '>')
        out += "&gt;";
      else
        out += c;
    }
    if (piece.italic) out += "</i>";
    if (piece.bold) out += "</b>";
  }
  return out;
}

class Filler {
 public:
  Filler(Scope scope, std::map<std::string, Texts, std::less<>> const& texts)
      : scope_{scope}, texts_{texts} {}

  void add(std::vector<Block>& out, BlockTemplate const& source) {
    Scope const before = scope_;
    if (!source.language.empty()) {
      scope_.language = source.language;
      auto const own = texts_.find(source.language);
      scope_.texts = own == texts_.end() ? nullptr : &own->second;
    }
    if (source.each)
      repeat(out, source);
    else
      one(out, source);
    scope_ = before;
  }

 private:
  void repeat(std::vector<Block>& out, BlockTemplate const& source) {
    Value const list = source.each->evaluate(scope_);
    auto const* items = list.get().if_array();
    if (!items) return;
    Frame frame{.outer = scope_.frame, .index = 0, .size = static_cast<int>(items->size())};
    scope_.frame = &frame;
    for (json::value const& item : *items) {
      frame.item = &item;
      one(out, source);
      ++frame.index;
    }
  }

  void one(std::vector<Block>& out, BlockTemplate const& source) {
    if (source.when && !source.when->holds(scope_)) return;
    Block made;
    made.element = source.element;
    made.language = scope_.language;
    made.markup = markup_of(source.text, scope_);
    for (auto const& [name, text] : source.attributes)
      made.attributes[name] = plain_text(text, scope_);
    for (BlockTemplate const& child : source.children) add(made.children, child);
    out.push_back(std::move(made));
  }

  Scope scope_;
  std::map<std::string, Texts, std::less<>> const& texts_;
};

/// What cairo wants as a date: ISO 8601 with the legal zone.
std::optional<std::string> metadata_date(std::string_view text) {
  auto const moment = parse_moment(text);
  if (!moment) return std::nullopt;
  auto const minutes = moment->time.value_or(std::chrono::minutes{0}).count();
  char time[24];
  std::snprintf(time, sizeof time, "T%02d:%02d:00+05:00", int(minutes / 60), int(minutes % 60));
  return to_iso(moment->day) + time;
}

Result<void> check_sizes(std::vector<Block> const& blocks) {
  for (Block const& block : blocks) {
    if (block.markup.size() > k_document_text_max) {
      Error error{.code = ErrorCode::invalid, .text = "error.document_overflow"};
      error.arguments = {{"element", block.element}};
      return std::unexpected(error);
    }
    if (auto inner = check_sizes(block.children); !inner) return inner;
  }
  return {};
}

}  // namespace

Result<DocumentTemplate> parse_document(std::string_view source) {
  return DocumentParser{source}.run();
}

std::vector<Block> fill_in(DocumentTemplate const& document, Scope const& scope,
                           std::map<std::string, Texts, std::less<>> const& texts) {
  std::vector<Block> out;
  Filler filler{scope, texts};
  for (BlockTemplate const& part : document.parts) filler.add(out, part);
  return out;
}

Result<FilledDocument> fill_document(DocumentInput const& input) {
  auto const document = parse_document(input.source);
  if (!document) return std::unexpected(document.error());
  Catalogue const none;
  Frame const frame{.item = &input.data};
  Scope const scope{.root = &input.data, .frame = &frame, .language = "kk", .catalogue = &none};
  auto const date = metadata_date(to_text(document->dated.evaluate(scope).get(), "kk"));
  if (!date) return fail(ErrorCode::invalid, "error.document_no_date");
  FilledDocument out{.title = plain_text(document->title, scope),
                     .date = *date,
                     .blocks = fill_in(*document, scope, input.texts)};
  if (auto sizes = check_sizes(out.blocks); !sizes) return std::unexpected(sizes.error());
  return out;
}

std::string plain_text(std::vector<Inline> const& text, Scope const& scope) {
  std::string out;
  for (Inline const& piece : text)
    out += piece.value ? to_text(piece.value->evaluate(scope).get(), scope.language) : piece.text;
  return printable(out);
}

}  // namespace qyzmet::templates
