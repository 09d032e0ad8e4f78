#include "engine/terms.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/check.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::chrono::days k_one_day{1};

CountedDay described(Calendar const& calendar, Date day, int number) {
  auto const info = calendar.info(day);
  return {.date = day,
          .number = number,
          .kind = info.kind,
          .basis = std::string{info.basis},
          .source = std::string{info.source}};
}

/// The days after `from` up to and including `to`, or before it down to `to`.
std::vector<CountedDay> count_days(Calendar const& calendar, Date from, Date to) {
  std::vector<CountedDay> days;
  auto const step = to < from ? -k_one_day : k_one_day;
  days.reserve(std::size_t((to - from) / step));
  int number = 0;
  while (from != to) {
    from += step;
    days.push_back(described(calendar, from, calendar.working(from) ? ++number : 0));
  }
  return days;
}

/// The receipt day and the days after it that were skipped, up to D0.
std::vector<CountedDay> acceptance_days(Calendar const& calendar, Date received, Date accepted) {
  std::vector<CountedDay> days;
  if (received == accepted) return days;
  for (Date day = received; day < accepted; day += k_one_day)
    days.push_back(described(calendar, day, 0));
  days.push_back(described(calendar, accepted, 1));
  return days;
}

Deadline milestone(MilestoneRule const& row, Calendar const& calendar, Deadlines const& known) {
  using Basis = MilestoneRule::Basis;
  Date basis = row.basis == Basis::start ? known.accepted : known.due;
  auto const* why = row.basis == Basis::start ? &known.acceptance : &known.explanation;
  CountedDays const nothing;
  if (row.basis == Basis::decision) {
    check(known.extended.has_value(), "only an extension counts from its decision");
    basis = known.extended->on;
    why = &nothing;
  }
  if (row.basis == MilestoneRule::Basis::milestone) {
    auto const* earlier = known.find(row.basis_code);
    check(earlier != nullptr, "a milestone rests on an earlier row");
    basis = earlier->latest;
    why = &earlier->explanation;
  }
  Deadline deadline{
      .code = row.code, .latest = basis, .rule = row.rule, .cite = row.cite, .explanation = {}};
  if (row.offset_wd == 0) {
    deadline.explanation = *why;
  } else {
    deadline.latest = calendar.wd_add(basis, row.offset_wd);
    deadline.explanation = count_days(calendar, basis, deadline.latest);
  }
  return deadline;
}

/// The day `months` after `from`; where that month is shorter, its last day.
Date after_months(Date from, int months) {
  std::chrono::year_month_day day{from};
  day += std::chrono::months{months};
  return day.ok() ? Date{day} : Date{day.year() / day.month() / std::chrono::last};
}

/// The end moves, and the days that are counted up to it; never to an earlier day.
void extend(ExtensionRule const& rule, Calendar const& calendar, Deadlines& deadlines) {
  auto const basis = rule.basis == MilestoneRule::Basis::start ? deadlines.accepted
                     : rule.basis == MilestoneRule::Basis::end ? deadlines.due
                                                               : deadlines.extended->on;
  auto due = calendar.wd_add(basis, rule.days);
  if (rule.months > 0) {
    auto const general = calendar.wd_add(after_months(deadlines.extended->on, rule.months), 0);
    deadlines.general_due = general;
    if (rule.cap == ExtensionRule::Cap::months) due = general;
    if (rule.cap == ExtensionRule::Cap::earlier) due = std::min(due, general);
  }
  deadlines.due = std::max(deadlines.due, due);
  deadlines.days = calendar.wd_between(deadlines.accepted, deadlines.due);
}

std::vector<MilestoneRule> milestone_rows(TermRule const& rule, ExtensionRule const* extension) {
  auto rows = rule.milestones;
  if (extension == nullptr) return rows;
  std::erase_if(rows, [&](MilestoneRule const& row) {
    return std::ranges::find(extension->milestones, row.code, &MilestoneRule::code) !=
           extension->milestones.end();
  });
  std::ranges::copy(extension->milestones, std::back_inserter(rows));
  return rows;
}

bool touches_provisional(Calendar const& calendar, Deadlines const& deadlines) {
  Date last = deadlines.due;
  for (Deadline const& deadline : deadlines.milestones) last = std::max(last, deadline.latest);
  return calendar.touches_provisional(legal_date(deadlines.filed), last);
}

}  // namespace

Deadline const* Deadlines::find(std::string_view code) const {
  auto const found = std::ranges::find(milestones, code, &Deadline::code);
  return found == milestones.end() ? nullptr : &*found;
}

int longest_term_wd(TermRule const& rule) {
  int longest = 0;
  for (auto const& [place, days] : rule.days_by_place) longest = std::max(longest, days);
  for (auto const& extension : rule.extensions) longest = std::max(longest, extension.days);
  return longest;
}

std::string_view TermRule::place_row(std::string_view place) const {
  auto found = days_by_place.find(place);
  if (found == days_by_place.end()) found = days_by_place.find(k_any_place);
  return found == days_by_place.end() ? std::string_view{} : std::string_view{found->first};
}

MilestoneRule const* TermRule::milestone(std::string_view milestone_code) const {
  auto const among = [&](std::vector<MilestoneRule> const& rows) {
    auto const found = std::ranges::find(rows, milestone_code, &MilestoneRule::code);
    return found == rows.end() ? nullptr : &*found;
  };
  for (auto const& each : extensions)
    if (auto const* const row = among(each.milestones)) return row;
  return among(milestones);
}

ExtensionRule const* TermRule::extension(std::string_view extension_code) const {
  auto const found = std::ranges::find(extensions, extension_code, &ExtensionRule::code);
  return found == extensions.end() ? nullptr : &*found;
}

namespace {

std::chrono::minutes acceptance_end(Calendar const& calendar, Date day,
                                    std::chrono::minutes workday_end) {
  return calendar.opening().end_on(calendar, Keeper::provider, day).value_or(workday_end);
}

}  // namespace

Date acceptance_day(Calendar const& calendar, Instant received, std::chrono::minutes workday_end) {
  Date const day = legal_date(received);
  bool const same_day = calendar.working(day) &&
                        legal_time_of_day(received) < acceptance_end(calendar, day, workday_end);
  return same_day ? day : calendar.wd_add(day, 1);
}

std::optional<Date> first_rewritten_day(Calendar const& before, Calendar const& after,
                                        std::chrono::minutes workday_end, Date until) {
  Date day{std::chrono::year{before.first_year()} / std::chrono::January / 1};
  for (; day < until; day += std::chrono::days{1})
    if (before.working(day) && after.working(day) &&
        acceptance_end(before, day, workday_end) != acceptance_end(after, day, workday_end))
      return day;
  return std::nullopt;
}

Result<Deadlines> compute_deadlines(TermRule const& rule, Calendar const& calendar,
                                    Instant received, std::string_view place,
                                    std::optional<Extended> const& extended) {
  auto const term = rule.days_by_place.find(rule.place_row(place));
  if (term == rule.days_by_place.end())
    return fail(ErrorCode::invalid, "error.unknown_place", "place");
  auto const* const extension = extended ? rule.extension(extended->code) : nullptr;
  if (extended && extension == nullptr) return fail(ErrorCode::invalid, "error.unknown_extension");
  Deadlines deadlines;
  deadlines.extended = extended;
  deadlines.filed = received;
  deadlines.accepted = acceptance_day(calendar, received, rule.workday_end);
  deadlines.days = term->second;
  deadlines.due = calendar.wd_add(deadlines.accepted, term->second);
  deadlines.original_due = deadlines.due;
  if (extended && extended->on < deadlines.accepted)
    return fail(ErrorCode::invalid, "error.extension_early", "extended_on");
  if (extension != nullptr) extend(*extension, calendar, deadlines);
  deadlines.place = place;
  deadlines.calendar_version = calendar.version();
  deadlines.acceptance = acceptance_days(calendar, legal_date(received), deadlines.accepted);
  deadlines.explanation = count_days(calendar, deadlines.accepted, deadlines.due);
  auto& milestones = deadlines.milestones.change();
  auto const rows = milestone_rows(rule, extension);
  milestones.reserve(rows.size());
  for (MilestoneRule const& row : rows) milestones.push_back(milestone(row, calendar, deadlines));
  deadlines.provisional = touches_provisional(calendar, deadlines);
  return deadlines;
}

Value term_value(Deadlines const& deadlines, std::string_view name) {
  if (deadlines.extended) {
    if (name == "extended_on") return deadlines.extended->on;
    if (name == "original_end") return deadlines.original_due;
    if (name == "general_end" && deadlines.general_due) return *deadlines.general_due;
  }
  if (auto const* const milestone = deadlines.find(name)) return milestone->latest;
  if (name == "start") return deadlines.accepted;
  if (name == "end") return deadlines.due;
  if (name == "days") return deadlines.days;
  return {};
}

Context to_context(Deadlines const& deadlines) {
  Context context;
  auto const add = [&](std::string_view name) {
    if (auto value = term_value(deadlines, name); !value.is_null())
      context.insert_or_assign(name, std::move(value));
  };
  for (auto const* name : {"start", "end", "days", "extended_on", "original_end", "general_end"})
    add(name);
  for (Deadline const& deadline : deadlines.milestones) add(deadline.code);
  return context;
}

}  // namespace qyzmet::engine
