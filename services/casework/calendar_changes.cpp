#include "services/casework/calendar_changes.hpp"

#include "db/audit.hpp"
#include "engine/base/utf8.hpp"
#include "engine/icalendar.hpp"
#include "services/casework/calendars.hpp"
#include "services/casework/draft.hpp"

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_closures_max = 100;

using Errors = std::vector<Error>;

/// The calendar that was sent; its contradictions are errors of the field, each with its day.
std::expected<engine::Calendar, Errors> read_sent(std::string const& text) {
  auto calendar = engine::read_calendar(1, text);
  if (!calendar) {
    auto error = calendar.error();
    error.field = "calendar";
    return std::unexpected(Errors{std::move(error)});
  }
  Errors errors;
  for (auto const& finding : engine::check_calendar(*calendar))
    errors.push_back({.code = ErrorCode::invalid,
                      .text = "calendar.finding." + finding.code,
                      .arguments = {{"day", to_iso(finding.date)}},
                      .field = "calendar"});
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return *std::move(calendar);
}

Result<Date> read_day(std::string const& text, Date today) {
  if (text.empty()) return Date{};
  auto const day = parse_date(text);
  if (!day) return fail(ErrorCode::invalid, "error.field_date", "effective_from");
  if (*day < today) return fail(ErrorCode::invalid, "calendar.error.past", "effective_from");
  return *day;
}

/// What is wrong with hours and closures beside the registers and the days that have passed.
Errors opening_errors_of(db::Connection& connection, Library const& library,
                         engine::Calendar const& proposed, Date effective) {
  auto const newest = db::calendars(connection).front();
  return opening_errors(connection, library, calendar_of(newest.version, newest.csv), proposed,
                        effective);
}

void log_proposal(db::Connection& connection, UserId by, char const* act, std::int64_t id) {
  db::log_act(connection, by, act, "{\"proposal\":" + std::to_string(id) + "}");
}

}  // namespace

engine::Calendar calendar_of(std::int64_t version, std::string const& csv) {
  return engine::Calendar::from_csv(version, csv).value();
}

Kept<std::int64_t> propose_calendar(db::Connection& connection, Library const& library,
                                    SentCalendar const& sent, Date today, UserId by) {
  auto const calendar = read_sent(sent.text);
  auto const day = read_day(sent.effective_from, today);
  Errors errors;
  if (!calendar) errors = calendar.error();
  if (sent.source.empty())
    errors.push_back({.code = ErrorCode::invalid, .text = "error.required", .field = "source"});
  if (utf8_length(sent.source) > k_calendar_source_size_max)
    errors.push_back(too_long("source", k_calendar_source_size_max));
  if (!day) errors.push_back(day.error());
  if (errors.empty()) errors = opening_errors_of(connection, library, *calendar, *day);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  auto const kept = keep_proposal(connection, {.csv = calendar->to_csv(),
                                               .source = sent.source,
                                               .first_year = calendar->first_year(),
                                               .last_year = calendar->last_year(),
                                               .effective = *day,
                                               .proposed_by = by,
                                               .proposer = {},
                                               .proposed = {}});
  if (!kept) return std::unexpected(Errors{kept.error()});
  return *kept;
}

Result<std::int64_t> keep_proposal(db::Connection& connection, db::CalendarProposal proposal) {
  auto const current = db::current_calendar(connection);
  if (!current) return fail(ErrorCode::unavailable, "error.no_calendar");
  proposal.base_version = current->version;
  try {
    return connection.transaction([&] {
      auto const id = db::propose_calendar(connection, proposal);
      log_proposal(connection, proposal.proposed_by, "calendar_proposed", id);
      return id;
    });
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != "calendar_proposal_open") throw;
    return fail(ErrorCode::conflict, "calendar.error.open");
  }
}

Result<db::PublishedCalendar> publish_calendar(db::Connection& connection, Library& library,
                                               std::int64_t proposal, UserId by) {
  auto const open = db::open_calendar_proposal(connection);
  if (open && open->id == proposal && open->proposed_by != by &&
      !opening_errors_of(connection, library, calendar_of(1, open->csv), open->effective).empty())
    return fail(ErrorCode::conflict, "calendar.error.outdated");
  try {
    auto const published = db::publish_proposal(connection, proposal, by);
    library.refresh(connection);
    if (!published) return fail(ErrorCode::conflict, "calendar.error.decided");
    db::log_act(connection, by, "calendar_published",
                "{\"version\":" + std::to_string(published->version) + "}");
    return *published;
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != "calendar_four_eyes") throw;
    return fail(ErrorCode::forbidden, "calendar.error.four_eyes");
  }
}

Result<std::int64_t> reject_calendar(db::Connection& connection, std::int64_t proposal, UserId by) {
  return connection.transaction([&]() -> Result<std::int64_t> {
    if (!db::reject_proposal(connection, proposal, by))
      return fail(ErrorCode::conflict, "calendar.error.decided");
    log_proposal(connection, by, "calendar_rejected", proposal);
    return proposal;
  });
}

Errors in_words(Errors errors, templates::Catalogue const& texts, std::string_view language) {
  for (auto& error : errors) {
    for (auto const* const name : {"day", "first"})
      if (auto const found = error.arguments.find(name);
          found != error.arguments.end() && parse_date(found->second))
        found->second = templates::long_date(language, found->second);
    if (auto const reason = error.arguments.find("reason"); reason != error.arguments.end())
      reason->second = texts.text(language, "calendar.reason." + reason->second);
  }
  return errors;
}

std::string day_text(Date date, std::optional<engine::CalendarDay> const& day,
                     templates::Catalogue const& texts, std::string_view language) {
  if (!day) {
    std::chrono::weekday const weekday{date};
    bool const rest = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
    return texts.text(language, rest ? "day.weekend" : "day.working");
  }
  auto const key = "holiday." + day->basis;
  return texts.text(language, "day." + std::string{to_text(day->kind)}) + " · " +
         (texts.has(language, key) ? texts.text(language, key) : day->basis);
}

UnitNames unit_names(db::Connection& connection, std::string_view language) {
  UnitNames out;
  for (auto const& office : db::offices(connection)) out[office.code] = office.name(language);
  for (auto const& branch : db::branches(connection))
    out[branch.code] = language == "ru"   ? branch.name_ru
                       : language == "en" ? branch.name_en
                                          : branch.name_kk;
  return out;
}

boost::json::array closures_json(std::vector<engine::Closure> const& closures,
                                 UnitNames const& names, Date from) {
  boost::json::array out;
  for (auto const& closure : closures) {
    if (closure.last < from || out.size() == k_closures_max) continue;
    auto const name = names.find(closure.unit);
    out.push_back({{"unit", closure.unit},
                   {"name", name == names.end() ? closure.unit : name->second},
                   {"first", to_iso(closure.first)},
                   {"last", to_iso(closure.last)},
                   {"reason", closure.reason}});
  }
  return out;
}

}  // namespace qyzmet::casework
