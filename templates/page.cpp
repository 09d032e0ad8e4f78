#include "templates/page.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace qyzmet::templates {
namespace {

constexpr int k_block_depth_max = 32;

/// One {{..}} of the source.
struct Tag {
  std::string_view inner;
  std::size_t begin = 0, end = 0;
  bool comment = false;
  char sign() const { return inner.empty() ? '\0' : inner.front(); }
  bool prints() const {
    return !comment && sign() != '#' && sign() != '/' && sign() != '>' && !is_else();
  }
  bool is_else() const { return inner == "else" || inner.starts_with("else if "); }
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_spaces = " \t\r\n";
  auto const from = text.find_first_not_of(k_spaces);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(k_spaces) - from + 1);
}

class Compiler {
 public:
  Compiler(std::string const& name, std::string_view source) : source_{source} {
    page_.name = name;
    if (source_.ends_with('\n')) source_.remove_suffix(1);  // partials stand within lines, too
  }

  Page run() {
    try {
      if (source_.size() > k_source_bytes_max) throw SyntaxError("the page is too large");
      std::string end;
      page_.nodes = body(0, end);
      if (!end.empty()) throw SyntaxError("nothing is open for {{" + end + "}}");
      if (!markup_.in_text()) throw SyntaxError("the page ends within a tag or element");
    } catch (SyntaxError const& error) {
      throw std::runtime_error(page_.name + ":" + std::to_string(line()) + ": " + error.what());
    }
    return std::move(page_);
  }

 private:
  int line() const {
    auto const seen = source_.substr(0, std::min(at_, source_.size()));
    return 1 + static_cast<int>(std::ranges::count(seen, '\n'));
  }

  /// Nodes up to {{else..}}, {{/..}} or the end of the source; `end` says which.
  std::vector<Node> body(int depth, std::string& end) {
    if (depth > k_block_depth_max) throw SyntaxError("blocks nested too deeply");
    std::vector<Node> nodes;
    for (;;) {
      auto const tag = next_tag();
      std::size_t const literal_end = tag ? tag->begin : source_.size();
      literal(nodes, source_.substr(at_, literal_end - at_));
      at_ = tag ? tag->end : source_.size();
      end.clear();
      if (tag && !tag->comment && !tag->prints()) markup_.settle();
      if (!tag) return nodes;
      if (tag->comment) continue;
      if (tag->is_else() || tag->sign() == '/') {
        end = tag->inner;
        return nodes;
      }
      nodes.push_back(tag_node(*tag, depth));
    }
  }

  std::optional<Tag> next_tag() {
    auto const open = source_.find("{{", at_);
    if (open == source_.npos) return std::nullopt;
    bool const dashed = source_.substr(open + 2).starts_with("!--");
    std::string_view const closing = dashed ? "--}}" : "}}";
    auto const close = source_.find(closing, open + 2);
    if (close == source_.npos) {
      at_ = open;
      throw SyntaxError("{{ without }}");
    }
    Tag tag;
    tag.begin = open;
    tag.end = close + closing.size();
    tag.inner = trimmed(source_.substr(open + 2, close - open - 2));
    tag.comment = tag.sign() == '!';
    if (!tag.prints() && tag.sign() != '>') swallow_line(tag);
    return tag;
  }

  /// A block tag alone on its line takes the line with it.
  void swallow_line(Tag& tag) const {
    auto begin = tag.begin;
    while (begin > at_ && (source_[begin - 1] == ' ' || source_[begin - 1] == '\t')) --begin;
    bool const starts = begin == 0 || source_[begin - 1] == '\n';
    auto const end = source_.find_first_not_of(" \t\r", tag.end);
    if (!starts || (end != source_.npos && source_[end] != '\n')) return;
    tag.begin = begin;
    tag.end = end == source_.npos ? source_.size() : end + 1;
  }

  void literal(std::vector<Node>& nodes, std::string_view text) {
    if (text.empty()) return;
    markup_.feed(text);
    Node node;
    node.text = text;
    nodes.push_back(std::move(node));
  }

  Node tag_node(Tag const& tag, int depth) {
    if (tag.inner.empty()) throw SyntaxError("{{}} is empty");
    if (tag.inner.starts_with("#>")) return partial(tag.inner.substr(2), depth, true);
    if (tag.sign() == '>') return partial(tag.inner.substr(1), depth, false);
    Node node;
    node.line = line();
    auto const tokens = tokenize(tag.sign() == '#' ? tag.inner.substr(1) : tag.inner);
    if (tag.sign() != '#') {
      node.kind = Node::Kind::value;
      node.escape = markup_.value();
      node.value = parse_value(tokens);
      remember(node.value);
    } else if (!tokens.empty() && tokens[0].text == "if") {
      branch(node, tokens, depth);
    } else if (tokens.size() == 2 && tokens[0].text == "each") {
      node.kind = Node::Kind::each;
      node.value = parse_value({tokens[1]});
      each(node, depth);
    } else {
      throw SyntaxError("no such block: " + std::string{tag.inner});
    }
    return node;
  }

  void remember(auto const& expression) {
    std::vector<std::string> keys;
    expression.collect_keys(keys);
    for (std::string& key : keys) page_.keys.emplace_back(line(), std::move(key));
  }

  void branch(Node& node, std::vector<Token> tokens, int depth) {
    node.kind = Node::Kind::branch;
    Markup const before = markup_;
    std::optional<Markup> after;
    auto const add_body = [&](std::string& end) {
      markup_ = before;
      node.bodies.push_back(body(depth + 1, end));
      if (after)
        after->join(markup_);
      else
        after = markup_;
    };
    std::string end;
    for (std::size_t from = 1;; from = 2) {
      node.conditions.push_back(parse_condition(tokens, from));
      remember(node.conditions.back());
      add_body(end);
      if (!end.starts_with("else if ")) break;
      tokens = tokenize(end);
    }
    if (end == "else")
      add_body(end);
    else
      after->join(before);
    if (end != "/if") throw SyntaxError("{{#if}} without {{/if}}");
    markup_ = *after;
  }

  void each(Node& node, int depth) {
    Markup const before = markup_;
    std::string end;
    do {
      node.bodies.push_back(body(depth + 1, end));
      markup_.join(before);
    } while (end == "else" && node.bodies.size() == 1);
    if (end != "/each") throw SyntaxError("{{#each}} without {{/each}}");
  }

  Node partial(std::string_view inner, int depth, bool block) {
    if (!markup_.in_text()) throw SyntaxError("a partial may stand in text only");
    Node node;
    node.line = line();
    node.kind = Node::Kind::partial;
    inner = trimmed(inner);
    auto const name_end = std::min(inner.find_first_of(" \t\r\n"), inner.size());
    node.text = inner.substr(0, name_end);
    if (node.text == "@content" || node.text == "@drawing") {
      node.kind = node.text == "@content" ? Node::Kind::content : Node::Kind::drawing;
      return node;
    }
    node.arguments = parse_arguments(tokenize(inner.substr(name_end)), 0);
    if (node.arguments.positional.size() > 1) throw SyntaxError("a partial takes one value");
    for (auto const& value : node.arguments.positional) remember(value);
    for (auto const& [argument, value] : node.arguments.named) remember(value);
    if (!block) return node;
    std::string end;
    node.bodies.push_back(body(depth + 1, end));
    if (end != "/>") throw SyntaxError("{{#>}} without {{/>}}");
    if (!markup_.in_text()) throw SyntaxError("a block ends within a tag");
    return node;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  Markup markup_;
  Page page_;
};

}  // namespace

Page compile(std::string const& name, std::string_view source) {
  return Compiler{name, source}.run();
}

}  // namespace qyzmet::templates
