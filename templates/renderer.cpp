#include "templates/renderer.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "engine/base/check.hpp"
#include "templates/dates.hpp"
#include "templates/page.hpp"

namespace qyzmet::templates {
namespace {

namespace json = boost::json;

/// The block that a caller gives to {{#> partial}}: rendered where the caller stands.
struct Content {
  std::vector<Node> const* nodes;
  Frame const* frame;
  Content const* outer;
};

class Writer {
 public:
  Writer(std::map<std::string, Page, std::less<>> const& pages, Scope scope, Drawing const* drawing)
      : pages_{pages}, scope_{scope}, drawing_{drawing} {}

  void page(Page const& page, Frame const* frame, Content const* content) {
    if (++depth_ > k_partial_depth_max) throw std::runtime_error(page.name + ": partials too deep");
    auto const* const before = std::exchange(scope_.frame, frame);
    nodes(page.nodes, content);
    scope_.frame = before;
    --depth_;
  }

  std::string take() { return std::move(out_); }

 private:
  void nodes(std::vector<Node> const& all, Content const* content) {
    for (Node const& one : all) node(one, content);
  }

  void node(Node const& node, Content const* content) {
    switch (node.kind) {
      case Node::Kind::literal:
        out_ += node.text;
        break;
      case Node::Kind::value:
        append_escaped(out_, to_text(node.value.evaluate(scope_).get(), scope_.language),
                       node.escape);
        break;
      case Node::Kind::branch:
        branch(node, content);
        break;
      case Node::Kind::each:
        each(node, content);
        break;
      case Node::Kind::partial:
        partial(node, content);
        break;
      case Node::Kind::content:
        if (content) inner(*content);
        break;
      case Node::Kind::drawing:
        if (drawing_ != nullptr) out_ += drawing_->markup;
        break;
    }
    if (out_.size() > k_page_bytes_max) throw std::runtime_error("page too large");
  }

  void branch(Node const& node, Content const* content) {
    for (std::size_t i = 0; i < node.conditions.size(); ++i)
      if (node.conditions[i].holds(scope_)) return nodes(node.bodies[i], content);
    if (node.bodies.size() > node.conditions.size()) nodes(node.bodies.back(), content);
  }

  void each(Node const& node, Content const* content) {
    Value const list = node.value.evaluate(scope_);
    auto const* items = list.get().if_array();
    if (!items || items->empty()) {
      if (node.bodies.size() > 1) nodes(node.bodies[1], content);
      return;
    }
    Frame frame{.outer = scope_.frame, .index = 0, .size = static_cast<int>(items->size())};
    scope_.frame = &frame;
    for (json::value const& item : *items) {
      frame.item = &item;
      nodes(node.bodies[0], content);
      ++frame.index;
    }
    scope_.frame = frame.outer;
  }

  void partial(Node const& node, Content const* content) {
    auto const found = pages_.find(node.text);
    check(found != pages_.end(), "partials are resolved at construction");
    Content const block{node.bodies.empty() ? nullptr : &node.bodies[0], scope_.frame, content};
    Content const* const given = node.bodies.empty() ? nullptr : &block;
    if (node.arguments.positional.empty() && node.arguments.named.empty())
      return page(found->second, scope_.frame, given);

    Value item;
    if (!node.arguments.positional.empty()) item = node.arguments.positional[0].evaluate(scope_);
    json::value named(json::object{});
    for (auto const& [name, expression] : node.arguments.named)
      named.get_object()[name] = expression.evaluate(scope_).get();
    Frame const base{.item = &item.get(), .fence = true};
    Frame const over{.item = &named, .outer = &base};
    page(found->second, node.arguments.named.empty() ? &base : &over, given);
  }

  void inner(Content const& block) {
    if (!block.nodes) return;
    auto const* const before = std::exchange(scope_.frame, block.frame);
    nodes(*block.nodes, block.outer);
    scope_.frame = before;
  }

  std::map<std::string, Page, std::less<>> const& pages_;
  Scope scope_;
  Drawing const* drawing_;
  std::string out_;
  int depth_ = 0;
};

}  // namespace

struct Renderer::State {
  std::map<std::string, Page, std::less<>> pages;
  Catalogue catalogue;

  Page const* find(std::string_view name) const {
    auto at = pages.find(name);
    if (at == pages.end()) at = pages.find(std::string{name} + ".html");
    return at == pages.end() ? nullptr : &at->second;
  }

  /// Gives partials their full names; a missing one is an error.
  void resolve(std::string const& page, std::vector<Node>& nodes) {
    for (Node& node : nodes) {
      for (auto& body : node.bodies) resolve(page, body);
      if (node.kind != Node::Kind::partial) continue;
      Page const* found = find(node.text);
      if (!found)
        throw std::runtime_error(page + ":" + std::to_string(node.line) + ": no partial " +
                                 node.text);
      node.text = found->name;
    }
  }
};

Renderer::Renderer(std::map<std::string, std::string> const& sources, Catalogue catalogue)
    : state_{std::make_unique<State>()} {
  state_->catalogue = std::move(catalogue);
  for (auto const& [name, source] : sources) state_->pages.emplace(name, compile(name, source));
  for (auto& [name, page] : state_->pages) state_->resolve(name, page.nodes);
}

Renderer::Renderer(Renderer&&) noexcept = default;
Renderer::~Renderer() = default;

std::string Renderer::render(std::string_view page, std::string_view language,
                             json::value const& data, Texts const* texts,
                             Drawing const* drawing) const {
  Page const* found = state_->find(page);
  if (!found) throw std::runtime_error("no page " + std::string{page});
  Frame const frame{.item = &data};
  Scope const scope{.root = &data,
                    .frame = &frame,
                    .language = language,
                    .catalogue = &state_->catalogue,
                    .texts = texts};
  Writer writer{state_->pages, scope, drawing};
  writer.page(*found, &frame, nullptr);
  return writer.take();
}

bool Renderer::has(std::string_view page) const {
  return state_->find(page) != nullptr;
}

Catalogue const& Renderer::catalogue() const {
  return state_->catalogue;
}

std::vector<std::string> Renderer::problems() const {
  std::vector<std::string> all = state_->catalogue.problems();
  for (auto const& [name, page] : state_->pages)
    for (auto const& [line, key] : page.keys)
      for (std::string const& language : state_->catalogue.languages())
        if (!state_->catalogue.has(language, key)) {
          std::string where = name + ":" + std::to_string(line);
          all.push_back(where.append(": no text in ").append(language).append(": ").append(key));
        }
  for (std::string const& missing : state_->catalogue.missing())
    all.push_back("missing while rendering: " + missing);
  return all;
}

}  // namespace qyzmet::templates
