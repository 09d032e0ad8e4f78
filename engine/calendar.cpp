#include "engine/calendar.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"

namespace qyzmet::engine {

namespace seed {
std::span<EmbeddedFile const> files();
}

namespace {

constexpr std::chrono::days k_one_day{1};

constexpr std::string_view k_csv_header = "date,kind,basis,source";
constexpr std::size_t k_csv_lines_max = 10'000;
constexpr int k_years_max = 200;

constexpr std::array<std::pair<DayKind, std::string_view>, 7> k_kinds{{
    {DayKind::working, "working"},
    {DayKind::weekend, "weekend"},
    {DayKind::holiday, "holiday"},
    {DayKind::substitute, "substitute"},
    {DayKind::rest_art84, "rest_art84"},
    {DayKind::moved_off, "moved_off"},
    {DayKind::moved_work, "moved_work"},
}};

bool weekend(Date day) {
  std::chrono::weekday const weekday{day};
  return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
}

int year_of(Date day) {
  return int{std::chrono::year_month_day{day}.year()};
}

Date first_day(int year) {
  return Date{std::chrono::year{year} / std::chrono::January / 1};
}

/// Mondays to Fridays from a Monday of long ago to the end of `day`.
std::int64_t weekdays_until(Date day) {
  // 1970-01-01 was a Thursday; 1969-12-29 the Monday before. Rounded down also before that.
  auto const since_monday = day.time_since_epoch().count() + 3;
  auto const week = since_monday >= 0 ? since_monday / 7 : (since_monday - 6) / 7;
  return week * 5 + std::min<std::int64_t>(since_monday - week * 7 + 1, 5);
}

std::optional<DayKind> stored_kind(std::string_view text) {
  for (auto const& [kind, name] : k_kinds)
    if (name == text && kind != DayKind::working && kind != DayKind::weekend) return kind;
  return std::nullopt;
}

std::unexpected<Error> invalid_csv(std::size_t line, char const* reason) {
  auto error = fail(ErrorCode::invalid, "error.invalid_calendar");
  // An empty file is wrong on its first line.
  error.error().arguments = {{"line", std::to_string(std::max<std::size_t>(line, 1))},
                             {"reason", reason}};
  return error;
}

/// The text up to the next comma, which is taken too.
std::string_view take_field(std::string_view& line) {
  auto const comma = line.find(',');
  auto const field = line.substr(0, comma);
  line.remove_prefix(comma == line.npos ? line.size() : comma + 1);
  return field;
}

struct CsvContent {
  std::map<Date, CalendarDay> days;
  std::map<int, bool> years;  // year -> provisional
  Opening opening;
};

/// Null on success, otherwise the reason.
char const* read_year(std::string_view line, CsvContent& content) {
  auto const year = parse_date(std::string{take_field(line)} + "-01-01");
  if (!year || (line != "official" && line != "provisional")) return "year";
  if (!content.years.emplace(year_of(*year), line == "provisional").second) return "duplicate";
  return nullptr;
}

char const* read_day(std::string_view line, CsvContent& content) {
  CalendarDay day;
  auto const date = parse_date(take_field(line));
  auto const kind = stored_kind(take_field(line));
  if (!date) return "date";
  if (!kind) return "kind";
  day.date = *date;
  day.kind = *kind;
  day.basis = take_field(line);
  day.source = line;
  if (day.basis.empty()) return "basis";
  if (!content.days.emplace(day.date, std::move(day)).second) return "duplicate";
  return nullptr;
}

}  // namespace

std::string_view to_text(DayKind kind) {
  return k_kinds[static_cast<std::size_t>(kind)].second;
}

Calendar::Calendar(std::int64_t version, std::vector<CalendarDay> days, int first_year,
                   int last_year, std::vector<int> provisional)
    : version_{version},
      first_year_{first_year},
      last_year_{last_year},
      provisional_{std::move(provisional)} {
  for (CalendarDay& day : days) {
    auto const date = day.date;
    days_.emplace(date, std::move(day));
  }
  table_begin_ = engine::first_day(first_year_);
  if (last_year_ < first_year_ || last_year_ - first_year_ >= k_years_max) return;
  auto const size = std::size_t((engine::first_day(last_year_ + 1) - table_begin_).count());
  for (std::size_t i = 0; i < size; ++i)
    table_.push_back(weekend(table_begin_ + std::chrono::days{i}) ? 0 : k_works);
  for (auto const& [date, day] : days_)
    if (auto const at = (date - table_begin_).count(); at >= 0 && std::size_t(at) < size)
      table_[std::size_t(at)] =
          k_has_entry | (day.kind == DayKind::moved_work ? k_works : std::uint8_t{0});
}

Result<Calendar> Calendar::from_csv(std::int64_t version, std::string_view csv) {
  CsvContent content;
  bool header = false;
  std::size_t number = 0;
  while (!csv.empty()) {
    auto const end = csv.find('\n');
    auto line = csv.substr(0, end);
    csv.remove_prefix(end == csv.npos ? csv.size() : end + 1);
    if (++number > k_csv_lines_max) return invalid_csv(number, "too_many_lines");
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    char const* reason = nullptr;
    if (!std::exchange(header, true)) {
      reason = line == k_csv_header || line == "date,kind,basis" ? nullptr : "header";
    } else if (line.starts_with("year,")) {
      reason = read_year(line.substr(5), content);
    } else if (line.starts_with("hours,") || line.starts_with("closed,")) {
      reason = content.opening.read(line);
    } else {
      reason = read_day(line, content);
    }
    if (reason != nullptr) return invalid_csv(number, reason);
  }
  if (content.years.empty()) return invalid_csv(number, "no_year");
  int const first = content.years.begin()->first;
  int const last = content.years.rbegin()->first;
  if (last - first >= k_years_max || content.years.size() != std::size_t(last - first) + 1)
    return invalid_csv(number, "years");
  std::vector<CalendarDay> days;
  for (auto& [date, day] : content.days) {
    if (!content.years.contains(year_of(date))) return invalid_csv(number, "day_outside_years");
    days.push_back(std::move(day));
  }
  std::vector<int> provisional;
  for (auto const& [year, forecast] : content.years)
    if (forecast) provisional.push_back(year);
  Calendar out{version, std::move(days), first, last, std::move(provisional)};
  out.opening_ = std::move(content.opening);
  return out;
}

bool Calendar::provisional(Date day) const {
  int const year = year_of(day);
  return year < first_year_ || year > last_year_ ||
         std::ranges::find(provisional_, year) != provisional_.end();
}

bool Calendar::touches_provisional(Date first, Date last) const {
  for (int year = year_of(first); first <= last && year <= year_of(last); ++year)
    if (provisional(first_day(year))) return true;
  return false;
}

Date Calendar::last_official() const {
  int year = first_year_;
  while (!provisional(first_day(year))) ++year;
  return first_day(year) - k_one_day;
}

DayInfo Calendar::plain(Date day) {
  bool const rest = weekend(day);
  return {.kind = rest ? DayKind::weekend : DayKind::working, .basis = {}, .working = !rest};
}

DayInfo Calendar::info(Date day) const {
  auto const at = (day - table_begin_).count();
  bool const known = at >= 0 && std::size_t(at) < table_.size();
  if (known && (table_[std::size_t(at)] & k_has_entry) == 0) return plain(day);
  auto const found = days_.find(day);
  if (found == days_.end()) return plain(day);
  CalendarDay const& entry = found->second;
  return {.kind = entry.kind,
          .basis = entry.basis,
          .source = entry.source,
          .working = entry.kind == DayKind::moved_work};
}

Date Calendar::wd_add(Date day, int n) const {
  while (n == 0 && !working(day)) day += k_one_day;
  int const direction = n < 0 ? -1 : 1;
  while (n != 0) {
    day += direction * k_one_day;
    if (working(day)) n -= direction;
  }
  return day;
}

int Calendar::wd_between(Date a, Date b) const {
  if (b < a) return -wd_between(b, a);
  auto count = weekdays_until(b) - weekdays_until(a);
  auto const end = days_.upper_bound(b);
  for (auto entry = days_.upper_bound(a); entry != end; ++entry) {
    bool const works = entry->second.kind == DayKind::moved_work;
    if (works == weekend(entry->first)) count += works ? 1 : -1;
  }
  return static_cast<int>(count);
}

int Calendar::working_days(int year) const {
  return wd_between(first_day(year) - k_one_day, first_day(year + 1) - k_one_day);
}

std::string Calendar::to_csv() const {
  std::string csv{k_csv_header};
  csv += '\n';
  for (int year = first_year_; year <= last_year_; ++year) {
    csv += "year," + to_iso(first_day(year)).substr(0, 4) + ',';
    csv += provisional(first_day(year)) ? "provisional\n" : "official\n";
  }
  csv += opening_.to_csv();
  for (auto const& [date, day] : days_) {
    csv += to_iso(date) + ',';
    csv += to_text(day.kind);
    csv += ',' + day.basis + ',' + day.source + '\n';
  }
  return csv;
}

namespace {

void check_hours(Calendar const& calendar, std::vector<CalendarFinding>& findings) {
  auto const& opening = calendar.opening();
  auto const first = first_day(calendar.first_year());
  for (auto const keeper : {Keeper::provider, Keeper::branch, Keeper::duty_branch})
    if (!opening.hours().empty() &&
        std::ranges::find(opening.hours(), keeper, &OpenHours::keeper) == opening.hours().end())
      findings.push_back({first, "hours_missing"});
  for (auto const& row : opening.hours())
    if (row.keeper == Keeper::provider && row.last_weekday > 5)
      findings.push_back({first, "provider_weekend"});
}

}  // namespace

std::vector<CalendarFinding> check_calendar(Calendar const& calendar) {
  std::vector<CalendarFinding> findings;
  std::set<Date> expected;
  std::map<int, int> moved;  // year -> days off that are not made up yet
  auto const off_without_transfer = [&](Date day) {
    auto const kind = calendar.info(day).kind;
    return !(kind == DayKind::working || kind == DayKind::substitute);
  };
  for (auto const& [date, day] : calendar.days()) {
    if (day.kind == DayKind::holiday && weekend(date)) {
      Date next = date + k_one_day;
      while (off_without_transfer(next) || expected.contains(next)) next += k_one_day;
      expected.insert(next);
    }
    if (day.kind == DayKind::substitute && weekend(date))
      findings.push_back({date, "substitute_at_weekend"});
    if (day.kind == DayKind::moved_off) {
      ++moved[year_of(date)];
      if (weekend(date)) findings.push_back({date, "moved_off_at_weekend"});
    }
    if (day.kind == DayKind::moved_work) {
      --moved[year_of(date)];
      if (!weekend(date)) findings.push_back({date, "moved_work_on_weekday"});
    }
  }
  for (Date const date : expected)
    if (calendar.info(date).kind != DayKind::substitute)
      findings.push_back({date, "missing_substitute"});
  for (auto const& [date, day] : calendar.days())
    if (day.kind == DayKind::substitute && !weekend(date) && !expected.contains(date))
      findings.push_back({date, "extra_substitute"});
  for (auto const& [year, difference] : moved)
    if (difference != 0) findings.push_back({first_day(year), "moved_days_unequal"});
  check_hours(calendar, findings);
  std::ranges::sort(findings);
  return findings;
}

std::string_view seed_calendar_csv() {
  auto const* file = find_embedded(seed::files(), "calendars/kz.csv");
  check(file != nullptr, "the seed calendar is embedded");
  return file->bytes;
}

Calendar seed_calendar() {
  auto calendar = Calendar::from_csv(1, seed_calendar_csv());
  check(calendar.has_value(), "the seed calendar is well-formed");
  return *std::move(calendar);
}

}  // namespace qyzmet::engine
