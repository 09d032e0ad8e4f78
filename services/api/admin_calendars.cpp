// The working-day calendar for the administrator: versions and their export, a proposed change with
// what it moves, publishing by a second administrator.
#include <algorithm>

#include "engine/icalendar.hpp"
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/calendar_changes.hpp"
#include "services/casework/calendars.hpp"
#include "services/casework/opening_text.hpp"
#include "services/http/responses.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using casework::calendar_of;
using casework::closures_json;
using casework::UnitNames;

constexpr std::string_view k_path = "/admin/calendars";
constexpr std::string_view k_proposal = "/admin/calendars/proposals/{proposal}";

std::string address_of(std::int64_t proposal) {
  return std::string{k_path} + "/proposals/" + std::to_string(proposal);
}

json::object row_json(db::CalendarRow const& row, std::int64_t current) {
  json::object out{{"version", row.version},
                   {"first_year", row.first_year},
                   {"last_year", row.last_year},
                   {"source", row.source},
                   {"published", to_iso(row.published)},
                   {"current", row.version == current}};
  // The first version has always been in force.
  if (row.effective != Date{} && row.version != 1) out["effective"] = to_iso(row.effective);
  return out;
}

json::array years_json(engine::Calendar const& calendar) {
  json::array out;
  for (int year = calendar.first_year(); year <= calendar.last_year(); ++year) {
    Date const first{std::chrono::year{year} / std::chrono::January / 1};
    out.push_back({{"year", year},
                   {"working_days", calendar.working_days(year)},
                   {"provisional", calendar.provisional(first)}});
  }
  return out;
}

// --- Versions

struct Versions {
  std::vector<db::CalendarRow> rows;
  std::optional<db::CalendarRow> current;
  std::optional<db::CalendarProposal> proposal;
};

asio::awaitable<Versions> read_versions(Call const& call) {
  auto out = co_await call.world().database.run([](db::Connection& connection) {
    return Versions{.rows = db::calendars(connection),
                    .current = db::current_calendar(connection),
                    .proposal = db::open_calendar_proposal(connection)};
  });
  co_return out;
}

json::object horizon_json(casework::CalendarHorizon const& horizon) {
  return {{"last_official", to_iso(horizon.last_official)},
          {"working_days_left", horizon.left_wd},
          {"working_days_needed", horizon.needed_wd},
          {"alarm", horizon.alarm()}};
}

asio::awaitable<http::Response> get_calendars(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto all = co_await read_versions(call);
  if (!all.current)
    co_return problem(call, Error{.code = ErrorCode::unavailable, .text = "error.no_calendar"});
  auto out = page_json(*page, rows_of(*page, std::move(all.rows)),
                       [&](auto const& row) { return row_json(row, all.current->version); });
  out["horizon"] = horizon_json(casework::calendar_horizon(
      call.world().library, calendar_of(all.current->version, all.current->csv),
      call.world().clock.today()));
  if (all.proposal) out["proposal"] = "/api/v1" + address_of(all.proposal->id);
  co_return answer(out);
}

struct Version {
  std::optional<db::CalendarRow> row, current;
  UnitNames units;
};

asio::awaitable<Version> read_version(Call const& call) {
  auto out =
      co_await call.world().database.run([version = to_id(call.parameter("version")),
                                          language = call.language](db::Connection& connection) {
        return Version{.row = db::find_calendar(connection, version),
                       .current = db::current_calendar(connection),
                       .units = casework::unit_names(connection, language)};
      });
  co_return out;
}

json::array hours_json(Call const& call, engine::Calendar const& calendar, Date today) {
  json::array out;
  for (auto const& line : casework::hours_lines(calendar, today, call.language)) {
    auto const keeper = to_text(line.keeper);
    json::object item{{"keeper", keeper},
                      {"text", call.text("calendar.keeper." + std::string{keeper})},
                      {"times", line.times}};
    if (line.since) item["since"] = to_iso(*line.since);
    out.push_back(std::move(item));
  }
  return out;
}

asio::awaitable<http::Response> get_version(Call& call) {
  auto const found = co_await read_version(call);
  if (!found.row) co_return no_such_row(call);
  auto const calendar = calendar_of(found.row->version, found.row->csv);
  auto const today = call.world().clock.today();
  auto out = row_json(*found.row, found.current ? found.current->version : 0);
  out["years"] = years_json(calendar);
  out["hours"] = hours_json(call, calendar, today);
  out["closures"] = closures_json(calendar.opening().closures(), found.units, today);
  co_return answer(out);
}

asio::awaitable<http::Response> export_as(Call& call, bool ical) {
  auto const found = co_await read_version(call);
  if (!found.row) co_return no_such_row(call);
  auto const calendar = calendar_of(found.row->version, found.row->csv);
  co_return http::download(
      ical ? to_icalendar(calendar) : calendar.to_csv(),
      ical ? "text/calendar; charset=utf-8" : "text/csv; charset=utf-8",
      "calendar-" + std::to_string(found.row->version) + (ical ? ".ics" : ".csv"));
}

asio::awaitable<http::Response> get_csv(Call& call) {
  auto response = co_await export_as(call, false);
  co_return response;
}
asio::awaitable<http::Response> get_ics(Call& call) {
  auto response = co_await export_as(call, true);
  co_return response;
}

// --- The proposal

http::Response refused(Call const& call, std::vector<Error> errors) {
  return problem(call, casework::in_words(std::move(errors), call.api.texts, call.language));
}

asio::awaitable<http::Response> post_proposal(Call& call) {
  auto const body = body_object(call, {"calendar", "source", "effective_from"});
  if (!body) co_return problem(call, body.error());
  casework::SentCalendar sent;
  if (auto const wrong =
          read_texts(*body, {{"source", &sent.source}, {"effective_from", &sent.effective_from}}))
    co_return problem(call, *wrong);
  auto text = text_member(*body, "calendar");
  if (!text) co_return problem(call, text.error());
  sent.text = std::move(*text);
  auto& world = call.world();
  auto const kept =
      co_await world.database.run([&library = world.library, sent, today = world.clock.today(),
                                   by = *call.caller().user](db::Connection& connection) {
        return casework::propose_calendar(connection, library, sent, today, by);
      });
  if (!kept) co_return refused(call, kept.error());
  co_return kept_answer({{"id", std::to_string(*kept)}}, true, address_of(*kept));
}

struct Proposed {
  db::CalendarProposal proposal;
  engine::Calendar base, calendar;
};

/// The one of the path, while it waits for its decision.
asio::awaitable<std::optional<Proposed>> find_proposal(Call const& call) {
  auto all = co_await read_versions(call);
  if (!all.proposal || std::to_string(all.proposal->id) != call.parameter("proposal"))
    co_return std::nullopt;
  auto const& newest = all.rows.front();
  auto base = calendar_of(newest.version, newest.csv);
  auto proposed = calendar_of(newest.version + 1, all.proposal->csv);
  co_return Proposed{.proposal = std::move(*all.proposal),
                     .base = std::move(base),
                     .calendar = std::move(proposed)};
}

json::array differences_json(Call const& call, Proposed const& found) {
  auto const text = [&](Date date, std::optional<engine::CalendarDay> const& day) {
    return casework::day_text(date, day, call.api.texts, call.language);
  };
  json::array out;
  for (auto const& each : engine::differences(found.base, found.calendar))
    out.push_back({{"date", to_iso(each.date)},
                   {"before", text(each.date, each.before)},
                   {"after", text(each.date, each.after)},
                   {"source", each.after ? each.after->source : std::string{}}});
  return out;
}

asio::awaitable<http::Response> get_proposal(Call& call) {
  auto const found = co_await find_proposal(call);
  if (!found) co_return no_such_row(call);
  auto const& proposal = found->proposal;
  json::array opening;
  for (auto const& each : engine::opening_differences(found->base, found->calendar))
    opening.push_back({{"line", each.line}, {"added", each.added}});
  co_return answer({{"id", std::to_string(proposal.id)},
                    {"by", proposal.proposer},
                    {"at", to_iso(proposal.proposed)},
                    {"source", proposal.source},
                    {"effective", to_iso(std::max(proposal.effective, call.world().clock.today()))},
                    {"own", call.caller().user == proposal.proposed_by},
                    {"years", years_json(found->calendar)},
                    {"differences", differences_json(call, *found)},
                    {"opening", std::move(opening)},
                    {"preview", "/api/v1" + address_of(proposal.id) + "/preview"}});
}

// --- What it would move

struct Moves {
  casework::CalendarPreview preview;
  UnitNames units;
};

asio::awaitable<Moves> preview_of(Call const& call, engine::Calendar calendar) {
  auto const proposed = std::make_shared<engine::Calendar const>(std::move(calendar));
  auto& world = call.world();
  auto out =
      co_await world.database.run([&library = world.library, proposed, now = world.clock.now(),
                                   language = call.language](db::Connection& connection) {
        return Moves{.preview = casework::preview_calendar(connection, library, *proposed, now,
                                                           casework::k_preview_cases_max),
                     .units = casework::unit_names(connection, language)};
      });
  co_return out;
}

json::object affected_json(Call const& call, casework::AffectedCase const& moved,
                           UnitNames const& units) {
  json::array days;
  for (auto const& day : moved.by.days)
    days.push_back(
        {{"code", day.code.empty() ? "term" : day.code},
         {"text", call.text(day.code.empty() ? "calendar.term_end" : "milestone." + day.code)},
         {"before", to_iso(day.before)},
         {"after", to_iso(day.after)}});
  json::object out{{"number", moved.number},
                   {"office", std::to_string(moved.office.value)},
                   {"days", std::move(days)},
                   {"closures", closures_json(moved.by.closures, units)}};
  if (moved.by.hearing) out["hearing"] = to_iso(*moved.by.hearing);
  return out;
}

asio::awaitable<http::Response> get_preview(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const found = co_await find_proposal(call);
  if (!found) co_return no_such_row(call);
  auto moves = co_await preview_of(call, found->calendar);
  auto& preview = moves.preview;
  auto const affected = static_cast<std::int64_t>(preview.affected.size());
  auto out = page_json(*page, rows_of(*page, std::move(preview.affected)),
                       [&](auto const& moved) { return affected_json(call, moved, moves.units); });
  out["seen"] = preview.seen;
  out["affected"] = affected;
  out["unreadable"] = preview.unreadable;
  out["complete"] = preview.complete;
  co_return answer(out);
}

// --- Deciding

asio::awaitable<http::Response> post_publish(Call& call) {
  auto& world = call.world();
  auto const published =
      co_await world.database.run([&library = world.library, id = to_id(call.parameter("proposal")),
                                   by = *call.caller().user](db::Connection& connection) {
        return casework::publish_calendar(connection, library, id, by);
      });
  if (!published) co_return refused(call, {published.error()});
  co_return answer({{"version", published->version}, {"effective", to_iso(published->effective)}});
}

asio::awaitable<http::Response> post_reject(Call& call) {
  auto const rejected = co_await call.world().database.run(
      [id = to_id(call.parameter("proposal")), by = *call.caller().user](
          db::Connection& connection) { return casework::reject_calendar(connection, id, by); });
  if (!rejected) co_return refused(call, {rejected.error()});
  co_return answer({{"id", std::to_string(*rejected)}});
}

}  // namespace

void add_admin_calendar_operations(http::Router& router, Api& api) {
  auto const read = [&](std::string_view path, Handler handler,
                        std::vector<std::string_view> query = {},
                        std::string_view gives = "application/json") {
    add(router, api,
        {.path = path,
         .access = k_admin,
         .handler = handler,
         .query = std::move(query),
         .gives = gives});
  };
  auto const decide = [&](std::string_view path, Handler handler) {
    add_act(router, api, path, handler, http::Body::none);
  };
  read(k_path, get_calendars, {"limit", "cursor"});
  read("/admin/calendars/{version}", get_version);
  read("/admin/calendars/{version}/csv", get_csv, {}, "text/csv");
  read("/admin/calendars/{version}/ics", get_ics, {}, "text/calendar");
  add(router, api,
      {.method = http::Method::post,
       .path = "/admin/calendars/proposals",
       .access = k_admin,
       .handler = post_proposal,
       .body = http::Body::json,
       .body_bytes_max = 0,
       .once = true});
  read(k_proposal, get_proposal);
  read("/admin/calendars/proposals/{proposal}/preview", get_preview, {"limit", "cursor"});
  decide("/admin/calendars/proposals/{proposal}/publish", post_publish);
  decide("/admin/calendars/proposals/{proposal}/reject", post_reject);
}

}  // namespace qyzmet::api
