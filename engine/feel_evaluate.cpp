#include <algorithm>
#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "engine/base/check.hpp"
#include "engine/feel_program.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::size_t k_text_bytes_max = 64 * 1024;
constexpr std::int64_t k_working_days_max = 10'000;
constexpr std::int64_t k_months_max = 12 * 10'000;
constexpr std::int64_t k_seconds_max = std::int64_t{86'400} * 366 * 10'000;
constexpr std::int64_t k_day_seconds = 86'400;

bool within(std::int64_t number, std::int64_t max) {
  return number >= -max && number <= max;
}

/// True, false or not known.
using Truth = std::optional<bool>;

Truth truth(Value const& value) {
  auto const* known = value.as<bool>();
  return known == nullptr ? Truth{} : Truth{*known};
}
Value to_value(Truth known) {
  return known ? Value{*known} : Value{};
}

Truth both(Truth a, Truth b) {
  if (a == false || b == false) return false;
  return a && b ? Truth{true} : Truth{};
}
Truth inverted(Truth a) {
  return a ? Truth{!*a} : Truth{};
}
Truth either(Truth a, Truth b) {
  return inverted(both(inverted(a), inverted(b)));
}

// ---- Comparing ------------------------------------------------------------------------------

Truth equal(Value const& a, Value const& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.variant().index() != b.variant().index()) return {};
  return a == b;
}

template <class T>
std::optional<std::strong_ordering> order_as(Value const& a, Value const& b) {
  auto const* left = a.as<T>();
  auto const* right = b.as<T>();
  if (left == nullptr || right == nullptr) return {};
  return *left <=> *right;
}

std::optional<std::strong_ordering> order(Value const& a, Value const& b) {
  if (auto const found = order_as<Decimal>(a, b)) return found;
  if (auto const found = order_as<std::string>(a, b)) return found;
  if (auto const found = order_as<Date>(a, b)) return found;
  if (auto const found = order_as<Instant>(a, b)) return found;
  auto const* left = a.as<Duration>();
  auto const* right = b.as<Duration>();
  if (left == nullptr || right == nullptr) return {};
  // A month has no fixed length in seconds.
  bool const months = left->months != 0 || right->months != 0;
  bool const seconds = left->seconds != 0 || right->seconds != 0;
  if (months && seconds) return {};
  return *left <=> *right;
}

Truth compare(Op op, Value const& a, Value const& b) {
  auto const found = order(a, b);
  if (!found) return {};
  switch (op) {
    case Op::less:
      return *found < 0;
    case Op::less_equal:
      return *found <= 0;
    case Op::greater:
      return *found > 0;
    default:
      return *found >= 0;
  }
}

Truth in_range(Value const& value, Value const& low, Value const& high, std::uint32_t ends) {
  bool const open_low = (ends & k_open_low) != 0;
  bool const open_high = (ends & k_open_high) != 0;
  return both(compare(open_low ? Op::greater : Op::greater_equal, value, low),
              compare(open_high ? Op::less : Op::less_equal, value, high));
}

Truth in_list(Value const& value, List const& list) {
  Truth found = false;
  for (Value const& item : list) found = either(found, equal(value, item));
  return found;
}

Truth member(Value const& value, Value const& of) {
  auto const* list = of.as<List>();
  if (list == nullptr) return equal(value, of);
  auto const in = in_list(value, *list);
  return value.as<List>() == nullptr ? in : either(in, equal(value, of));
}

// ---- Calendar time --------------------------------------------------------------------------

bool in_years(Date day) {
  int const year{std::chrono::year_month_day{day}.year()};
  return year >= 1 && year <= 9999;
}
Value checked(Date day) {
  return in_years(day) ? Value{day} : Value{};
}
Value checked(Instant at) {
  return in_years(legal_date(at)) ? Value{at} : Value{};
}

bool in_bounds(Duration duration) {
  return within(duration.months, k_months_max) && within(duration.seconds, k_seconds_max);
}

Date plus_months(Date day, std::int64_t months) {
  std::chrono::year_month_day const ymd{day};
  auto const month = std::chrono::year_month{ymd.year(), ymd.month()} + std::chrono::months{months};
  auto const last =
      std::chrono::year_month_day_last{month.year(), std::chrono::month_day_last{month.month()}};
  return Date{month / std::min(ymd.day(), last.day())};
}

Value plus(Date day, Duration duration) {
  if (!in_bounds(duration) || duration.seconds % k_day_seconds != 0) return {};
  auto const moved = plus_months(day, duration.months);
  return checked(moved + std::chrono::days{duration.seconds / k_day_seconds});
}

Value plus(Instant at, Duration duration) {
  if (!in_bounds(duration)) return {};
  auto const moved = start_of(plus_months(legal_date(at), duration.months));
  return checked(moved + legal_time_of_day(at) + std::chrono::seconds{duration.seconds});
}

Value combined(Duration a, Duration b) {
  if (!in_bounds(a) || !in_bounds(b)) return {};
  Duration const sum{a.months + b.months, a.seconds + b.seconds};
  bool const mixed = (a.months != 0 || b.months != 0) && (a.seconds != 0 || b.seconds != 0);
  return mixed || !in_bounds(sum) ? Value{} : Value{sum};
}

Duration negated(Duration duration) {
  return {-duration.months, -duration.seconds};
}

std::optional<Date> day_of(Value const& value) {
  if (auto const* day = value.as<Date>()) return *day;
  if (auto const* at = value.as<Instant>()) return legal_date(*at);
  return {};
}

// ---- Arithmetic -----------------------------------------------------------------------------

Value to_value(std::optional<Decimal> number) {
  return number ? Value{*number} : Value{};
}

Value add(Value const& a, Value const& b) {
  auto const* left = a.as<Decimal>();
  auto const* right = b.as<Decimal>();
  if (left && right) return to_value(Decimal::add(*left, *right));
  auto const* text = a.as<std::string>();
  auto const* more = b.as<std::string>();
  if (text && more && text->size() + more->size() <= k_text_bytes_max) return *text + *more;
  auto const* duration = b.as<Duration>();
  if (duration == nullptr) return a.as<Duration>() && day_of(b) ? add(b, a) : Value{};
  if (auto const* day = a.as<Date>()) return plus(*day, *duration);
  if (auto const* at = a.as<Instant>()) return plus(*at, *duration);
  if (auto const* other = a.as<Duration>()) return combined(*other, *duration);
  return {};
}

Value subtract(Value const& a, Value const& b) {
  auto const* left = a.as<Decimal>();
  auto const* right = b.as<Decimal>();
  if (left && right) return to_value(Decimal::subtract(*left, *right));
  if (auto const* duration = b.as<Duration>())
    return in_bounds(*duration) ? add(a, negated(*duration)) : Value{};
  if (auto const* day = a.as<Date>(); day && b.as<Date>()) {
    return Duration{.seconds = (*day - *b.as<Date>()).count() * k_day_seconds};
  }
  if (auto const* at = a.as<Instant>(); at && b.as<Instant>()) {
    auto const apart = *at - *b.as<Instant>();
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(apart);
    if (seconds == apart) return Duration{.seconds = seconds.count()};
  }
  return {};
}

Value times(Duration duration, Decimal factor) {
  auto const whole = factor.integer();
  Duration product;
  if (!whole || __builtin_mul_overflow(duration.months, *whole, &product.months) ||
      __builtin_mul_overflow(duration.seconds, *whole, &product.seconds))
    return {};
  return in_bounds(product) ? Value{product} : Value{};
}

Value multiply(Value const& a, Value const& b) {
  auto const* left = a.as<Decimal>();
  auto const* right = b.as<Decimal>();
  if (left && right) return to_value(Decimal::multiply(*left, *right));
  if (auto const* duration = a.as<Duration>(); duration && right) return times(*duration, *right);
  if (auto const* duration = b.as<Duration>(); duration && left) return times(*duration, *left);
  return {};
}

Value negate(Value const& a) {
  if (auto const* number = a.as<Decimal>()) return number->negated();
  if (auto const* duration = a.as<Duration>(); duration && in_bounds(*duration))
    return negated(*duration);
  return {};
}

// ---- Functions ------------------------------------------------------------------------------

Value wd_add(Calendar const& calendar, Value const& from, Value const& by) {
  auto const day = day_of(from);
  auto const* number = by.as<Decimal>();
  auto const n = number == nullptr ? std::nullopt : number->integer();
  if (!day || !in_years(*day) || !n || !within(*n, k_working_days_max)) return {};
  return checked(calendar.wd_add(*day, static_cast<int>(*n)));
}

Value wd_end(Calendar const& calendar, Value const& of) {
  auto const day = day_of(of);
  if (!day || !in_years(*day)) return {};
  return checked(end_of(calendar.wd_add(*day, 0)));
}

Value wd_between(Calendar const& calendar, Value const& a, Value const& b) {
  auto const from = day_of(a);
  auto const to = day_of(b);
  if (!from || !to || !in_years(*from) || !in_years(*to)) return {};
  return calendar.wd_between(*from, *to);
}

Value count(Value const& of) {
  auto const* list = of.as<List>();
  return list == nullptr ? Value{} : Value{static_cast<std::int64_t>(list->size())};
}

Value contains(Value const& in, Value const& what) {
  if (auto const* list = in.as<List>()) return to_value(in_list(what, *list));
  auto const* text = in.as<std::string>();
  auto const* part = what.as<std::string>();
  if (text == nullptr || part == nullptr) return {};
  return text->find(*part) != text->npos;
}

Value date(Value const& of) {
  if (auto const day = day_of(of)) return checked(*day);
  auto const* text = of.as<std::string>();
  auto const day = text == nullptr ? std::nullopt : parse_date(*text);
  return day ? Value{*day} : Value{};
}

/// Null when the calendar keeps no such hours.
Value is_open(Calendar const& calendar, Value const& keeper, Value const& unit, Value const& at) {
  auto const* const kind = keeper.as<std::string>();
  auto const* const code = unit.as<std::string>();
  auto const* const instant = at.as<Instant>();
  auto const known = kind == nullptr ? std::nullopt : keeper_of(*kind);
  if (!known || instant == nullptr || (code == nullptr && !unit.is_null())) return {};
  auto const open =
      calendar.opening().open(calendar, *known, code == nullptr ? "" : *code, *instant);
  return open ? Value{*open} : Value{};
}

// ---- The tree -------------------------------------------------------------------------------

Value apply_one(Op op, Calendar const& calendar, Value const& a) {
  switch (op) {
    case Op::negate:
      return negate(a);
    case Op::wd_end:
      return wd_end(calendar, a);
    case Op::count:
      return count(a);
    default:
      check(op == Op::date, "an operation of one operand");
      return date(a);
  }
}

Value apply_two(Op op, Calendar const& calendar, Value const& a, Value const& b) {
  switch (op) {
    case Op::multiply:
      return multiply(a, b);
    case Op::add:
      return add(a, b);
    case Op::subtract:
      return subtract(a, b);
    case Op::wd_add:
      return wd_add(calendar, a, b);
    case Op::wd_between:
      return wd_between(calendar, a, b);
    default:
      check(op == Op::contains, "an operation of two operands");
      return contains(a, b);
  }
}

/// A value before "in", that the copies in its tests stand for.
struct Tested {
  std::uint32_t root;
  Value const* value;
  Tested const* outer;
};

/// One expression on one state. Values are read where they are kept, or made in a room of the
/// caller; the other side of "and" and "or", and what "if" does not choose, is not looked at when
/// it makes no difference.
class Evaluation {
 public:
  Evaluation(Expression::Program const& program, Names const& names, Calendar const& calendar)
      : program_{program}, names_{names}, calendar_{calendar} {}

  std::uint32_t root() const { return std::uint32_t(program_.tree.size() - 1); }

  Value const& value(std::uint32_t index, Value& room, Tested const* tested) const {
    auto const& branch = program_.tree[index];
    auto const& [first, second, third] = branch.operands;
    switch (branch.op) {
      case Op::constant:
        return program_.constants[branch.argument];
      case Op::path:
        return names_.find(program_.split_paths[branch.argument], room);
      case Op::copy:
        return copied(first, tested);
      case Op::choose:
        return value(truth_of(first, tested) == true ? second : third, room, tested);
      case Op::list:
        return room = list(branch, tested);
      case Op::is_open:
        return room = open_of(branch, tested);
      case Op::negate:
      case Op::wd_end:
      case Op::count:
      case Op::date: {
        Value own;
        return room = apply_one(branch.op, calendar_, value(first, own, tested));
      }
      case Op::multiply:
      case Op::add:
      case Op::subtract:
      case Op::wd_add:
      case Op::wd_between:
      case Op::contains: {
        Value own, more;
        auto const& left = value(first, own, tested);
        return room = apply_two(branch.op, calendar_, left, value(second, more, tested));
      }
      default:
        return room = to_value(truth_of(index, tested));
    }
  }

  Truth truth_of(std::uint32_t index, Tested const* tested) const {
    auto const& branch = program_.tree[index];
    auto const& [first, second, third] = branch.operands;
    switch (branch.op) {
      case Op::both: {
        auto const left = truth_of(first, tested);
        return left == false ? left : both(left, truth_of(second, tested));
      }
      case Op::either: {
        auto const left = truth_of(first, tested);
        return left == true ? left : either(left, truth_of(second, tested));
      }
      case Op::invert:
        return inverted(truth_of(first, tested));
      case Op::choose:
        return truth_of(truth_of(first, tested) == true ? second : third, tested);
      case Op::nip: {
        Value own;
        Tested const inner{.root = first, .value = &value(first, own, tested), .outer = tested};
        return truth_of(second, &inner);
      }
      case Op::member:
        return member_of(branch, tested);
      case Op::in_range: {
        Value own, low, high;
        auto const& among = value(first, own, tested);
        auto const& from = value(second, low, tested);
        return in_range(among, from, value(third, high, tested), branch.argument);
      }
      case Op::equal:
      case Op::unequal:
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal:
        return compared(branch, tested);
      default: {
        Value own;
        return truth(value(index, own, tested));
      }
    }
  }

 private:
  static Value const& copied(std::uint32_t root, Tested const* tested) {
    while (tested != nullptr && tested->root != root) tested = tested->outer;
    check(tested != nullptr, "a copy stands in the tests of its value");
    return *tested->value;
  }

  std::span<std::uint32_t const> items(Branch const& branch) const {
    return std::span{program_.items}.subspan(branch.operands[0], branch.argument);
  }

  List list(Branch const& branch, Tested const* tested) const {
    List out;
    out.reserve(branch.argument);
    for (auto const item : items(branch)) {
      Value own;
      auto const& found = value(item, own, tested);
      if (&found == &own)
        out.push_back(std::move(own));
      else
        out.push_back(found);
    }
    return out;
  }

  Value open_of(Branch const& branch, Tested const* tested) const {
    Value own, more, last;
    auto const& keeper = value(branch.operands[0], own, tested);
    auto const& unit = value(branch.operands[1], more, tested);
    return is_open(calendar_, keeper, unit, value(branch.operands[2], last, tested));
  }

  Truth compared(Branch const& branch, Tested const* tested) const {
    Value own, more;
    auto const& left = value(branch.operands[0], own, tested);
    auto const& right = value(branch.operands[1], more, tested);
    if (branch.op == Op::equal) return equal(left, right);
    if (branch.op == Op::unequal) return inverted(equal(left, right));
    return compare(branch.op, left, right);
  }

  /// A list that is written out is not made for it.
  Truth member_of(Branch const& branch, Tested const* tested) const {
    Value own, more;
    auto const& sought = value(branch.operands[0], own, tested);
    auto const& among = program_.tree[branch.operands[1]];
    if (among.op != Op::list || sought.as<List>() != nullptr)
      return member(sought, value(branch.operands[1], more, tested));
    Truth found = false;
    for (auto const item : items(among)) {
      found = either(found, equal(sought, value(item, more, tested)));
      if (found == true) break;
    }
    return found;
  }

  Expression::Program const& program_;
  Names const& names_;
  Calendar const& calendar_;
};

class NamesOfContext final : public Names {
 public:
  explicit NamesOfContext(Context const& variables) : variables_{variables} {}
  Value const& find(Path path, Value&) const override { return at_path(variables_, path); }

 private:
  Context const& variables_;
};

}  // namespace

void Expression::Program::grow_tree() {
  tree.clear();
  items.clear();
  split_paths.clear();
  for (auto const& path : path_names) split_paths.emplace_back(path);
  std::vector<std::uint32_t> stack;
  for (Instruction const instruction : code) {
    Branch branch{.op = instruction.op, .argument = instruction.argument};
    auto const count = operand_count(instruction);
    check(count <= stack.size(), "an expression keeps its stack");
    auto const from = stack.end() - std::ptrdiff_t(count);
    if (branch.op == Op::copy) {
      branch.operands[0] = stack.at(stack.size() - 1 - branch.argument);
    } else if (branch.op == Op::list) {
      branch.operands[0] = std::uint32_t(items.size());
      items.insert(items.end(), from, stack.end());
    } else {
      std::copy(from, stack.end(), branch.operands.begin());
    }
    stack.erase(from, stack.end());
    stack.push_back(std::uint32_t(tree.size()));
    tree.push_back(branch);
  }
  check(stack.size() == 1, "an expression leaves one value");
}

Value Expression::evaluate(Names const& names, Calendar const& calendar) const {
  Evaluation const evaluation{*program_, names, calendar};
  Value own;
  auto const& found = evaluation.value(evaluation.root(), own, nullptr);
  if (&found == &own) return own;
  return found;
}

Value Expression::evaluate(Context const& variables, Calendar const& calendar) const {
  return evaluate(NamesOfContext{variables}, calendar);
}

bool Expression::is_true(Names const& names, Calendar const& calendar) const {
  Evaluation const evaluation{*program_, names, calendar};
  return evaluation.truth_of(evaluation.root(), nullptr) == true;
}

bool Expression::is_true(Context const& variables, Calendar const& calendar) const {
  return is_true(NamesOfContext{variables}, calendar);
}

std::set<std::string, std::less<>> const& Expression::paths() const {
  return program_->paths;
}

std::string const& Expression::text() const {
  return program_->text;
}

}  // namespace qyzmet::engine
