#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <memory_resource>
#include <optional>
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

// ---- The machine ----------------------------------------------------------------------------

Value apply_one(Op op, Calendar const& calendar, Value const& a) {
  switch (op) {
    case Op::negate:
      return negate(a);
    case Op::invert:
      return to_value(inverted(truth(a)));
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
    case Op::equal:
      return to_value(equal(a, b));
    case Op::unequal:
      return to_value(inverted(equal(a, b)));
    case Op::both:
      return to_value(both(truth(a), truth(b)));
    case Op::either:
      return to_value(either(truth(a), truth(b)));
    case Op::member:
      return to_value(member(a, b));
    case Op::wd_add:
      return wd_add(calendar, a, b);
    case Op::wd_between:
      return wd_between(calendar, a, b);
    case Op::contains:
      return contains(a, b);
    default:
      return to_value(compare(op, a, b));
  }
}

/// A value of the stack: borrowed where somebody keeps it, own where it was computed.
class Operand {
 public:
  Operand() = default;
  explicit Operand(Value const& kept) : borrowed_{&kept} {}
  explicit Operand(Value&& made) : own_{std::move(made)} {}

  Value const& get() const { return borrowed_ != nullptr ? *borrowed_ : own_; }
  Value take() && { return borrowed_ != nullptr ? *borrowed_ : std::move(own_); }
  static Operand read(Names const& names, std::string_view path) {
    Operand out;
    auto const& found = names.at(path, out.own_);
    if (&found != &out.own_) out.borrowed_ = &found;
    return out;
  }

 private:
  Value const* borrowed_ = nullptr;
  Value own_;
};

constexpr std::size_t k_stack_bytes = 1024;  // beyond it the stack lies on the heap

class Machine {
 public:
  explicit Machine(std::size_t size_max) { stack_.reserve(size_max); }

  void push(Operand operand) { stack_.push_back(std::move(operand)); }
  Operand pop() {
    check(!stack_.empty(), "an expression keeps its stack");
    Operand operand = std::move(stack_.back());
    stack_.pop_back();
    return operand;
  }
  Operand run(Instruction instruction, Calendar const& calendar) {
    auto const [op, argument] = instruction;
    if (op == Op::copy) return Operand{Value{stack_.at(stack_.size() - 1 - argument).get()}};
    if (op == Op::list) return Operand{Value{pop_list(argument)}};
    auto c = pop();
    if (op == Op::negate || op == Op::invert || op == Op::wd_end || op == Op::count ||
        op == Op::date)
      return Operand{apply_one(op, calendar, c.get())};
    auto b = pop();
    if (op == Op::nip) return c;
    if (op == Op::in_range)
      return Operand{to_value(in_range(pop().get(), b.get(), c.get(), argument))};
    if (op == Op::is_open) return Operand{is_open(calendar, pop().get(), b.get(), c.get())};
    if (op == Op::choose) return truth(pop().get()) == true ? std::move(b) : std::move(c);
    return Operand{apply_two(op, calendar, b.get(), c.get())};
  }

 private:
  List pop_list(std::size_t size) {
    check(size <= stack_.size(), "an expression keeps its stack");
    auto const from = stack_.end() - static_cast<std::ptrdiff_t>(size);
    List list;
    list.reserve(size);
    for (auto each = from; each != stack_.end(); ++each) list.push_back(std::move(*each).take());
    stack_.erase(from, stack_.end());
    return list;
  }

  std::array<std::byte, k_stack_bytes> near_;
  std::pmr::monotonic_buffer_resource memory_{near_.data(), near_.size()};
  std::pmr::vector<Operand> stack_{&memory_};
};

Operand result_of(Expression::Program const& program, Names const& names,
                  Calendar const& calendar) {
  Machine machine{program.code.size()};
  for (Instruction const instruction : program.code) {
    auto const index = instruction.argument;
    if (instruction.op == Op::constant)
      machine.push(Operand{program.constants[index]});
    else if (instruction.op == Op::path)
      machine.push(Operand::read(names, program.path_names[index]));
    else
      machine.push(machine.run(instruction, calendar));
  }
  return machine.pop();
}

class NamesOfContext final : public Names {
 public:
  explicit NamesOfContext(Context const& variables) : variables_{variables} {}
  Value const& at(std::string_view path, Value&) const override {
    return at_path(variables_, path);
  }

 private:
  Context const& variables_;
};

}  // namespace

Value Expression::evaluate(Names const& names, Calendar const& calendar) const {
  return result_of(*program_, names, calendar).take();
}

Value Expression::evaluate(Context const& variables, Calendar const& calendar) const {
  return evaluate(NamesOfContext{variables}, calendar);
}

bool Expression::is_true(Names const& names, Calendar const& calendar) const {
  return truth(result_of(*program_, names, calendar).get()) == true;
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
