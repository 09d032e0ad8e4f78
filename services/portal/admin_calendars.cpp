// The administrator's page of the working-day calendar: what is in force and how long it lasts, a
// proposed change with what it moves, publishing by somebody else, export.
#include "db/calendars.hpp"
#include "db/people.hpp"
#include "engine/icalendar.hpp"
#include "services/casework/calendar_changes.hpp"
#include "services/casework/calendars.hpp"
#include "services/casework/opening_text.hpp"
#include "services/http/responses.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using casework::calendar_of;
using casework::closures_json;
using casework::UnitNames;

constexpr std::size_t k_listed_max = 100;

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
          .units = casework::unit_names(connection, language)};
}

db::CalendarRow const* find(Calendars const& calendars, std::int64_t version) {
  for (auto const& row : calendars.rows)
    if (row.version == version) return &row;
  return nullptr;
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
  json::array out;
  for (auto const& line :
       casework::hours_lines(calendar, context.world().clock.today(), context.language))
    out.push_back({{"who", context.text("calendar.keeper." + std::string{to_text(line.keeper)})},
                   {"times", line.times},
                   {"since", line.since ? to_iso(*line.since) : std::string{}}});
  return out;
}

json::array differences_json(Context const& context, engine::Calendar const& before,
                             engine::Calendar const& after) {
  auto const text = [&](Date date, std::optional<engine::CalendarDay> const& day) {
    return casework::day_text(date, day, context.portal.pages.catalogue(), context.language);
  };
  json::array out;
  for (auto const& each : engine::differences(before, after))
    out.push_back({{"date", to_iso(each.date)},
                   {"before", text(each.date, each.before)},
                   {"after", text(each.date, each.after)},
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
  auto const [preview, offices] =
      co_await world.database.run([&library = world.library, proposed, now](db::Connection& c) {
        return std::pair{
            casework::preview_calendar(c, library, *proposed, now, casework::k_preview_cases_max),
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

asio::awaitable<http::Response> refused(Context& context, std::vector<Error> errors) {
  auto page = co_await calendar_page(
      context,
      casework::in_words(std::move(errors), context.portal.pages.catalogue(), context.language));
  co_return page;
}

asio::awaitable<http::Response> post_proposal(Context& context) {
  casework::SentCalendar const sent{.text = context.request.form["calendar"],
                                    .source = context.field("source"),
                                    .effective_from = context.field("effective_from")};
  auto& world = context.world();
  auto kept =
      co_await world.database.run([&library = world.library, sent, today = world.clock.today(),
                                   by = *context.visitor.user](db::Connection& connection) {
        return casework::propose_calendar(connection, library, sent, today, by);
      });
  if (kept) co_return go(context, "/admin/calendar", "calendar_proposed");
  auto page = co_await refused(context, std::move(kept.error()));
  co_return page;
}

// --- Deciding.

asio::awaitable<http::Response> post_publish(Context& context) {
  auto& world = context.world();
  auto const published =
      co_await world.database.run([&library = world.library, id = to_id(context.field("proposal")),
                                   by = *context.visitor.user](db::Connection& connection) {
        return casework::publish_calendar(connection, library, id, by);
      });
  if (published) co_return go(context, "/admin/calendar", "calendar_published");
  auto page = co_await refused(context, {published.error()});
  co_return page;
}

asio::awaitable<http::Response> post_reject(Context& context) {
  auto const rejected = co_await context.world().database.run(
      [id = to_id(context.field("proposal")), by = *context.visitor.user](
          db::Connection& connection) { return casework::reject_calendar(connection, id, by); });
  if (rejected) co_return go(context, "/admin/calendar", "calendar_rejected");
  auto page = co_await refused(context, {rejected.error()});
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
