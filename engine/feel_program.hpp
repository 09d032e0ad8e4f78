#pragma once
// The compiled form of an expression, between feel.cpp (writes it) and feel_evaluate.cpp (runs it):
// a flat postfix array, and over it the tree that it stands for. Immutable after compiling.
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/feel.hpp"

namespace qyzmet::engine {

enum class Op : std::uint8_t {
  constant,  // push constants[argument]
  path,      // push the variable at path_names[argument]
  copy,      // push the value `argument` places below the top
  nip,       // drop the value below the top
  list,      // pop `argument` values, push their list
  negate,
  invert,
  multiply,
  add,
  subtract,
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  both,      // and
  either,    // or
  member,    // value, value or list -> equal to it or in it
  in_range,  // value, low, high; argument: bits of RangeEnd
  choose,    // condition, then, else
  wd_add,
  wd_end,
  wd_between,
  count,
  contains,
  date,
  is_open,  // keeper, unit, instant
};

enum RangeEnd : std::uint32_t { k_closed = 0, k_open_low = 1, k_open_high = 2 };

struct Instruction {
  Op op = Op::constant;
  std::uint32_t argument = 0;
};

/// Compares its operands: gives true, false or null.
bool is_comparison(Op op);

/// How many values an instruction takes from the stack.
std::size_t operand_count(Instruction instruction);

/// Operands are indices of the tree, which has a branch for each instruction, in its place. Those
/// of a list are `operands[0]` and after it in Program::items; that of a copy is what it copies.
struct Branch {
  Op op = Op::constant;
  std::uint32_t argument = 0;
  std::array<std::uint32_t, 3> operands = {};
};

struct Expression::Program {
  std::string text;
  std::vector<Instruction> code;
  std::vector<Value> constants;
  std::vector<std::string> path_names;
  std::set<std::string, std::less<>> paths;
  // What follows from the code:
  std::vector<Branch> tree;  // the root is the last
  std::vector<std::uint32_t> items;
  std::vector<Path> split_paths;  // of path_names

  static Program const& of(Expression const& expression) { return *expression.program_; }
  static Expression make(std::shared_ptr<Program> program) {
    program->grow_tree();
    return Expression{std::move(program)};
  }
  void grow_tree();
};

}  // namespace qyzmet::engine
