#pragma once
// Values of case variables and of FEEL expressions, and their canonical JSON.
//
// JSON form (RFC 8785 order and escapes; numbers are integers only): null, true, 12, "text", [..],
// {..}; the other kinds are tagged: {"$date":"2026-11-21"}, {"$at":"2026-11-21T05:00:00.000000Z"},
// {"$duration":"P1M"}, {"$number":"1.25"}. to_json(from_json(x)) == x for canonical x.
// Plain values: copy freely. Copies of a Context share its entries until one of them changes, which
// no other copy sees; distinct copies may be used by different threads.
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/decimal.hpp"

namespace qyzmet::engine {

/// FEEL's two kinds in one: calendar months, and seconds. One of them is zero.
struct Duration {
  std::int64_t months = 0;
  std::int64_t seconds = 0;
  auto operator<=>(Duration const&) const = default;
};

/// XSD form of one kind: "P1Y2M", "-P3DT4H", "PT0S"; no fractions, no weeks.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest such form with every part below its limit (12 months, 24 h, 60 min, 60 s).
std::string to_text(Duration duration);

class Value;
using List = std::vector<Value>;

/// Named values in the order of their names. What is handed out (iterators, references) holds until
/// the next change of this Context.
class Context {
 public:
  using value_type = std::pair<std::string, Value>;
  using const_iterator = value_type const*;
  using iterator = const_iterator;

  Context() noexcept = default;
  /// Of two entries with one name the first counts.
  Context(std::initializer_list<value_type> entries);
  Context(Context const& other) noexcept;
  Context(Context&& other) noexcept : entries_{std::exchange(other.entries_, nullptr)} {}
  Context& operator=(Context other) noexcept {
    std::swap(entries_, other.entries_);
    return *this;
  }
  ~Context();

  const_iterator begin() const;
  const_iterator end() const;
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const_iterator find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != end(); }
  /// Of a name that is there.
  Value const& at(std::string_view name) const;

  /// The value of that name, null when it was not there.
  Value& operator[](std::string_view name);
  /// Nothing happens when the name is there already; says whether it was new.
  std::pair<const_iterator, bool> emplace(std::string_view name, Value value);
  void insert_or_assign(std::string_view name, Value value);
  std::size_t erase(std::string_view name);

  bool operator==(Context const& other) const;

 private:
  struct Entries;
  /// Ours alone from here on.
  std::vector<value_type>& own();

  Entries* entries_ = nullptr;  // null when nothing was ever put in
};

class Value {
 public:
  using Variant = std::variant<std::monostate, bool, Decimal, std::string, Date, Instant, Duration,
                               List, Context>;

  Value() = default;
  Value(bool value) : variant_{value} {}
  Value(int value) : variant_{Decimal{value}} {}
  Value(std::int64_t value) : variant_{Decimal{value}} {}
  Value(Decimal value) : variant_{value} {}
  Value(char const* value) : variant_{std::string{value}} {}
  Value(std::string_view value) : variant_{std::string{value}} {}
  Value(std::string value) : variant_{std::move(value)} {}
  Value(Date value) : variant_{value} {}
  Value(Instant value) : variant_{value} {}
  Value(Duration value) : variant_{value} {}
  Value(List value) : variant_{std::move(value)} {}
  Value(Context value) : variant_{std::move(value)} {}

  bool is_null() const { return std::holds_alternative<std::monostate>(variant_); }
  template <class T>
  T const* as() const {
    return std::get_if<T>(&variant_);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&variant_);
  }
  Variant const& variant() const { return variant_; }
  bool operator==(Value const&) const = default;

 private:
  Variant variant_;
};

struct Context::Entries {
  std::atomic<std::size_t> owners{1};
  std::vector<value_type> items;  // sorted by name
};

inline Context::Context(Context const& other) noexcept : entries_{other.entries_} {
  if (entries_ != nullptr) entries_->owners.fetch_add(1, std::memory_order_relaxed);
}
inline Context::~Context() {
  if (entries_ != nullptr && entries_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete entries_;
}
inline Context::const_iterator Context::begin() const {
  return entries_ == nullptr ? nullptr : entries_->items.data();
}
inline Context::const_iterator Context::end() const {
  return entries_ == nullptr ? nullptr : entries_->items.data() + entries_->items.size();
}
inline std::size_t Context::size() const {
  return entries_ == nullptr ? 0 : entries_->items.size();
}

/// The name that a dotted path begins with, and what comes after its dot.
std::string_view first_name(std::string_view path);
std::string_view rest_of(std::string_view path);
/// A dotted path, cut after its first name.
struct Path {
  std::string_view first, rest;
  explicit Path(std::string_view path) : first{first_name(path)}, rest{rest_of(path)} {}
};
/// Value at a dotted path ("hearing.slot"); null when any part is absent.
Value const& at_path(Context const& context, Path path);
inline Value const& at_path(Context const& context, std::string_view path) {
  return at_path(context, Path{path});
}
/// Is there an entry with that value?
bool holds(Context const& context, Path path, Value const& value);
/// Sets it, making the contexts on the way.
void set_path(Context& context, std::string_view path, Value value);
/// The text at a path, or "" when it is absent or no text.
std::string text_at(Context const& context, std::string_view path);

inline constexpr std::size_t k_json_bytes_max = 256 * 1024;
inline constexpr std::size_t k_json_depth_max = 32;

/// Total: bytes that are no UTF-8, and NUL, come out as U+FFFD. Whole numbers beyond 2^53 - 1 are
/// tagged, because RFC 8785 has no exact form for them. Keys must not begin with "$".
std::string to_json(Value const& value);
/// The same at the end of `out`, for what would have to be copied into one value first.
void append_json(std::string& out, Value const& value);
void append_json(std::string& out, Context const& context);
void append_json(std::string& out, std::string const& text);
void append_json(std::string& out, char const* text);
void append_json(std::string& out, bool value);
void append_json(std::string& out, Instant at);
void append_json(std::string& out, Date day);
void append_json(std::string& out, std::int64_t number);
inline void append_json(std::string& out, std::int32_t number) {
  append_json(out, std::int64_t{number});
}
/// White space and any order of keys are accepted. Refused (text "error.invalid_json", argument
/// "reason"): syntax, too_deep, duplicate_key, number (fractions, exponents, beyond 2^53 - 1), tag
/// (unknown, or a content that to_json would not write), nul. Too long: "error.json_too_large".
Result<Value> from_json(std::string_view json);

}  // namespace qyzmet::engine
