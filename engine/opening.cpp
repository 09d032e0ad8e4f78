#include "engine/opening.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "engine/base/clock_text.hpp"
#include "engine/base/utf8.hpp"
#include "engine/calendar.hpp"

namespace qyzmet::engine {

namespace {

using std::chrono::minutes;

constexpr std::array k_keepers{std::pair{Keeper::provider, std::string_view{"provider"}},
                               std::pair{Keeper::branch, std::string_view{"branch"}},
                               std::pair{Keeper::duty_branch, std::string_view{"duty_branch"}}};
constexpr minutes k_day{24 * 60};
constexpr int k_saturday = 6;
constexpr int k_friday = 5;

std::string_view take(std::string_view& line) {
  auto const comma = line.find(',');
  auto const field = line.substr(0, comma);
  line.remove_prefix(comma == line.npos ? line.size() : comma + 1);
  return field;
}

/// "09:00"; 24:00 is the end of the day.
std::optional<minutes> clock_time(std::string_view text) {
  auto const digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (auto const at : {0U, 1U, 3U, 4U})
    if (!digit(at)) return std::nullopt;
  auto const two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  minutes const time{two(0) * 60 + two(3)};
  if (two(3) > 59 || time > k_day) return std::nullopt;
  return time;
}

bool read_weekdays(std::string_view text, OpenHours& row) {
  auto const weekday = [](char c) { return c >= '1' && c <= '7'; };
  bool const range = text.size() == 3 && text[1] == '-';
  if ((text.size() != 1 && !range) || !weekday(text.front()) || !weekday(text.back())) return false;
  row.first_weekday = text.front() - '0';
  row.last_weekday = text.back() - '0';
  return row.first_weekday <= row.last_weekday;
}

std::optional<OpenHours> read_hours(std::string_view line) {
  OpenHours row;
  auto const keeper = keeper_of(take(line));
  if (!keeper || !read_weekdays(take(line), row)) return std::nullopt;
  row.keeper = *keeper;
  auto const times = take(line);
  auto const dash = times.find('-');
  if (dash == times.npos) return std::nullopt;
  auto const from = clock_time(times.substr(0, dash)), to = clock_time(times.substr(dash + 1));
  if (!from || !to || *from >= *to) return std::nullopt;
  if (!line.empty() && !(row.since = parse_date(line))) return std::nullopt;
  row.from = *from;
  row.to = *to;
  return row;
}

std::optional<Closure> read_closure(std::string_view line) {
  Closure closure;
  closure.unit = take(line);
  auto const first = parse_date(take(line)), last = parse_date(take(line));
  closure.reason = line;
  bool const short_enough = closure.unit.size() <= k_closure_text_bytes_max &&
                            closure.reason.size() <= k_closure_text_bytes_max;
  if (closure.unit.empty() || !first || !last || *last < *first || !short_enough)
    return std::nullopt;
  closure.first = *first;
  closure.last = *last;
  return closure;
}

bool overlap(OpenHours const& a, OpenHours const& b) {
  return a.keeper == b.keeper && a.since == b.since && a.first_weekday <= b.last_weekday &&
         b.first_weekday <= a.last_weekday && a.from < b.to && b.from < a.to;
}

auto place(OpenHours const& row) {
  return std::tuple{row.keeper, row.since, row.first_weekday, row.from, row.last_weekday};
}
auto place(Closure const& closure) {
  return std::tie(closure.unit, closure.first, closure.last, closure.reason);
}

template <class Rows, class Row>
void insert(Rows& rows, Row row) {
  auto const at =
      std::ranges::upper_bound(rows, place(row), {}, [](auto const& each) { return place(each); });
  rows.insert(at, std::move(row));
}

/// Bytes below the blank, DEL, the controls of ISO 6429 (U+0080 to U+009F), the ends of line and
/// paragraph of Unicode and its marks that turn the direction of a text around.
bool has_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const byte = [&](std::size_t n) {
      return at + n < text.size() ? static_cast<unsigned char>(text[at + n]) : 0U;
    };
    if (byte(0) < ' ' || byte(0) == 0x7f || (byte(0) == 0xc2 && byte(1) < 0xa0)) return true;
    if (byte(0) != 0xe2) continue;
    bool const line_or_embedding = byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae;
    bool const isolate = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
    if (line_or_embedding || isolate) return true;
  }
  return !valid_utf8(text);
}

int weekday_of(Date day) {
  return int(std::chrono::weekday{std::chrono::sys_days{day.time_since_epoch()}}.iso_encoding());
}

}  // namespace

std::string_view to_text(Keeper keeper) {
  return k_keepers[std::size_t(keeper)].second;
}

std::optional<Keeper> keeper_of(std::string_view text) {
  for (auto const& [keeper, name] : k_keepers)
    if (name == text) return keeper;
  return std::nullopt;
}

char const* Opening::read(std::string_view line) {
  auto const kind = take(line);
  if (kind == "hours") {
    auto row = read_hours(line);
    if (!row) return "hours";
    if (std::ranges::any_of(hours_, [&](OpenHours const& each) { return overlap(each, *row); }))
      return "duplicate";
    if (hours_.size() >= k_hours_max) return "too_many";
    insert(hours_, *row);
    return nullptr;
  }
  auto closure = kind == "closed" && !has_control(line) ? read_closure(line) : std::nullopt;
  if (!closure) return "closure";
  if (std::ranges::find(closures_, *closure) != closures_.end()) return "duplicate";
  if (closures_.size() >= k_closures_max) return "too_many";
  insert(closures_, *std::move(closure));
  return nullptr;
}

std::string Opening::to_csv() const {
  std::string out;
  for (auto const& row : hours_) {
    out.append("hours,").append(to_text(row.keeper)) += ',' + std::to_string(row.first_weekday);
    if (row.last_weekday != row.first_weekday) out += '-' + std::to_string(row.last_weekday);
    out += ',' + clock_text(row.from) + '-' + clock_text(row.to);
    if (row.since) out += ',' + to_iso(*row.since);
    out += '\n';
  }
  for (auto const& closure : closures_)
    out += "closed," + closure.unit + ',' + to_iso(closure.first) + ',' + to_iso(closure.last) +
           ',' + closure.reason + '\n';
  return out;
}

Closure const* Opening::closed(std::string_view unit, Date day) const {
  if (unit.empty()) return nullptr;
  auto const found = std::ranges::find_if(closures_, [&](Closure const& closure) {
    return closure.unit == unit && closure.first <= day && day <= closure.last;
  });
  return found == closures_.end() ? nullptr : &*found;
}

struct Opening::Table {
  std::optional<int> weekday;  // whose rows hold; nothing when nobody serves
  std::optional<Date> since;   // which rows of the keeper are in force
  bool kept = false;           // there are some
  bool holds(OpenHours const& row) const {
    return weekday && row.since == since && row.first_weekday <= *weekday &&
           *weekday <= row.last_weekday;
  }
};

Opening::Table Opening::table(Calendar const& calendar, Keeper keeper, Date day) const {
  Table out;
  for (auto const& row : hours_) {
    if (row.keeper != keeper || (row.since && *row.since > day)) continue;
    out.since = out.kept ? std::max(out.since, row.since) : row.since;
    out.kept = true;
  }
  if (!out.kept) return out;
  auto const weekday = weekday_of(day);
  auto const info = calendar.info(day);
  bool const rest = info.kind != DayKind::weekend && info.kind != DayKind::moved_work;
  if (weekday < k_saturday ? !info.working : rest) return out;
  bool const as_friday = weekday >= k_saturday && info.working && keeper == Keeper::provider;
  out.weekday = as_friday ? k_friday : weekday;
  return out;
}

std::optional<minutes> Opening::end_on(Calendar const& calendar, Keeper keeper, Date day) const {
  auto const held = table(calendar, keeper, day);
  std::optional<minutes> last;
  for (auto const& row : hours_)
    if (row.keeper == keeper && held.holds(row)) last = std::max(last.value_or(row.to), row.to);
  return last;
}

std::optional<bool> Opening::open(Calendar const& calendar, Keeper keeper, std::string_view unit,
                                  Instant at) const {
  auto const day = legal_date(at);
  auto const held = table(calendar, keeper, day);
  if (!held.kept) return std::nullopt;
  if (closed(unit, day) != nullptr) return false;
  auto const time = legal_time_of_day(at);
  return std::ranges::any_of(hours_, [&](OpenHours const& row) {
    return row.keeper == keeper && held.holds(row) && row.from <= time && time < row.to;
  });
}

}  // namespace qyzmet::engine
