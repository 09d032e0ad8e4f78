// Constants in the place of paths, and what of an expression is left when they stand there: a
// reading of the law that a setting switches off is not read, explored or kept any more.
#include <algorithm>
#include <optional>

#include "engine/feel_program.hpp"

namespace qyzmet::engine {

namespace {

using Code = std::vector<Instruction>;

/// Gives true, false or null, whatever its operands are.
bool gives_truth(Op op) {
  return is_comparison(op) || op == Op::nip || op == Op::invert || op == Op::both ||
         op == Op::either;
}

class Folding {
 public:
  explicit Folding(Expression::Program& program) : program_{program} {}

  void run() {
    for (auto const instruction : program_.code) {
      auto const count = std::ptrdiff_t(operand_count(instruction));
      std::vector<Code> const operands(stack_.end() - count, stack_.end());
      stack_.resize(stack_.size() - std::size_t(count));
      stack_.push_back(folded(instruction, operands));
    }
    program_.code = std::move(stack_.front());
    program_.paths.clear();
    for (auto const& instruction : program_.code)
      if (instruction.op == Op::path)
        program_.paths.insert(program_.path_names[instruction.argument]);
  }

 private:
  Value const* constant(Code const& code) const {
    bool const plain = code.size() == 1 && code.front().op == Op::constant;
    return plain ? &program_.constants[code.front().argument] : nullptr;
  }
  /// True or false where that is known.
  std::optional<bool> known(Code const& code) const {
    auto const* const value = constant(code);
    auto const* const truth = value == nullptr ? nullptr : value->as<bool>();
    return truth == nullptr ? std::nullopt : std::optional{*truth};
  }
  Code constant_of(Value value) {
    program_.constants.push_back(std::move(value));
    return {{.op = Op::constant, .argument = std::uint32_t(program_.constants.size() - 1)}};
  }

  /// `and` is decided by false, `or` by true; beside its opposite the other side is all.
  std::optional<Code> junction(Op op, Code const& left, Code const& right) const {
    bool const decides = op == Op::either;
    for (auto const* side : {&left, &right}) {
      auto const truth = known(*side);
      if (!truth) continue;
      if (*truth == decides) return *side;
      auto const& other = side == &left ? right : left;
      if (known(other) || gives_truth(other.back().op)) return other;
    }
    return std::nullopt;
  }

  Code folded(Instruction instruction, std::vector<Code> const& operands) {
    auto const op = instruction.op;
    if (op == Op::both || op == Op::either)
      if (auto left = junction(op, operands[0], operands[1])) return *std::move(left);
    if (op == Op::invert)
      if (auto const truth = known(operands[0])) return constant_of(Value{!*truth});
    if (op == Op::choose)
      if (auto const truth = known(operands[0])) return operands[*truth ? 1 : 2];
    if (op == Op::equal || op == Op::unequal) {
      auto const* const left = constant(operands[0]);
      auto const* const right = constant(operands[1]);
      if (left != nullptr && right != nullptr && kind_of(*left) == kind_of(*right))
        return constant_of(Value{(*left == *right) == (op == Op::equal)});
    }
    Code out;
    for (auto const& operand : operands) std::ranges::copy(operand, std::back_inserter(out));
    out.push_back(instruction);
    return out;
  }

  Expression::Program& program_;
  std::vector<Code> stack_;
};

}  // namespace

Expression Expression::with(std::map<std::string, Value, std::less<>> const& constants) const {
  if (std::ranges::none_of(paths(), [&](auto const& path) { return constants.contains(path); }))
    return *this;
  auto bound = std::make_shared<Program>(*program_);
  for (auto& instruction : bound->code) {
    if (instruction.op != Op::path) continue;
    auto const constant = constants.find(bound->path_names[instruction.argument]);
    if (constant == constants.end()) continue;
    bound->constants.push_back(constant->second);
    instruction = {.op = Op::constant,
                   .argument = static_cast<std::uint32_t>(bound->constants.size() - 1)};
  }
  Folding{*bound}.run();
  return Program::make(std::move(bound));
}

}  // namespace qyzmet::engine
