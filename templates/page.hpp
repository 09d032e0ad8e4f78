#pragma once
// A compiled page: the tree of nodes that the renderer walks. Immutable after construction.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/expression.hpp"
#include "templates/markup.hpp"

namespace qyzmet::templates {

struct Node {
  enum class Kind { literal, value, branch, each, partial, content, drawing };
  Kind kind = Kind::literal;
  int line = 0;
  std::string text;  // literal; name of the partial
  Escape escape = Escape::text;
  Expression value;                       // value, each
  std::vector<Condition> conditions;      // branch
  Arguments arguments;                    // partial
  std::vector<std::vector<Node>> bodies;  // branch: one per condition and else; each: body and
                                          // else; partial: its block, if any
};

struct Page {
  std::string name;
  std::vector<Node> nodes;
  std::vector<std::pair<int, std::string>> keys;  // line, literal key of a text
};

/// Throws std::runtime_error "name:line: reason".
Page compile(std::string const& name, std::string_view source);

}  // namespace qyzmet::templates
