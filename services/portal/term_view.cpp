#include "services/portal/term_view.hpp"

#include <algorithm>

#include "services/casework/places.hpp"
#include "templates/dates.hpp"

namespace qyzmet::portal {

namespace json = boost::json;

namespace {

using engine::CountedDay;
using engine::DayKind;

/// "Saturday" for weekends, the name of the holiday where the calendar knows it.
std::string reason_of(CountedDay const& day, Reader const& reader) {
  if (day.kind == DayKind::weekend) return reader.text("day.weekend");
  auto const named = "holiday." + day.basis;
  auto const name = reader.has(named) ? reader.text(named) : std::string{};
  auto const key = "day." + std::string{engine::to_text(day.kind)};
  return name.empty() ? reader.text(key) : reader.text(key + ".named", {{"name", name}});
}

std::string short_reason(CountedDay const& day, Reader const& reader) {
  return reader.text("day." + std::string{engine::to_text(day.kind)} + ".short");
}

std::string_view state_of(Date first, Date last, Date today) {
  if (last < today) return "done";
  return first > today ? "ahead" : "now";
}

bool first_of_month(Date day) {
  return unsigned{std::chrono::year_month_day{day}.day()} == 1;
}

struct Cell {
  Date date;
  CountedDay const* counted = nullptr;  // none: the day of acceptance
};

std::vector<Cell> cells_of(engine::Deadlines const& deadlines) {
  std::vector<Cell> out{{.date = deadlines.accepted}};
  for (auto const& day : deadlines.explanation) out.push_back({.date = day.date, .counted = &day});
  return out;
}

json::object cell_json(Cell const& cell, Term const& term,
                       std::multimap<Date, std::string> const& marks, Reader const& reader) {
  auto const today = legal_date(term.now);
  json::object out{{"date", to_iso(cell.date)}, {"state", state_of(cell.date, cell.date, today)}};
  if (cell.counted == nullptr) out["start"] = true;
  if (cell.counted != nullptr && cell.counted->number > 0) out["number"] = cell.counted->number;
  if (cell.counted != nullptr && cell.counted->number == 0)
    out["reason"] = short_reason(*cell.counted, reader);
  if (cell.date == term.deadlines.due) out["last"] = true;
  if (cell.counted == nullptr || first_of_month(cell.date)) out["month"] = true;
  json::array list;
  for (auto [at, end] = marks.equal_range(cell.date); at != end; ++at)
    list.push_back({{"text", at->second}});
  if (!list.empty()) out["marks"] = std::move(list);
  return out;
}

bool monday(Date day) {
  return std::chrono::weekday{day} == std::chrono::Monday;
}

/// A whole week of a long term, if one begins at `at` and neither today, the last day nor a mark is
/// in it: the number of its cells.
std::size_t foldable(std::vector<Cell> const& cells, std::size_t at, Term const& term,
                     std::multimap<Date, std::string> const& marks) {
  constexpr std::size_t week = 7;
  if (at == 0 || at + week >= cells.size() || !monday(cells[at].date)) return 0;
  auto const today = legal_date(term.now);
  for (std::size_t i = at; i < at + week; ++i)
    if (cells[i].date == today || marks.contains(cells[i].date)) return 0;
  return week;
}

json::object week_json(std::vector<Cell> const& cells, std::size_t at, std::size_t count,
                       Date today) {
  int first = 0, last = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    auto const number = cells[i].counted->number;
    if (number == 0) continue;
    if (first == 0) first = number;
    last = number;
  }
  auto const from = cells[at].date, until = cells[at + count - 1].date;
  json::object out{{"date", to_iso(from)},
                   {"until", to_iso(until)},
                   {"state", state_of(from, until, today)},
                   {"number", first},
                   {"number_until", last}};
  if (first_of_month(from)) out["month"] = true;
  return out;
}

json::object step_json(std::string text, json::value cite) {
  json::object out{{"text", std::move(text)}};
  if (!cite.is_null()) out["cite"] = std::move(cite);
  return out;
}

/// How the receipt became the day of acceptance.
json::object acceptance_step(Term const& term, Reader const& reader) {
  auto const& deadlines = term.deadlines;
  auto const received = legal_date(deadlines.filed);
  json::object const arguments{{"day", reader.long_date(received)},
                               {"time", reader.time(deadlines.filed)},
                               {"accepted", reader.long_date(deadlines.accepted)}};
  std::string_view key = "why.accepted_same_day";
  if (deadlines.accepted != received)
    key = term.calendar.working(received) ? "why.accepted_after_hours" : "why.accepted_day_off";
  return step_json(reader.text(key, arguments),
                   cite_json(term.package, term.package.term.acceptance_cite, reader));
}

/// One sentence per reason: "28 and 29 November are not counted: weekend".
void add_skipped_steps(json::array& steps, std::vector<CountedDay> days, Reader const& reader) {
  // A count that goes backwards is told forwards all the same.
  std::ranges::sort(days, {}, &CountedDay::date);
  std::vector<std::pair<std::string, std::string>> groups;  // reason, dates
  for (auto const& day : days) {
    if (day.number != 0) continue;
    auto const reason = reason_of(day, reader);
    auto const date = reader.day_month(day.date);
    auto const group = std::ranges::find(groups, reason, &decltype(groups)::value_type::first);
    if (group == groups.end())
      groups.emplace_back(reason, date);
    else
      group->second += ", " + date;
  }
  for (auto const& [reason, dates] : groups)
    steps.push_back(
        step_json(reader.text("why.skipped", {{"dates", dates}, {"reason", reason}}), nullptr));
}

std::string extended_from_key(engine::MilestoneRule::Basis basis) {
  using enum engine::MilestoneRule::Basis;
  return basis == start ? "why.extended_from.start"
         : basis == end ? "why.extended_from.end"
                        : "why.extended_from.decision";
}

/// How many days there are: those of the place, or those of the extension, with the day from which
/// they are counted.
void add_length_steps(json::array& steps, Term const& term, Reader const& reader) {
  auto const& deadlines = term.deadlines;
  auto const& rule = term.package.term;
  auto const add = [&](std::string const& key, json::object const& arguments,
                       std::string_view cite) {
    steps.push_back(step_json(reader.text(key, arguments, &term.package),
                              cite_json(term.package, cite, reader)));
  };
  auto const* const extension =
      deadlines.extended ? rule.extension(deadlines.extended->code) : nullptr;
  if (extension == nullptr) {
    auto const territory = casework::place_of_code(term.package, term.calendar, term.territory);
    if (territory && territory->place == deadlines.place)
      add("place.reason." + territory->reason, {{"code", term.territory}}, territory->cite);
    std::string const row{rule.place_row(deadlines.place)};
    auto const cite = rule.cite_by_place.find(row);
    add("why.place." + row, {{"n", deadlines.days}},
        cite == rule.cite_by_place.end() ? "" : cite->second);
    add("why.count_begins", {}, rule.counting_cite);
    return;
  }
  add("why.extended", {{"day", reader.long_date(deadlines.extended->on)}, {"n", deadlines.days}},
      extension->cite);
  add(extended_from_key(extension->basis),
      {{"accepted", reader.long_date(deadlines.accepted)},
       {"original", reader.long_date(deadlines.original_due)},
       {"day", reader.long_date(deadlines.extended->on)}},
      rule.counting_cite);
  if (reader.staff && deadlines.general_due && deadlines.due > *deadlines.general_due)
    add("why.beyond_general", {{"day", reader.long_date(*deadlines.general_due)}},
        extension->months_cite);
}

std::string_view basis_key(engine::MilestoneRule const& rule) {
  if (rule.basis == engine::MilestoneRule::Basis::start)
    return rule.offset_wd == 0 ? "why.same_day" : "why.after_start";
  if (rule.basis == engine::MilestoneRule::Basis::milestone) return "why.after_milestone";
  if (rule.basis == engine::MilestoneRule::Basis::decision) return "why.after_extension";
  return rule.offset_wd == 0 ? "why.on_last_day" : "why.before_end";
}

}  // namespace

std::string Reader::text(std::string_view key, json::object const& arguments,
                         engine::Package const* package) const {
  templates::Texts const* first = nullptr;
  if (package != nullptr)
    if (auto const at = package->texts.find(language); at != package->texts.end())
      first = &at->second;
  return texts.text(language, key, arguments, first);
}

bool Reader::has(std::string_view key, engine::Package const* package) const {
  if (package != nullptr)
    if (auto const at = package->texts.find(language);
        at != package->texts.end() && at->second.contains(key))
      return true;
  return texts.has(language, key);
}

std::string Reader::long_date(Date day) const {
  return templates::format_moment(templates::DateForm::longdate, language, to_iso(day));
}

std::string Reader::day_month(Date day) const {
  return templates::format_moment(templates::DateForm::daymonth, language, to_iso(day));
}

std::string Reader::time(Instant at) const {
  return templates::format_moment(templates::DateForm::time, language, to_iso(at));
}

json::value cite_json(engine::Package const& package, std::string_view id, Reader const& reader) {
  auto const cite = package.citations.find(id);
  if (id.empty() || cite == package.citations.end()) return nullptr;
  auto const text = cite->second.text.find(reader.language);
  if (text == cite->second.text.end()) return nullptr;
  return {{"text", text->second}, {"source", cite->second.source}};
}

int days_left(engine::Calendar const& calendar, Date today, Date due) {
  if (today <= due) return calendar.wd_between(today, due);
  return std::min(-1, calendar.wd_between(today, due));
}

json::object ribbon_json(Term const& term, std::multimap<Date, std::string> const& marks,
                         Reader const& reader) {
  auto const cells = cells_of(term.deadlines);
  bool const folds = cells.size() > k_ribbon_days_max;
  json::array days;
  for (std::size_t i = 0; i < cells.size();) {
    auto const week = folds ? foldable(cells, i, term, marks) : 0;
    days.push_back(week > 0 ? week_json(cells, i, week, legal_date(term.now))
                            : cell_json(cells[i], term, marks, reader));
    i += std::max<std::size_t>(week, 1);
  }
  return {{"total", term.deadlines.days}, {"days", std::move(days)}};
}

std::multimap<Date, std::string> milestone_marks(Term const& term, Reader const& reader) {
  std::multimap<Date, std::string> out{{term.deadlines.accepted, reader.text("mark.accepted")}};
  std::string_view const prefix = reader.staff ? "mark.staff." : "mark.citizen.";
  for (auto const& milestone : term.deadlines.milestones) {
    auto const key = std::string{prefix} + milestone.code;
    if (reader.has(key, &term.package))
      out.emplace(milestone.latest, reader.text(key, {}, &term.package));
  }
  return out;
}

json::object due_json(Term const& term, Reader const& reader) {
  // Before the day of acceptance the whole term is left, not more.
  auto const from = std::max(legal_date(term.now), term.deadlines.accepted);
  auto const left = days_left(term.calendar, from, term.deadlines.due);
  return {{"date", to_iso(term.deadlines.due)},
          {"text", reader.text("term.last_day")},
          {"left", std::max(left, 0)},
          {"late", std::max(-left, 0)}};
}

json::object why_json(Term const& term, Reader const& reader) {
  auto const& deadlines = term.deadlines;
  json::array steps;
  steps.push_back(acceptance_step(term, reader));
  add_length_steps(steps, term, reader);
  add_skipped_steps(steps, deadlines.explanation, reader);
  steps.push_back(step_json(reader.text("why.result", {{"number", deadlines.days},
                                                       {"day", reader.long_date(deadlines.due)}}),
                            nullptr));
  return {{"steps", std::move(steps)}, {"provisional", deadlines.provisional}};
}

json::object why_milestone_json(Term const& term, std::string_view code, Reader const& reader) {
  auto const* deadline = term.deadlines.find(code);
  auto const* rule = term.package.term.milestone(code);
  if (deadline == nullptr || rule == nullptr) return {};
  json::object arguments{{"n", std::abs(rule->offset_wd)},
                         {"accepted", reader.long_date(term.deadlines.accepted)},
                         {"due", reader.long_date(term.deadlines.due)},
                         {"latest", reader.long_date(deadline->latest)}};
  if (auto const* basis = term.deadlines.find(rule->basis_code)) {
    arguments["basis"] = reader.text("milestone." + rule->basis_code, {}, &term.package);
    arguments["basis_day"] = reader.long_date(basis->latest);
  }
  if (term.deadlines.extended)
    arguments["extended"] = reader.long_date(term.deadlines.extended->on);
  json::array steps;
  steps.push_back(step_json(reader.text(basis_key(*rule), arguments),
                            cite_json(term.package, deadline->cite, reader)));
  add_skipped_steps(steps, deadline->explanation, reader);
  return {{"steps", std::move(steps)}, {"provisional", term.deadlines.provisional}};
}

json::object mini_json(engine::Calendar const& calendar, Date accepted, Date due, Date today) {
  int const total = calendar.wd_between(accepted, due);
  int const left = days_left(calendar, std::max(today, accepted), due);
  int const cells = std::clamp(total, 1, k_mini_cells_max);
  int const open = total == 0 ? 0 : (std::max(left, 0) * cells + total - 1) / total;
  json::array list;
  for (int i = 0; i < cells; ++i) list.push_back(i < cells - open ? "done" : "left");
  return {{"left", std::max(left, 0)},
          {"late", std::max(-left, 0)},
          {"total", total},
          {"tone", left < 0    ? "late"
                   : left <= 1 ? "soon"
                               : "calm"},
          {"cells", std::move(list)}};
}

}  // namespace qyzmet::portal
