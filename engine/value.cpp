#include "engine/value.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <utility>

#include "engine/base/check.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::int64_t k_day = 86'400;
constexpr std::int64_t k_hour = 3'600;
constexpr std::int64_t k_minute = 60;

constexpr std::size_t k_more_entries = 4;  // for which a changed context has room at once

Value const k_null;

constexpr std::size_t k_few_entries = 48;

std::string_view name_of(Context::value_type const& entry) {
  return entry.first;
}

/// The order of bytes; most names differ in the first one.
bool comes_before(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a.front() == b.front()) return a < b;
  return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
}

/// One "12H" at the front of `text`; the unit must stand in `units`, which then loses it and what
/// stands before it, so that parts come in order and once.
struct Part {
  std::int64_t number = 0;
  char unit = 0;
};
std::optional<Part> take_part(std::string_view& text, std::string_view& units) {
  Part part;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), part.number);
  auto const size = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || part.number < 0 || text.front() == '-' || size >= text.size())
    return std::nullopt;
  part.unit = text[size];
  auto const at = units.find(part.unit);
  if (at == units.npos) return std::nullopt;
  units.remove_prefix(at + 1);
  text.remove_prefix(size + 1);
  return part;
}

bool add_scaled(std::int64_t& sum, std::int64_t number, std::int64_t scale) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(number, scale, &product) &&
         !__builtin_add_overflow(sum, product, &sum);
}

bool take_date_parts(std::string_view& text, Duration& duration) {
  std::string_view units = "YMD";
  while (!text.empty() && text.front() != 'T') {
    auto const part = take_part(text, units);
    if (!part) return false;
    bool const fits = part->unit == 'D'   ? add_scaled(duration.seconds, part->number, k_day)
                      : part->unit == 'Y' ? add_scaled(duration.months, part->number, 12)
                                          : add_scaled(duration.months, part->number, 1);
    if (!fits) return false;
  }
  return true;
}

bool take_time_parts(std::string_view& text, Duration& duration) {
  std::string_view units = "HMS";
  while (!text.empty()) {
    auto const part = take_part(text, units);
    if (!part) return false;
    auto const scale = part->unit == 'H' ? k_hour : part->unit == 'M' ? k_minute : 1;
    if (!add_scaled(duration.seconds, part->number, scale)) return false;
  }
  return true;
}

void append_part(std::string& text, std::uint64_t number, char unit) {
  if (number == 0) return;
  text += std::to_string(number);
  text += unit;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  bool const negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.starts_with('P') || text.ends_with('T') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  Duration duration;
  if (!take_date_parts(text, duration)) return std::nullopt;
  bool const months = duration.months != 0;
  if (text.starts_with('T')) {
    text.remove_prefix(1);
    if (!take_time_parts(text, duration)) return std::nullopt;
  }
  if (months && duration.seconds != 0) return std::nullopt;
  if (negative) duration = {-duration.months, -duration.seconds};
  return duration;
}

std::string to_text(Duration duration) {
  check(duration.months == 0 || duration.seconds == 0, "a duration is of one kind");
  if (duration == Duration{}) return "PT0S";
  auto const signed_amount = duration.months != 0 ? duration.months : duration.seconds;
  auto const amount = signed_amount < 0 ? 0 - static_cast<std::uint64_t>(signed_amount)
                                        : static_cast<std::uint64_t>(signed_amount);
  std::string text = signed_amount < 0 ? "-P" : "P";
  if (duration.months != 0) {
    append_part(text, amount / 12, 'Y');
    append_part(text, amount % 12, 'M');
    return text;
  }
  append_part(text, amount / k_day, 'D');
  if (amount % k_day == 0) return text;
  text += 'T';
  append_part(text, amount % k_day / k_hour, 'H');
  append_part(text, amount % k_hour / k_minute, 'M');
  append_part(text, amount % k_minute, 'S');
  return text;
}

Context::Context(std::initializer_list<value_type> entries) {
  entries_ = new Entries;
  entries_->items.reserve(entries.size());
  for (auto const& [name, value] : entries) emplace(name, value);
}

std::vector<Context::value_type>& Context::own() {
  if (entries_ == nullptr) {
    entries_ = new Entries;
    entries_->items.reserve(k_more_entries);
  } else if (entries_->owners.load(std::memory_order_acquire) != 1) {
    auto copy = std::make_unique<Entries>();
    copy->items.reserve(entries_->items.size() + k_more_entries);
    copy->items.assign(entries_->items.begin(), entries_->items.end());
    *this = Context{};
    entries_ = copy.release();
  }
  return entries_->items;
}

Context::const_iterator Context::find(std::string_view name) const {
  if (size() <= k_few_entries && !name.empty())  // few names have both their length and beginning
    return std::ranges::find_if(begin(), end(), [&](value_type const& entry) {
      return entry.first.size() == name.size() && entry.first.front() == name.front() &&
             entry.first == name;
    });
  auto const at = std::ranges::lower_bound(begin(), end(), name, comes_before, &name_of);
  return at != end() && at->first == name ? at : end();
}

Value const& Context::at(std::string_view name) const {
  auto const found = find(name);
  check(found != end(), "the context has this name");
  return found->second;
}

Value& Context::operator[](std::string_view name) {
  auto& items = own();
  auto const at = std::ranges::lower_bound(items, name, comes_before, &name_of);
  if (at != items.end() && at->first == name) return at->second;
  return items.insert(at, {std::string{name}, Value{}})->second;
}

std::pair<Context::const_iterator, bool> Context::emplace(std::string_view name, Value value) {
  if (auto const found = find(name); found != end()) return {found, false};
  auto& items = own();
  auto const at = std::ranges::lower_bound(items, name, comes_before, &name_of);
  auto const made = items.insert(at, {std::string{name}, std::move(value)});
  return {std::to_address(made), true};
}

void Context::insert_or_assign(std::string_view name, Value value) {
  (*this)[name] = std::move(value);
}

std::size_t Context::erase(std::string_view name) {
  if (!contains(name)) return 0;
  auto& items = own();
  items.erase(std::ranges::lower_bound(items, name, comes_before, &name_of));
  return 1;
}

bool Context::operator==(Context const& other) const {
  return entries_ == other.entries_ || std::ranges::equal(*this, other);
}

std::string_view first_name(std::string_view path) {
  return path.substr(0, path.find('.'));
}

std::string_view rest_of(std::string_view path) {
  auto const dot = path.find('.');
  return dot == path.npos ? std::string_view{} : path.substr(dot + 1);
}

Value const& at_path(Context const& context, Path path) {
  auto const found = context.find(path.first);
  if (found == context.end()) return k_null;
  if (path.rest.empty()) return found->second;
  auto const* inner = found->second.as<Context>();
  return inner == nullptr ? k_null : at_path(*inner, Path{path.rest});
}

bool holds(Context const& context, Path path, Value const& value) {
  auto const found = context.find(path.first);
  if (found == context.end()) return false;
  if (path.rest.empty()) return found->second == value;
  auto const* const inner = found->second.as<Context>();
  return inner != nullptr && holds(*inner, Path{path.rest}, value);
}

void set_path(Context& context, std::string_view path, Value value) {
  auto const rest = rest_of(path);
  Value& slot = context[first_name(path)];
  if (rest.empty()) {
    slot = std::move(value);
    return;
  }
  if (slot.as<Context>() == nullptr) slot = Context{};
  set_path(*slot.as<Context>(), rest, std::move(value));
}

std::string text_at(Context const& context, std::string_view path) {
  auto const* text = at_path(context, path).as<std::string>();
  return text == nullptr ? std::string{} : *text;
}

}  // namespace qyzmet::engine
