#include "engine/icalendar.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace qyzmet::engine {

namespace {

constexpr std::chrono::days k_one_day{1};
constexpr std::size_t k_line_octets_max = 75;
constexpr std::size_t k_lines_max = 200'000;
constexpr std::size_t k_days_max = 10'000;

// --- Writing -----------------------------------------------------------------------------------

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

/// A content line, folded without cutting a character of UTF-8 in two (RFC 5545, 3.1).
void write_line(std::string& out, std::string_view line) {
  std::size_t room = k_line_octets_max;
  while (line.size() > room) {
    auto end = room;
    while (end > 1 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
    out += line.substr(0, end);
    out += "\r\n ";
    line.remove_prefix(end);
    room = k_line_octets_max - 1;
  }
  out += line;
  out += "\r\n";
}

std::string basic(Date day) {
  auto text = to_iso(day);
  std::erase(text, '-');
  return text;
}

std::vector<std::string> opening_lines(Calendar const& calendar) {
  std::vector<std::string> out;
  auto const csv = calendar.opening().to_csv();
  for (std::size_t at = 0; at < csv.size();) {
    auto const end = csv.find('\n', at);
    out.push_back(csv.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

void write_event(std::string& out, CalendarDay const& day) {
  write_line(out, "BEGIN:VEVENT");
  write_line(out, "UID:" + to_iso(day.date) + "@working-days.qyzmet");
  // The stamp is part of the standard; the day itself keeps equal calendars equal in bytes.
  write_line(out, "DTSTAMP:" + basic(day.date) + "T000000Z");
  write_line(out, "DTSTART;VALUE=DATE:" + basic(day.date));
  write_line(out, "DTEND;VALUE=DATE:" + basic(day.date + k_one_day));
  write_line(out, "CATEGORIES:" + upper(to_text(day.kind)));
  write_line(out, "SUMMARY:" + escaped(day.basis));
  if (!day.source.empty()) write_line(out, "DESCRIPTION:" + escaped(day.source));
  write_line(out, "TRANSP:TRANSPARENT");
  write_line(out, "END:VEVENT");
}

// --- Reading -----------------------------------------------------------------------------------

/// A content line without its folds: NAME;PARAMETER=VALUE...:VALUE.
struct Property {
  std::size_t line = 0;
  std::string name;
  std::map<std::string, std::string> parameters;
  std::string value;
};

struct Refusal {
  std::size_t line = 1;
  char const* reason = nullptr;
};

std::unexpected<Error> refused(Refusal const& refusal) {
  auto error = fail(ErrorCode::invalid, "error.invalid_calendar");
  error.error().arguments = {{"line", std::to_string(std::max<std::size_t>(refusal.line, 1))},
                             {"reason", refusal.reason}};
  return error;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    ++at;
    out += text[at] == 'n' || text[at] == 'N' ? '\n' : text[at];
  }
  return out;
}

/// Null on success, otherwise the reason.
char const* take_apart(std::string_view line, Property& out) {
  bool quoted = false;
  std::size_t colon = 0;
  while (colon < line.size() && (quoted || line[colon] != ':'))
    if (line[colon++] == '"') quoted = !quoted;
  if (colon == line.size()) return "property";
  out.value = line.substr(colon + 1);
  auto head = line.substr(0, colon);
  auto const semicolon = head.find(';');
  out.name = upper(head.substr(0, semicolon));
  if (out.name.empty()) return "property";
  head.remove_prefix(semicolon == head.npos ? head.size() : semicolon + 1);
  while (!head.empty()) {
    auto const end = head.find(';');
    auto const parameter = head.substr(0, end);
    auto const equals = parameter.find('=');
    if (equals == parameter.npos) return "property";
    out.parameters[upper(parameter.substr(0, equals))] = upper(parameter.substr(equals + 1));
    head.remove_prefix(end == head.npos ? head.size() : end + 1);
  }
  return nullptr;
}

std::expected<std::vector<Property>, Refusal> properties(std::string_view text) {
  std::vector<std::pair<std::size_t, std::string>> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (++number > k_lines_max) return std::unexpected(Refusal{number, "too_many_lines"});
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.front() != ' ' && line.front() != '\t') {
      lines.emplace_back(number, line);
    } else if (!lines.empty()) {
      lines.back().second += line.substr(1);
    } else {
      return std::unexpected(Refusal{number, "property"});
    }
  }
  std::vector<Property> out;
  for (auto const& [at, line] : lines) {
    Property property{.line = at, .name = {}, .parameters = {}, .value = {}};
    if (auto const* const reason = take_apart(line, property); reason != nullptr)
      return std::unexpected(Refusal{at, reason});
    out.push_back(std::move(property));
  }
  return out;
}

std::optional<Date> day_of(Property const& property) {
  auto const type = property.parameters.find("VALUE");
  if (type != property.parameters.end() && type->second != "DATE") return std::nullopt;
  auto const& text = property.value;
  if (text.size() != 8) return std::nullopt;
  return parse_date(text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6, 2));
}

/// Collects the content of a VCALENDAR as the CSV says it, so that there is one set of rules.
class Reader {
 public:
  Reader() = default;

  char const* take(Property const& property) {
    if (property.name == "BEGIN") return begin(property.value);
    if (property.name == "END") return end(property.value);
    if (open_.empty()) return "vcalendar";
    if (open_.size() == 1) return of_calendar(property);
    if (upper(open_.back()) == "VEVENT" && open_.size() == 2) return of_event(property);
    return nullptr;  // alarms, time zones, what a program keeps for itself
  }
  bool complete() const { return seen_ && open_.empty(); }

  std::map<Date, CalendarDay> days;
  std::map<int, bool> years;  // year -> provisional
  Opening opening;

 private:
  struct Event {
    std::optional<Date> start, end;
    std::optional<DayKind> kind;
    std::string basis, source;
  };

  char const* begin(std::string_view what) {
    auto const name = upper(what);
    if (open_.empty() && (seen_ || name != "VCALENDAR")) return "vcalendar";
    seen_ = true;
    open_.push_back(name);
    if (name == "VEVENT") event_ = {};
    return nullptr;
  }
  char const* end(std::string_view what) {
    if (open_.empty() || open_.back() != upper(what)) return "nesting";
    bool const event = open_.size() == 2 && open_.back() == "VEVENT";
    open_.pop_back();
    return event ? keep() : nullptr;
  }

  char const* of_calendar(Property const& property) {
    if (property.name == "X-QYZMET-OPENING") return opening.read(unescaped(property.value));
    if (property.name != "X-QYZMET-YEAR") return nullptr;
    auto const day = parse_date(property.value + "-01-01");
    auto const status = property.parameters.find("STATUS");
    if (!day || status == property.parameters.end()) return "year";
    bool const provisional = status->second == "PROVISIONAL";
    if (!provisional && status->second != "OFFICIAL") return "year";
    int const year{std::chrono::year_month_day{*day}.year()};
    return years.emplace(year, provisional).second ? nullptr : "duplicate";
  }

  char const* of_event(Property const& property) {
    if (property.name == "RRULE" || property.name == "RDATE") return "recurrence";
    if (property.name == "DTSTART" && !(event_.start = day_of(property))) return "date";
    if (property.name == "DTEND" && !(event_.end = day_of(property))) return "date";
    if (property.name == "CATEGORIES" && !(event_.kind = kind_of(property.value))) return "kind";
    if (property.name == "SUMMARY") event_.basis = unescaped(property.value);
    if (property.name == "DESCRIPTION") event_.source = unescaped(property.value);
    return nullptr;
  }

  static std::optional<DayKind> kind_of(std::string_view text) {
    for (auto const kind : {DayKind::holiday, DayKind::substitute, DayKind::rest_art84,
                            DayKind::moved_off, DayKind::moved_work})
      if (upper(text) == upper(to_text(kind))) return kind;
    return std::nullopt;
  }

  char const* keep() {
    if (!event_.start) return "date";
    if (!event_.kind) return "kind";
    if (event_.basis.empty() || event_.basis.find_first_of(",\n") != std::string::npos)
      return "basis";
    if (event_.source.contains('\n')) return "source";
    auto const end = event_.end.value_or(*event_.start + k_one_day);
    if (end <= *event_.start) return "date";
    for (auto day = *event_.start; day < end; day += k_one_day) {
      if (days.size() >= k_days_max) return "too_many_lines";
      if (!days.emplace(day, CalendarDay{day, *event_.kind, event_.basis, event_.source}).second)
        return "duplicate";
    }
    return nullptr;
  }

  bool seen_ = false;
  std::vector<std::string> open_;
  Event event_;
};

/// As a CSV file, for Calendar::from_csv to judge years and days together.
std::string as_csv(Reader const& reader) {
  std::string csv = "date,kind,basis,source\n";
  for (auto const& [year, provisional] : reader.years) {
    auto const first = to_iso(Date{std::chrono::year{year} / std::chrono::January / 1});
    csv += "year," + first.substr(0, 4) + (provisional ? ",provisional\n" : ",official\n");
  }
  csv += reader.opening.to_csv();
  for (auto const& [date, day] : reader.days) {
    csv += to_iso(date) + ',';
    csv += to_text(day.kind);
    csv += ',' + day.basis + ',' + day.source + '\n';
  }
  return csv;
}

}  // namespace

std::string to_icalendar(Calendar const& calendar) {
  std::string out;
  write_line(out, "BEGIN:VCALENDAR");
  write_line(out, "VERSION:2.0");
  write_line(out, "PRODID:-//Qyzmet//Working days//EN");
  for (int year = calendar.first_year(); year <= calendar.last_year(); ++year) {
    Date const first{std::chrono::year{year} / std::chrono::January / 1};
    auto const status = calendar.provisional(first) ? "PROVISIONAL:" : "OFFICIAL:";
    write_line(out, std::string{"X-QYZMET-YEAR;STATUS="} + status + to_iso(first).substr(0, 4));
  }
  for (auto const& line : opening_lines(calendar))
    write_line(out, "X-QYZMET-OPENING:" + escaped(line));
  for (auto const& [date, day] : calendar.days()) write_event(out, day);
  write_line(out, "END:VCALENDAR");
  return out;
}

Result<Calendar> calendar_from_icalendar(std::int64_t version, std::string_view text) {
  auto const all = properties(text);
  if (!all) return refused(all.error());
  Reader reader;
  for (auto const& property : *all)
    if (auto const* const reason = reader.take(property); reason != nullptr)
      return refused({property.line, reason});
  auto const last = all->empty() ? std::size_t{1} : all->back().line;
  if (!reader.complete()) return refused({last, "vcalendar"});
  auto calendar = Calendar::from_csv(version, as_csv(reader));
  // What is wrong now is wrong with the whole; the line of the CSV would tell nobody anything.
  if (!calendar) calendar.error().arguments["line"] = std::to_string(last);
  return calendar;
}

Result<Calendar> read_calendar(std::int64_t version, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (upper(text.substr(0, 15)) == "BEGIN:VCALENDAR") return calendar_from_icalendar(version, text);
  return Calendar::from_csv(version, text);
}

std::vector<OpeningDifference> opening_differences(Calendar const& before, Calendar const& after) {
  std::map<std::string, bool> lines;  // line -> of the new one
  for (auto const& line : opening_lines(before)) lines[line] = false;
  std::vector<OpeningDifference> out;
  for (auto const& line : opening_lines(after))
    if (lines.erase(line) == 0) out.push_back({.line = line, .added = true});
  for (auto const& [line, _] : lines) out.push_back({.line = line, .added = false});
  std::ranges::sort(out, {}, &OpeningDifference::line);
  return out;
}

std::vector<CalendarDifference> differences(Calendar const& before, Calendar const& after) {
  std::map<Date, CalendarDifference> found;
  for (auto const& [date, day] : before.days()) found[date].before = day;
  for (auto const& [date, day] : after.days()) found[date].after = day;
  std::vector<CalendarDifference> out;
  for (auto& [date, difference] : found) {
    auto const& [_, old_day, new_day] = difference;
    if (old_day && new_day && old_day->kind == new_day->kind && old_day->basis == new_day->basis &&
        old_day->source == new_day->source)
      continue;
    difference.date = date;
    out.push_back(std::move(difference));
  }
  return out;
}

}  // namespace qyzmet::engine
