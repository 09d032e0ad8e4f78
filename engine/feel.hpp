#pragma once
// FEEL-mini: total, terminating expressions of conditions, timers and guards, a subset of FEEL
// (OMG DMN 1.3, chapter 10). Compiled once to postfix; evaluation has no side effects and never
// fails. Immutable, cheap to copy, safe for concurrent use.
//
//   or, and, not(..)          three-valued: null stands for "not known"
//   = != < <= > >=            x = null is true or false; other kinds than equal ones give null
//   in (a, [b..c], list)      between a and b
//   + - *                     exact numbers; texts (+); dates and durations
//   if a then b else c        b only when a is true
//   12.50 "text" date"2026-11-21" duration"P1M" [1, 2] true false null path.to.variable
//   wd_add(day, n) wd_end(day) wd_between(a, b) count(list) contains(list or text, x) date(x)
//   is_open(keeper, unit, at)  hours and closures of the calendar (opening.hpp); unit: code or null
//
// Days for wd_... are dates, or instants taken in the legal zone. An instant plus months keeps its
// legal time of day; a day that a month lacks becomes its last. Out of range is null, never
// rounded.
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/calendar.hpp"
#include "engine/value.hpp"

namespace qyzmet::engine {

inline constexpr std::size_t k_expression_bytes_max = 4 * 1024;
inline constexpr int k_expression_depth_max = 64;

/// What an expression may give; `any` where only the running case can tell.
enum class Kind : std::uint8_t {
  any,
  null,
  boolean,
  number,
  text,
  date,
  datetime,
  duration,
  list,
  context
};
std::string_view to_text(Kind kind);
Kind kind_of(Value const& value);

/// Where an expression finds its variables.
class Names {
 public:
  /// The value at a dotted path; null when any part of it is absent. Made in `room`, or one that is
  /// kept elsewhere and holds until what stands behind the names changes.
  virtual Value const& find(Path path, Value& room) const = 0;
  Value const& at(std::string_view path, Value& room) const { return find(Path{path}, room); }

 protected:
  ~Names() = default;
};

class Expression {
 public:
  /// Limits: 4 KiB, depth 64. Fails with "error.invalid_expression"; arguments: "at" and "length"
  /// (bytes), "found" (that text) and "construct", the name of what is refused: division, power,
  /// comment, context_literal, at_literal, loop, quantifier, function_definition, instance_of,
  /// filter, clock, unknown_function, arguments, name_with_space, range, number, text, date,
  /// duration, unexpected, unexpected_end, too_long, too_deep.
  static Result<Expression> compile(std::string_view text);

  /// Null is the value of everything undefined. `calendar` serves wd_add, wd_end, wd_between,
  /// is_open.
  Value evaluate(Names const& names, Calendar const& calendar) const;
  Value evaluate(Context const& variables, Calendar const& calendar) const;
  /// A null is not true.
  bool is_true(Names const& names, Calendar const& calendar) const;
  bool is_true(Context const& variables, Calendar const& calendar) const;
  /// The kind of its value, given that of each path. The error says which operation has no value
  /// for the kinds it gets ("'+' of text and number"): it would be null in every case.
  std::expected<Kind, std::string> kind(
      std::function<Kind(std::string_view)> const& kind_of_path) const;
  /// The same with constants in the place of the paths that are named among them; what they decide
  /// ("false and x") is not looked at any more, nor are its paths.
  Expression with(std::map<std::string, Value, std::less<>> const& constants) const;
  /// The dotted paths that the expression reads.
  std::set<std::string, std::less<>> const& paths() const;
  std::string const& text() const;

  struct Program;

 private:
  explicit Expression(std::shared_ptr<Program const> program);
  std::shared_ptr<Program const> program_;
};

}  // namespace qyzmet::engine
