#pragma once
// C++ values <-> PostgreSQL's text form, in one place. NULL is std::nullopt.
// Kinds: bool, integers, std::string, Bytes (bytea), Instant (timestamptz), Date (date), Id<>,
// std::optional of them, std::vector of them (arrays without NULL).
#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/error.hpp"
#include "db/ids.hpp"
#include "engine/base/time.hpp"

namespace qyzmet::db {

using Cell = std::optional<std::string>;

Cell encode(std::string_view text);  // throws QueryError on NUL
Cell encode(Bytes const& bytes);
Cell encode(Instant at);
Cell encode(Date day);

/// A one-dimensional array, written item by item.
class ArrayText {
 public:
  void add(Cell const& item);
  std::string take() &&;

 private:
  std::string text_ = "{";
};

inline Cell encode(char const* text) {
  return encode(std::string_view{text});
}
inline Cell encode(std::string const& text) {
  return encode(std::string_view{text});
}
inline Cell encode(std::nullopt_t) {
  return std::nullopt;
}
template <class T>
  requires std::integral<T>
Cell encode(T value) {
  if constexpr (std::same_as<T, bool>)
    return value ? "t" : "f";
  else
    return std::to_string(value);
}
template <class Tag>
Cell encode(Id<Tag> id) {
  return std::to_string(id.value);
}
template <class T>
Cell encode(std::optional<T> const& value) {
  return value ? encode(*value) : Cell{};
}
template <class T>
Cell encode(std::vector<T> const& values) {
  ArrayText text;
  for (auto const& value : values) text.add(encode(value));
  return std::move(text).take();
}
/// Each value encoded; not from a braced list, which would copy every cell.
template <class... Values>
std::vector<Cell> cells(Values const&... values) {
  std::vector<Cell> out;
  out.reserve(sizeof...(values));
  (out.push_back(encode(values)), ...);
  return out;
}

namespace detail {

bool to_bool(std::string const& cell);
std::int64_t to_integer(std::string const& cell);
Instant to_instant(std::string const& cell);
Date to_date(std::string const& cell);
Bytes to_bytes(std::string const& cell);
std::vector<std::string> to_items(std::string const& cell);

template <class T>
struct Decoder;
template <>
struct Decoder<std::string> {
  static std::string read(std::string cell) { return cell; }
};
template <>
struct Decoder<bool> {
  static bool read(std::string const& cell) { return to_bool(cell); }
};
template <class T>
  requires std::integral<T>
struct Decoder<T> {
  static T read(std::string const& cell) { return static_cast<T>(to_integer(cell)); }
};
template <>
struct Decoder<Instant> {
  static Instant read(std::string const& cell) { return to_instant(cell); }
};
template <>
struct Decoder<Date> {
  static Date read(std::string const& cell) { return to_date(cell); }
};
template <>
struct Decoder<Bytes> {
  static Bytes read(std::string const& cell) { return to_bytes(cell); }
};
template <class Tag>
struct Decoder<Id<Tag>> {
  static Id<Tag> read(std::string const& cell) { return {to_integer(cell)}; }
};
template <class T>
struct Decoder<std::vector<T>> {
  static std::vector<T> read(std::string const& cell) {
    std::vector<T> values;
    for (auto& item : to_items(cell)) values.push_back(Decoder<T>::read(std::move(item)));
    return values;
  }
};
[[noreturn]] void unexpected_null();
template <class T>
struct Reader {
  static T read(Cell cell) {
    if (!cell) unexpected_null();
    return Decoder<T>::read(std::move(*cell));
  }
};
template <class T>
struct Reader<std::optional<T>> {
  static std::optional<T> read(Cell cell) {
    if (!cell) return std::nullopt;
    return Decoder<T>::read(std::move(*cell));
  }
};

}  // namespace detail

template <class T>
T decode(Cell cell) {
  return detail::Reader<T>::read(std::move(cell));
}

}  // namespace qyzmet::db
