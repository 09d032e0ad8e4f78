#include "db/values.hpp"

#include <algorithm>

namespace qyzmet::db {

namespace {

[[noreturn]] void bad(char const* what) {
  throw QueryError{what, "22000"};
}

constexpr std::string_view k_hex = "0123456789abcdef";

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// `size` digits from `from`, or an error.
int number_at(std::string_view text, std::size_t from, std::size_t size) {
  int value = 0;
  if (text.size() < from + size) bad("timestamp");
  auto const* begin = text.data() + from;
  auto const [end, error] = std::from_chars(begin, begin + size, value);
  if (error != std::errc{} || end != begin + size) bad("timestamp");
  return value;
}

/// In runs: sealed columns are long and have one backslash.
void append_escaped(std::string& out, std::string_view text) {
  while (true) {
    auto const at = std::min(text.find('"'), text.find('\\'));
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return;
    out.append("\\").append(1, text[at]);
    text.remove_prefix(at + 1);
  }
}

}  // namespace

Cell encode(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) bad("NUL in text");
  return std::string{text};
}

Cell encode(Bytes const& bytes) {
  std::string out(2 + 2 * bytes.value.size(), '\\');
  auto at = out.begin() + 1;
  *at++ = 'x';
  for (char const c : bytes.value) {
    auto const byte = static_cast<unsigned char>(c);
    *at++ = k_hex[byte >> 4];
    *at++ = k_hex[byte & 15];
  }
  return out;
}

Cell encode(Instant at) {
  return to_iso(at);
}
Cell encode(Date day) {
  return to_iso(day);
}

void ArrayText::add(Cell const& item) {
  if (text_.size() > 1) text_ += ',';
  if (!item) {
    text_ += "NULL";
    return;
  }
  text_ += '"';
  append_escaped(text_, *item);
  text_ += '"';
}
std::string ArrayText::take() && {
  text_ += '}';
  return std::move(text_);
}

namespace detail {

void unexpected_null() {
  bad("unexpected NULL");
}

bool to_bool(std::string const& cell) {
  if (cell != "t" && cell != "f") bad("boolean");
  return cell == "t";
}

std::int64_t to_integer(std::string const& cell) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc{} || end != cell.data() + cell.size()) bad("integer");
  return value;
}

/// "2026-11-21 05:00:00[.123456]+00": sessions run in UTC.
Instant to_instant(std::string const& cell) {
  auto const day = parse_date(std::string_view{cell}.substr(0, 10));
  if (!day || cell.size() < 22 || !cell.ends_with("+00")) bad("timestamp");
  auto at = Instant{std::chrono::microseconds{day->time_since_epoch()}};
  at += std::chrono::hours{number_at(cell, 11, 2)} + std::chrono::minutes{number_at(cell, 14, 2)} +
        std::chrono::seconds{number_at(cell, 17, 2)};
  if (cell[19] != '.') return at;
  auto const digits = cell.size() - 3 - 20;
  if (digits < 1 || digits > 6) bad("timestamp");
  int micros = number_at(cell, 20, digits);
  for (auto place = digits; place < 6; ++place) micros *= 10;
  return at + std::chrono::microseconds{micros};
}

Date to_date(std::string const& cell) {
  auto const day = parse_date(cell);
  if (!day) bad("date");
  return *day;
}

Bytes to_bytes(std::string const& cell) {
  if (!cell.starts_with("\\x") || cell.size() % 2 != 0) bad("bytea");
  std::string out;
  out.reserve(cell.size() / 2 - 1);
  for (std::size_t at = 2; at < cell.size(); at += 2) {
    int const high = digit(cell[at]), low = digit(cell[at + 1]);
    if (high < 0 || low < 0) bad("bytea");
    out += static_cast<char>(high * 16 + low);
  }
  return {std::move(out)};
}

/// One-dimensional array in text form: {a,"b \"c\"",NULL is refused}.
std::vector<std::string> to_items(std::string const& cell) {
  if (cell.size() < 2 || cell.front() != '{' || cell.back() != '}') bad("array");
  std::vector<std::string> items;
  std::size_t at = 1;
  std::size_t const end = cell.size() - 1;
  while (at < end) {
    std::string item;
    bool const quoted = cell[at] == '"';
    if (quoted) ++at;
    while (at < end && (quoted ? cell[at] != '"' : cell[at] != ',')) {
      if (!quoted && cell[at] == '{') bad("array");
      if (cell[at] == '\\') ++at;
      item += cell[at++];
    }
    if (quoted) ++at;
    if (!quoted && item == "NULL") unexpected_null();
    if (at < end && cell[at] != ',') bad("array");
    ++at;
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace detail

}  // namespace qyzmet::db
