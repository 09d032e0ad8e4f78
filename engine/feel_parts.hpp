#pragma once
// The sub-expressions of a compiled expression; internal to engine/. The explorer asks which of
// them depend on what, so that it can tell apart only what makes a difference.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/feel_program.hpp"

namespace qyzmet::engine {

/// A slice [first, last) of the postfix code. `operands` index the parts of the same split.
struct ExpressionPart {
  Op op = Op::constant;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::vector<std::size_t> operands;
  bool alone = true;               // false: reads a value that lies below it on the stack
  std::vector<std::string> paths;  // what it reads, in order, each once
};

struct ExpressionParts {
  Expression whole;
  std::vector<ExpressionPart> parts;
  std::size_t root = 0;

  static ExpressionParts of(Expression const& expression);
  /// Part `index` as an expression of its own; only where `alone`.
  Expression part(std::size_t index) const;
  /// Equal for equal sub-expressions, whatever white space they were written with.
  std::string identity(std::size_t index) const;
  /// The constant at a part that is nothing else.
  Value const* constant(std::size_t index) const;
  /// The path of a part that is nothing else.
  std::string const* path(std::size_t index) const;
  /// Sum of the absolute whole numbers in it, and of the days in its durations, rounded up.
  int reach() const { return reach(root); }
  int reach(std::size_t index) const;
};

/// True where all of them are.
Expression all_of(std::vector<Expression> const& expressions);

}  // namespace qyzmet::engine
