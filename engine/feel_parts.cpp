#include "engine/feel_parts.hpp"

#include <algorithm>
#include <cstdlib>

#include "engine/base/check.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::int64_t k_month_days = 31;
constexpr std::int64_t k_day_seconds = 86'400;

}  // namespace

bool is_comparison(Op op) {
  switch (op) {
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::in_range:
    case Op::contains:
    case Op::member:
      return true;
    default:
      return false;
  }
}

std::size_t operand_count(Instruction instruction) {
  switch (instruction.op) {
    case Op::constant:
    case Op::path:
    case Op::copy:
      return 0;
    case Op::list:
      return instruction.argument;
    case Op::negate:
    case Op::invert:
    case Op::wd_end:
    case Op::count:
    case Op::date:
      return 1;
    case Op::in_range:
    case Op::choose:
    case Op::is_open:
      return 3;
    default:
      return 2;
  }
}

ExpressionParts ExpressionParts::of(Expression const& expression) {
  auto const& program = Expression::Program::of(expression);
  ExpressionParts out{.whole = expression, .parts = {}, .root = 0};
  std::vector<std::size_t> stack;
  for (std::uint32_t i = 0; i < program.code.size(); ++i) {
    auto const instruction = program.code[i];
    ExpressionPart part{.op = instruction.op,
                        .first = i,
                        .last = i + 1,
                        .operands = {},
                        .alone = instruction.op != Op::copy,
                        .paths = {}};
    auto const count = operand_count(instruction);
    check(count <= stack.size(), "an expression keeps its stack");
    part.operands.assign(stack.end() - std::ptrdiff_t(count), stack.end());
    stack.resize(stack.size() - count);
    for (auto const operand : part.operands) {
      auto const& below = out.parts[operand];
      part.first = std::min(part.first, below.first);
      part.alone = part.alone && below.alone;
      for (auto const& path : below.paths)
        if (std::ranges::find(part.paths, path) == part.paths.end()) part.paths.push_back(path);
    }
    // The copies above a dropped value are copies of that value.
    if (instruction.op == Op::nip) part.alone = out.parts[part.operands.front()].alone;
    if (instruction.op == Op::path) part.paths.push_back(program.path_names[instruction.argument]);
    out.parts.push_back(std::move(part));
    stack.push_back(out.parts.size() - 1);
  }
  check(stack.size() == 1, "an expression leaves one value");
  out.root = stack.front();
  return out;
}

Expression ExpressionParts::part(std::size_t index) const {
  auto const& part = parts[index];
  check(part.alone, "only a whole sub-expression stands alone");
  auto const& program = Expression::Program::of(whole);
  auto slice = std::make_shared<Expression::Program>(program);
  slice->code.assign(program.code.begin() + part.first, program.code.begin() + part.last);
  slice->text = identity(index);
  slice->paths = {part.paths.begin(), part.paths.end()};
  return Expression::Program::make(std::move(slice));
}

std::string ExpressionParts::identity(std::size_t index) const {
  auto const& program = Expression::Program::of(whole);
  std::string out;
  for (auto i = parts[index].first; i < parts[index].last; ++i) {
    auto const [op, argument] = program.code[i];
    if (op == Op::constant)
      out += to_json(program.constants[argument]);
    else if (op == Op::path)
      out += program.path_names[argument];
    else
      out += std::to_string(int(op)) + ":" + std::to_string(argument);
    out += ' ';
  }
  return out;
}

Value const* ExpressionParts::constant(std::size_t index) const {
  auto const& program = Expression::Program::of(whole);
  auto const& part = parts[index];
  return part.op == Op::constant ? &program.constants[program.code[part.first].argument] : nullptr;
}

std::string const* ExpressionParts::path(std::size_t index) const {
  return parts[index].op == Op::path ? &parts[index].paths.front() : nullptr;
}

int ExpressionParts::reach(std::size_t index) const {
  auto const& program = Expression::Program::of(whole);
  std::int64_t days = 0;
  for (auto i = parts[index].first; i < parts[index].last; ++i) {
    if (program.code[i].op != Op::constant) continue;
    auto const& value = program.constants[program.code[i].argument];
    if (auto const* const number = value.as<Decimal>())
      days += std::abs(number->integer().value_or(0));
    if (auto const* const duration = value.as<Duration>())
      days += std::abs(duration->months) * k_month_days +
              (std::abs(duration->seconds) + k_day_seconds - 1) / k_day_seconds;
  }
  return int(std::min<std::int64_t>(days, 1000));
}

Expression all_of(std::vector<Expression> const& expressions) {
  check(!expressions.empty(), "something is asked");
  if (expressions.size() == 1) return expressions.front();
  auto joined = std::make_shared<Expression::Program>();
  for (auto const& expression : expressions) {
    auto const& program = Expression::Program::of(expression);
    bool const first = joined->code.empty();
    for (auto instruction : program.code) {
      if (instruction.op == Op::constant)
        instruction.argument += std::uint32_t(joined->constants.size());
      if (instruction.op == Op::path)
        instruction.argument += std::uint32_t(joined->path_names.size());
      joined->code.push_back(instruction);
    }
    std::ranges::copy(program.constants, std::back_inserter(joined->constants));
    std::ranges::copy(program.path_names, std::back_inserter(joined->path_names));
    joined->paths.insert(program.paths.begin(), program.paths.end());
    if (!first) joined->code.push_back({Op::both, 0});
  }
  return Expression::Program::make(std::move(joined));
}

}  // namespace qyzmet::engine
