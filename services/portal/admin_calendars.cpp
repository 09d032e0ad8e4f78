// The administrator's page of the working-day calendar: what is in force and how long it lasts, a
// proposed change with what it moves, publishing by somebody else, export.
#include "db/audit.hpp"
#include "db/calendars.hpp"
#include "db/people.hpp"
#include "engine/base/utf8.hpp"
#include "engine/icalendar.hpp"
#include "services/casework/calendars.hpp"
#include "services/casework/draft.hpp"
#include "services/casework/opening_text.hpp"
#include "services/http/responses.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// A page can wait for so many cases; `qyzmet calendar preview` counts all of them.
constexpr std::int64_t k_preview_cases_max = 2'000;
constexpr std::size_t k_listed_max = 100;
constexpr std::size_t k_source_size_max = 500;

/// Names of offices and branches, by code.
using UnitNames = std::map<std::string, std::string, std::less<>>;

UnitNames unit_names(db::Connection& connection, std::string_view language) {
  UnitNames out;
  for (auto const& office : db::offices(connection)) out[office.code] = name_in(office, language);
  for (auto const& branch : db::branches(connection)) out[branch.code] = name_in(branch, language);
  return out;
}

struct Calendars {
  std::vector<db::CalendarRow> rows;  // the newest first
  std::int64_t current = 0;
  std::optional<db::CalendarProposal> proposal;
  UnitNames units;
};

Calendars read_calendars(db::Connection& connection, std::string_view language) {
  auto const current = db::current_calendar(connection);
  return {.rows = db::calendars(connection),
          .current = current ? current->version : 0,
          .proposal = db::open_calendar_proposal(connection),
          .units = unit_names(connection, language)};
}

db::CalendarRow const* find(Calendars const& calendars, std::int64_t version) {
  for (auto const& row : calendars.rows)
    if (row.version == version) return &row;
  return nullptr;
}

engine::Calendar calendar_of(std::int64_t version, std::string const& csv) {
  return engine::Calendar::from_csv(version, csv).value();
}

json::array years_json(engine::Calendar const& calendar) {
  json::array out;
  for (int year = calendar.first_year(); year <= calendar.last_year(); ++year) {
    Date const first{std::chrono::year{year} / std::chrono::January / 1};
    out.push_back({{"year", std::to_string(year)},
                   {"days", calendar.working_days(year)},
                   {"provisional", calendar.provisional(first)}});
  }
  return out;
}

/// The hours of today and those to come; empty when the calendar names none.
json::array hours_json(Context const& context, engine::Calendar const& calendar) {
  auto const& opening = calendar.opening();
  auto const today = context.world().clock.today();
  json::array out;
  for (auto const keeper :
       {engine::Keeper::provider, engine::Keeper::branch, engine::Keeper::duty_branch}) {
    auto const who = context.text("calendar.keeper." + std::string{to_text(keeper)});
    auto const add = [&](Date day, std::string const& since) {
      auto const times = casework::hours_text(calendar, keeper, day, context.language);
      if (!times.empty()) out.push_back({{"who", who}, {"times", times}, {"since", since}});
    };
    add(today, "");
    for (auto const day : engine::later_weeks(opening, keeper, today)) add(day, to_iso(day));
  }
  return out;
}

json::array closures_json(std::vector<engine::Closure> const& closures, UnitNames const& names,
                          Date from = {}) {
  json::array out;
  for (auto const& closure : closures) {
    if (closure.last < from || out.size() == k_listed_max) continue;
    auto const name = names.find(closure.unit);
    out.push_back({{"unit", closure.unit},
                   {"name", name == names.end() ? closure.unit : name->second},
                   {"first", to_iso(closure.first)},
                   {"last", to_iso(closure.last)},
                   {"reason", closure.reason}});
  }
  return out;
}

std::string day_text(Context const& context, Date date,
                     std::optional<engine::CalendarDay> const& day) {
  if (!day) {
    std::chrono::weekday const weekday{date};
    bool const rest = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
    return context.text(rest ? "day.weekend" : "day.working");
  }
  auto const key = "holiday." + day->basis;
  bool const named = context.portal.pages.catalogue().has(context.language, key);
  return context.text("day." + std::string{to_text(day->kind)}) + " · " +
         (named ? context.text(key) : day->basis);
}

json::array differences_json(Context const& context, engine::Calendar const& before,
                             engine::Calendar const& after) {
  json::array out;
  for (auto const& each : engine::differences(before, after))
    out.push_back({{"date", to_iso(each.date)},
                   {"before", day_text(context, each.date, each.before)},
                   {"after", day_text(context, each.date, each.after)},
                   {"source", each.after ? each.after->source : std::string{}}});
  return out;
}

json::array opening_json(engine::Calendar const& before, engine::Calendar const& after) {
  json::array out;
  for (auto const& each : engine::opening_differences(before, after))
    out.push_back({{"line", each.line}, {"added", each.added}});
  return out;
}

json::object row_json(Context const& context, db::CalendarRow const& row, std::int64_t current) {
  return {{"version", std::to_string(row.version)},
          {"effective", row.effective == Date{} || row.version == 1 ? "" : to_iso(row.effective)},
          {"source", row.source},
          {"current", row.version == current},
          {"csv", context.url("/admin/calendar/" + std::to_string(row.version) + ".csv")},
          {"ics", context.url("/admin/calendar/" + std::to_string(row.version) + ".ics")}};
}

json::object proposal_json(Context const& context, db::CalendarProposal const& proposal,
                           engine::Calendar const& base) {
  auto const proposed = calendar_of(base.version() + 1, proposal.csv);
  return {{"id", std::to_string(proposal.id)},
          {"by", proposal.proposer},
          {"at", to_iso(proposal.proposed)},
          {"source", proposal.source},
          {"effective", to_iso(std::max(proposal.effective, context.world().clock.today()))},
          {"own", context.visitor.user == proposal.proposed_by},
          {"years", years_json(proposed)},
          {"differences", differences_json(context, base, proposed)},
          {"opening", opening_json(base, proposed)},
          {"preview", context.url("/admin/calendar?preview=1")}};
}

json::object preview_json(Context const& context, casework::CalendarPreview const& preview,
                          std::vector<db::Office> const& offices, UnitNames const& units) {
  json::array cases;
  for (auto const& moved : preview.affected) {
    if (cases.size() == k_listed_max) break;
    json::array days;
    for (auto const& day : moved.by.days)
      days.push_back(
          {{"what", context.text(day.code.empty() ? "calendar.term_end" : "milestone." + day.code)},
           {"before", to_iso(day.before)},
           {"after", to_iso(day.after)}});
    std::string office;
    for (auto const& each : offices)
      if (each.id == moved.office) office = name_in(each, context.language);
    cases.push_back({{"number", moved.number},
                     {"office", office},
                     {"days", std::move(days)},
                     {"closures", closures_json(moved.by.closures, units)},
                     {"hearing", moved.by.hearing ? to_iso(*moved.by.hearing) : std::string{}}});
  }
  bool const more = preview.affected.size() > cases.size();
  return {{"seen", preview.seen},
          {"count", static_cast<std::int64_t>(preview.affected.size())},
          {"unreadable", preview.unreadable},
          {"complete", preview.complete},
          {"more", more},
          {"cases", std::move(cases)}};
}

asio::awaitable<json::object> preview_of(Context& context, db::CalendarProposal proposal,
                                         std::int64_t version, UnitNames const& units) {
  auto const proposed =
      std::make_shared<engine::Calendar const>(calendar_of(version, proposal.csv));
  auto& world = context.world();
  auto const now = world.clock.now();
  auto const [preview, offices] = co_await world.database.run([&library = world.library, proposed,
                                                               now](db::Connection& c) {
    return std::pair{casework::preview_calendar(c, library, *proposed, now, k_preview_cases_max),
                     db::offices(c)};
  });
  co_return preview_json(context, preview, offices, units);
}

json::object typed(Context const& context, engine::Calendar const& current) {
  auto const sent = !context.field("calendar").empty() || !context.field("source").empty();
  return {{"calendar", sent ? context.field("calendar") : current.to_csv()},
          {"source", context.field("source")},
          {"effective_from", context.field("effective_from")}};
}

json::object horizon_json(casework::CalendarHorizon const& horizon) {
  return {{"alarm", horizon.alarm()},
          {"last", to_iso(horizon.last_official)},
          {"left", horizon.left_wd},
          {"needed", horizon.needed_wd}};
}

asio::awaitable<http::Response> calendar_page(Context& context, std::vector<Error> errors) {
  auto const all = co_await context.world().database.run(
      [language = context.language](db::Connection& connection) {
        return read_calendars(connection, language);
      });
  auto const* const row = find(all, all.current);
  if (row == nullptr)
    co_return problem(context, {.code = ErrorCode::unavailable, .text = "error.no_calendar"});
  auto const current = calendar_of(row->version, row->csv);
  auto const newest = calendar_of(all.rows.front().version, all.rows.front().csv);
  json::array versions;
  for (auto const& each : all.rows) versions.push_back(row_json(context, each, all.current));
  json::object data{
      {"years", years_json(current)},
      {"hours", hours_json(context, current)},
      {"closures",
       closures_json(current.opening().closures(), all.units, context.world().clock.today())},
      {"horizon", horizon_json(casework::calendar_horizon(context.world().library, current,
                                                          context.world().clock.today()))},
      {"versions", std::move(versions)},
      {"typed", typed(context, newest)},
      {"base", context.url("/admin/calendar")},
      {"tabs", admin_tabs(context, "/admin/calendar")},
      {"crumbs",
       json::array{{{"text", context.text("admin.title")}, {"url", context.url("/admin")}},
                   {{"text", context.text("calendar.title")}}}}};
  if (all.proposal) {
    data["proposal"] = proposal_json(context, *all.proposal, newest);
    if (context.query("preview") == "1") {
      auto preview = co_await preview_of(context, *all.proposal, newest.version() + 1, all.units);
      data["preview"] = std::move(preview);
    }
  }
  if (errors.empty()) co_return render(context, "admin_calendars", std::move(data));
  co_return render_refused(context, "admin_calendars", std::move(data), errors);
}

asio::awaitable<http::Response> get_calendar(Context& context) {
  auto page = co_await calendar_page(context, {});
  co_return page;
}

// --- Proposing.

/// The calendar that was sent; its contradictions are errors of the field, each with its day.
std::expected<engine::Calendar, std::vector<Error>> sent_calendar(Context const& context) {
  auto calendar = engine::read_calendar(1, context.request.form["calendar"]);
  if (!calendar) {
    auto error = calendar.error();
    error.field = "calendar";
    error.arguments["reason"] =
        context.text("calendar.reason." + calendar.error().arguments.at("reason"));
    return std::unexpected(std::vector{std::move(error)});
  }
  std::vector<Error> errors;
  auto const reader = reader_of(context);
  for (auto const& finding : engine::check_calendar(*calendar))
    errors.push_back({.code = ErrorCode::invalid,
                      .text = "calendar.finding." + finding.code,
                      .arguments = {{"day", reader.long_date(finding.date)}},
                      .field = "calendar"});
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return *std::move(calendar);
}

/// A day that may stay empty: then the change is in force as soon as it is published.
Result<Date> sent_day(Context const& context) {
  auto const text = context.field("effective_from");
  if (text.empty()) return Date{};
  auto const day = parse_date(text);
  if (!day) return fail(ErrorCode::invalid, "error.field_date", "effective_from");
  if (*day < context.world().clock.today())
    return fail(ErrorCode::invalid, "calendar.error.past", "effective_from");
  return *day;
}

/// What is wrong with hours and closures beside the registers and the days that have passed.
std::vector<Error> opening_errors(db::Connection& connection, casework::Library const& library,
                                  engine::Calendar const& proposed, Date effective) {
  auto const newest = db::calendars(connection).front();
  return casework::opening_errors(connection, library, calendar_of(newest.version, newest.csv),
                                  proposed, effective);
}

std::vector<Error> with_dates(Context const& context, std::vector<Error> errors) {
  auto const reader = reader_of(context);
  for (auto& error : errors)
    for (auto const* const name : {"day", "first"})
      if (auto const found = error.arguments.find(name); found != error.arguments.end())
        if (auto const day = parse_date(found->second)) found->second = reader.long_date(*day);
  return errors;
}

asio::awaitable<std::vector<Error>> proposal_errors(
    Context& context, std::expected<engine::Calendar, std::vector<Error>> const& calendar,
    Result<Date> const& day) {
  std::vector<Error> errors;
  if (!calendar) errors = calendar.error();
  auto const source = context.field("source");
  if (source.empty())
    errors.push_back({.code = ErrorCode::invalid, .text = "error.required", .field = "source"});
  if (utf8_length(source) > k_source_size_max)
    errors.push_back(casework::too_long("source", k_source_size_max));
  if (!day) errors.push_back(day.error());
  if (!errors.empty()) co_return errors;
  auto& world = context.world();
  auto found = co_await world.database.run([&library = world.library, proposed = *calendar,
                                            effective = *day](db::Connection& connection) {
    return opening_errors(connection, library, proposed, effective);
  });
  co_return with_dates(context, std::move(found));
}

asio::awaitable<http::Response> post_proposal(Context& context) {
  auto const calendar = sent_calendar(context);
  auto const source = context.field("source");
  auto const day = sent_day(context);
  auto errors = co_await proposal_errors(context, calendar, day);
  if (!errors.empty()) {
    auto page = co_await calendar_page(context, std::move(errors));
    co_return page;
  }
  db::CalendarProposal const proposal{.csv = calendar->to_csv(),
                                      .source = source,
                                      .first_year = calendar->first_year(),
                                      .last_year = calendar->last_year(),
                                      .effective = *day,
                                      .proposed_by = *context.visitor.user,
                                      .proposer = {},
                                      .proposed = {}};
  bool const taken = co_await context.world().database.run([proposal](db::Connection& connection) {
    auto whole = proposal;
    auto const current = db::current_calendar(connection);
    if (!current) return false;
    whole.base_version = current->version;
    try {
      auto const id = db::propose_calendar(connection, whole);
      db::log_act(connection, whole.proposed_by, "calendar_proposed",
                  "{\"proposal\":" + std::to_string(id) + "}");
      return true;
    } catch (db::Conflict const& conflict) {
      if (conflict.constraint() != "calendar_proposal_open") throw;
      return false;
    }
  });
  if (taken) co_return go(context, "/admin/calendar", "calendar_proposed");
  auto page = co_await calendar_page(
      context, {{.code = ErrorCode::conflict, .text = "calendar.error.open", .field = {}}});
  co_return page;
}

// --- Deciding.

enum class Decision : std::uint8_t { done, gone, own, late };

Decision publish(db::Connection& connection, casework::Library const& library, std::int64_t id,
                 UserId by) {
  try {
    auto const proposal = db::open_calendar_proposal(connection);
    if (proposal && proposal->id == id && proposal->proposed_by != by &&
        !opening_errors(connection, library, calendar_of(1, proposal->csv), proposal->effective)
             .empty())
      return Decision::late;
    auto const published = db::publish_proposal(connection, id, by);
    if (!published) return Decision::gone;
    db::log_act(connection, by, "calendar_published",
                "{\"version\":" + std::to_string(published->version) + "}");
    return Decision::done;
  } catch (db::Conflict const& conflict) {
    if (conflict.constraint() != "calendar_four_eyes") throw;
    return Decision::own;
  }
}

Decision reject(db::Connection& connection, casework::Library const&, std::int64_t id, UserId by) {
  if (!db::reject_proposal(connection, id, by)) return Decision::gone;
  db::log_act(connection, by, "calendar_rejected", "{\"proposal\":" + std::to_string(id) + "}");
  return Decision::done;
}

asio::awaitable<http::Response> decide(Context& context,
                                       Decision (*decision)(db::Connection&,
                                                            casework::Library const&, std::int64_t,
                                                            UserId),
                                       std::string flash) {
  auto& world = context.world();
  auto const outcome = co_await world.database.run(
      [decision, &library = world.library, id = to_id(context.field("proposal")),
       by = *context.visitor.user](db::Connection& connection) {
        auto const decided = decision(connection, library, id, by);
        library.refresh(connection);
        return decided;
      });
  if (outcome == Decision::done) co_return go(context, "/admin/calendar", flash);
  Error error{.code = ErrorCode::conflict, .text = "calendar.error.decided"};
  if (outcome == Decision::own)
    error = {.code = ErrorCode::forbidden, .text = "calendar.error.four_eyes"};
  if (outcome == Decision::late) error.text = "calendar.error.outdated";
  auto page = co_await calendar_page(context, {error});
  co_return page;
}

asio::awaitable<http::Response> post_publish(Context& context) {
  auto page = co_await decide(context, publish, "calendar_published");
  co_return page;
}

asio::awaitable<http::Response> post_reject(Context& context) {
  auto page = co_await decide(context, reject, "calendar_rejected");
  co_return page;
}

// --- Export.

asio::awaitable<http::Response> get_export(Context& context) {
  auto const name = context.parameter("file");
  bool const ical = name.ends_with(".ics");
  if (!ical && !name.ends_with(".csv")) co_return problem(context, 404);
  auto const version = to_id(name.substr(0, name.size() - 4));
  auto const row = co_await context.world().database.run(
      [version](db::Connection& connection) { return db::find_calendar(connection, version); });
  if (!row) co_return problem(context, 404);
  auto const calendar = calendar_of(row->version, row->csv);
  co_return http::download(ical ? to_icalendar(calendar) : calendar.to_csv(),
                           ical ? "text/calendar; charset=utf-8" : "text/csv; charset=utf-8",
                           "calendar-" + name);
}

}  // namespace

void add_admin_calendar_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/admin/calendar", "admin", get_calendar);
  add_page(router, portal, "/{lang}/admin/calendar/{file}", "admin", get_export);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/calendar/propose",
            .access = "admin",
            .fields = {"calendar", "source", "effective_from"}},
           post_proposal);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/calendar/publish", .access = "admin", .fields = {"proposal"}},
           post_publish);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/calendar/reject", .access = "admin", .fields = {"proposal"}},
           post_reject);
}

}  // namespace qyzmet::portal
