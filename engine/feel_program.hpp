#pragma once
// The compiled form of an expression, between feel.cpp (writes it) and feel_evaluate.cpp (runs it):
// a flat postfix array for a stack machine. Immutable after compiling.
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

struct Expression::Program {
  std::string text;
  std::vector<Instruction> code;
  std::vector<Value> constants;
  std::vector<std::string> path_names;
  std::set<std::string, std::less<>> paths;

  static Program const& of(Expression const& expression) { return *expression.program_; }
  static Expression make(std::shared_ptr<Program const> program) {
    return Expression{std::move(program)};
  }
};

}  // namespace qyzmet::engine
