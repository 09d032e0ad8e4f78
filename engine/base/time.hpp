#pragma once
// Time of the law: instants in UTC microseconds, dates of the legal zone (UTC+5 since 2024-03-01,
// R-CAL-06; before that the stored dates are taken as they are). Nothing here reads a clock.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qyzmet {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
/// A day of the legal calendar, without a zone.
using Date = std::chrono::local_days;

inline constexpr std::chrono::hours k_legal_offset{5};

inline Date legal_date(Instant at) {
  return Date{std::chrono::floor<std::chrono::days>(at + k_legal_offset).time_since_epoch()};
}
inline std::chrono::microseconds legal_time_of_day(Instant at) {
  auto const local = at + k_legal_offset;
  return local - std::chrono::floor<std::chrono::days>(local);
}
/// Midnight with which the day begins in the legal zone.
inline Instant start_of(Date day) {
  return Instant{std::chrono::microseconds{day.time_since_epoch()}} - k_legal_offset;
}
/// The instant at which a day-valued due is over: the next local midnight (decision of the law's
/// time arithmetic: the whole last day still counts).
inline Instant end_of(Date day) {
  return start_of(day + std::chrono::days{1});
}

namespace detail {
/// At least `width` digits.
inline void append_padded(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  auto const [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  auto const size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}
}  // namespace detail

/// "2026-11-21" at the end of `out`; from year 0 on.
inline void append_iso(std::string& out, Date day) {
  std::chrono::year_month_day const ymd{day};
  detail::append_padded(out, static_cast<std::uint64_t>(int{ymd.year()}), 4);
  out += '-';
  detail::append_padded(out, unsigned{ymd.month()}, 2);
  out += '-';
  detail::append_padded(out, unsigned{ymd.day()}, 2);
}
/// "2026-11-21T05:00:00.000000Z" there.
inline void append_iso(std::string& out, Instant at) {
  auto const day = std::chrono::floor<std::chrono::days>(at);
  auto const micros = static_cast<std::uint64_t>((at - day).count());
  append_iso(out, Date{day.time_since_epoch()});
  out += 'T';
  detail::append_padded(out, micros / 3'600'000'000, 2);
  out += ':';
  detail::append_padded(out, micros / 60'000'000 % 60, 2);
  out += ':';
  detail::append_padded(out, micros / 1'000'000 % 60, 2);
  out += '.';
  detail::append_padded(out, micros % 1'000'000, 6);
  out += 'Z';
}
template <class Time>
std::string to_iso(Time time)
  requires requires(std::string& out) { append_iso(out, time); }
{
  std::string out;
  append_iso(out, time);
  return out;
}

/// Strictly YYYY-MM-DD of an existing day.
inline std::optional<Date> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  auto const number = [&](std::size_t from, std::size_t size) {
    int value = -1;
    auto const* begin = text.data() + from;
    auto const [end, error] = std::from_chars(begin, begin + size, value);
    return error == std::errc{} && end == begin + size ? value : -1;
  };
  int const year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  std::chrono::year_month_day const ymd{std::chrono::year{year},
                                        std::chrono::month(unsigned(month)),
                                        std::chrono::day(unsigned(day))};
  if (!ymd.ok()) return std::nullopt;
  return Date{ymd};
}

/// Strictly the form that to_iso writes: "2026-11-21T05:00:00.000000Z".
inline std::optional<Instant> parse_instant(std::string_view text) {
  if (text.size() != 27) return std::nullopt;
  auto const day = parse_date(text.substr(0, 10));
  if (!day) return std::nullopt;
  auto const number = [&](std::size_t from, std::size_t size) {
    int value = 0;
    auto const* begin = text.data() + from;
    std::from_chars(begin, begin + size, value);
    return value;
  };
  std::chrono::hours const hour{number(11, 2)};
  std::chrono::minutes const minute{number(14, 2)};
  std::chrono::seconds const second{number(17, 2)};
  std::chrono::microseconds const micro{number(20, 6)};
  auto const at =
      Instant{std::chrono::microseconds{day->time_since_epoch()}} + hour + minute + second + micro;
  // Whatever is not in range or not in form comes out different.
  if (to_iso(at) != text) return std::nullopt;
  return at;
}

/// Legal time as people and forms write it: "2026-11-21T10:00", seconds and microseconds optional.
inline std::optional<Instant> parse_legal_time(std::string_view text) {
  constexpr std::string_view k_least = "0000-00-00T00:00:00.000000";
  if (text.size() != 16 && text.size() != 19 && text.size() != k_least.size()) return std::nullopt;
  auto const whole = std::string{text} + std::string{k_least.substr(text.size())} + 'Z';
  auto const as_if_utc = parse_instant(whole);
  if (!as_if_utc) return std::nullopt;
  return *as_if_utc - k_legal_offset;
}

}  // namespace qyzmet
