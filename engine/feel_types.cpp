// Which kinds of values an expression works on, found without evaluating it.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/check.hpp"
#include "engine/feel_program.hpp"

namespace qyzmet::engine {

namespace {

template <class... Kinds>
bool is(Kind kind, Kinds... one_of) {
  return kind == Kind::any || kind == Kind::null || ((kind == one_of) || ...);
}
bool open(Kind kind) {
  return kind == Kind::any || kind == Kind::null;
}
bool is_day(Kind kind) {
  return is(kind, Kind::date, Kind::datetime);
}
bool alike(Kind a, Kind b) {
  return open(a) || open(b) || a == b;
}
bool ordered(Kind kind) {
  return is(kind, Kind::number, Kind::text, Kind::date, Kind::datetime, Kind::duration);
}

std::optional<Kind> sum(Kind a, Kind b) {
  if (open(a) && open(b)) return Kind::any;
  if (a == Kind::duration && is_day(b)) return open(b) ? Kind::any : b;
  if (b == Kind::duration && is_day(a)) return open(a) ? Kind::any : a;
  if (!alike(a, b)) return std::nullopt;
  auto const known = open(a) ? b : a;
  if (known == Kind::number || known == Kind::text || known == Kind::duration) return known;
  if (is_day(known) && (open(a) || open(b))) return known;  // the other may be a duration
  return std::nullopt;
}

std::optional<Kind> difference(Kind a, Kind b) {
  if (open(a) || open(b)) {
    auto const known = open(a) ? b : a;
    return is(known, Kind::number, Kind::duration, Kind::date, Kind::datetime)
               ? std::optional{Kind::any}
               : std::nullopt;
  }
  if (b == Kind::duration && (is_day(a) || a == Kind::duration)) return a;
  if (a != b) return std::nullopt;
  if (a == Kind::number) return Kind::number;
  return is_day(a) ? std::optional{Kind::duration} : std::nullopt;
}

std::optional<Kind> product(Kind a, Kind b) {
  if (is(a, Kind::number) && is(b, Kind::number))
    return open(a) || open(b) ? Kind::any : Kind::number;
  if ((a == Kind::duration && is(b, Kind::number)) || (b == Kind::duration && is(a, Kind::number)))
    return Kind::duration;
  return std::nullopt;
}

std::optional<Kind> kind_of_one(Op op, Kind a) {
  switch (op) {
    case Op::negate:
      return is(a, Kind::number, Kind::duration) ? std::optional{a} : std::nullopt;
    case Op::invert:
      return is(a, Kind::boolean) ? std::optional{Kind::boolean} : std::nullopt;
    case Op::wd_end:
      return is_day(a) ? std::optional{Kind::datetime} : std::nullopt;
    case Op::count:
      return is(a, Kind::list) ? std::optional{Kind::number} : std::nullopt;
    default:
      return is_day(a) || a == Kind::text ? std::optional{Kind::date} : std::nullopt;
  }
}

std::optional<Kind> kind_of_two(Op op, Kind a, Kind b) {
  auto const when = [](bool fits, Kind kind) { return fits ? std::optional{kind} : std::nullopt; };
  switch (op) {
    case Op::multiply:
      return product(a, b);
    case Op::add:
      return sum(a, b);
    case Op::subtract:
      return difference(a, b);
    case Op::equal:
    case Op::unequal:
      return when(alike(a, b), Kind::boolean);
    case Op::both:
    case Op::either:
      return when(is(a, Kind::boolean) && is(b, Kind::boolean), Kind::boolean);
    case Op::member:
      return when(b == Kind::list || alike(a, b), Kind::boolean);
    case Op::wd_add:
      return when(is_day(a) && is(b, Kind::number), Kind::date);
    case Op::wd_between:
      return when(is_day(a) && is_day(b), Kind::number);
    case Op::contains:
      return when(is(a, Kind::list) || (a == Kind::text && is(b, Kind::text)), Kind::boolean);
    default:
      return when(ordered(a) && ordered(b) && alike(a, b), Kind::boolean);
  }
}

bool takes_one(Op op) {
  return op == Op::negate || op == Op::invert || op == Op::wd_end || op == Op::count ||
         op == Op::date;
}

std::string_view name_of(Op op) {
  static constexpr std::array<std::pair<Op, std::string_view>, 23> k_names{
      {{Op::negate, "-"},
       {Op::invert, "not"},
       {Op::multiply, "*"},
       {Op::add, "+"},
       {Op::subtract, "-"},
       {Op::equal, "="},
       {Op::unequal, "!="},
       {Op::less, "<"},
       {Op::less_equal, "<="},
       {Op::greater, ">"},
       {Op::greater_equal, ">="},
       {Op::both, "and"},
       {Op::either, "or"},
       {Op::member, "in"},
       {Op::in_range, "in"},
       {Op::choose, "if"},
       {Op::wd_add, "wd_add"},
       {Op::wd_end, "wd_end"},
       {Op::wd_between, "wd_between"},
       {Op::count, "count"},
       {Op::contains, "contains"},
       {Op::date, "date"},
       {Op::is_open, "is_open"}}};
  for (auto const& [known, name] : k_names)
    if (known == op) return name;
  return "";
}

/// Runs the program on kinds instead of values.
class KindMachine {
 public:
  std::string problem;

  void push(Kind kind) { stack_.push_back(kind); }
  Kind pop() {
    check(!stack_.empty(), "an expression keeps its stack");
    auto const kind = stack_.back();
    stack_.pop_back();
    return kind;
  }

  void run(Instruction instruction) {
    auto const [op, argument] = instruction;
    if (op == Op::copy) return push(stack_.at(stack_.size() - 1 - argument));
    if (op == Op::list) {
      for (std::uint32_t i = 0; i < argument; ++i) pop();
      return push(Kind::list);
    }
    auto const c = pop();
    if (takes_one(op)) return keep(op, kind_of_one(op, c), c, c);
    auto const b = pop();
    if (op == Op::nip) return push(c);
    bool const three = op == Op::in_range || op == Op::choose || op == Op::is_open;
    if (!three) return keep(op, kind_of_two(op, b, c), b, c);
    auto const a = pop();
    if (op == Op::is_open) {
      bool const fits = is(a, Kind::text) && is(b, Kind::text) && is(c, Kind::datetime);
      return keep(op, fits ? std::optional{Kind::boolean} : std::nullopt, a, fits ? b : c);
    }
    if (op == Op::in_range) {
      bool const fits =
          ordered(a) && ordered(b) && ordered(c) && alike(a, b) && alike(a, c) && alike(b, c);
      return keep(op, fits ? std::optional{Kind::boolean} : std::nullopt, a, alike(a, b) ? c : b);
    }
    auto const either = b == c || c == Kind::null ? b : b == Kind::null ? c : Kind::any;
    keep(op, is(a, Kind::boolean) ? std::optional{either} : std::nullopt, a, a);
  }

 private:
  void keep(Op op, std::optional<Kind> kind, Kind a, Kind b) {
    if (!kind && problem.empty()) {
      problem = "'" + std::string{name_of(op)} + "' of " + std::string{to_text(a)};
      if (!takes_one(op) && op != Op::choose) problem += " and " + std::string{to_text(b)};
    }
    push(kind.value_or(Kind::any));
  }

  std::vector<Kind> stack_;
};

}  // namespace

std::string_view to_text(Kind kind) {
  static constexpr std::array<std::string_view, 10> k_names{
      "anything", "null",     "boolean",  "number", "text",
      "date",     "datetime", "duration", "list",   "context"};
  return k_names.at(std::size_t(kind));
}

Kind kind_of(Value const& value) {
  static constexpr std::array<Kind, 9> k_kinds{Kind::null,     Kind::boolean, Kind::number,
                                               Kind::text,     Kind::date,    Kind::datetime,
                                               Kind::duration, Kind::list,    Kind::context};
  return k_kinds.at(value.variant().index());
}

std::expected<Kind, std::string> Expression::kind(
    std::function<Kind(std::string_view)> const& kind_of_path) const {
  KindMachine machine;
  for (Instruction const instruction : program_->code) {
    if (instruction.op == Op::constant)
      machine.push(kind_of(program_->constants[instruction.argument]));
    else if (instruction.op == Op::path)
      machine.push(kind_of_path(program_->path_names[instruction.argument]));
    else
      machine.run(instruction);
  }
  if (!machine.problem.empty()) return std::unexpected(machine.problem);
  return machine.pop();
}

}  // namespace qyzmet::engine
