// Dates of a term before anybody applies, and the days of the calendar in force.
#include "services/api/terms.hpp"

#include <algorithm>
#include <charconv>

#include "services/api/routes.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::days k_calendar_days_max{400};
constexpr int k_working_days_max = 1000;

Error wrong(std::string text, std::string field) {
  return {.code = ErrorCode::invalid, .text = std::move(text), .field = std::move(field)};
}

asio::awaitable<http::Response> get_deadlines(Call& call) {
  auto const package =
      call.world().library.in_force(call.query("service"), call.world().clock.today());
  if (!package) co_return problem(call, wrong("error.service_unknown", "service"));
  auto const calendar = call.world().library.calendar();
  if (!calendar)
    co_return problem(call, {.code = ErrorCode::unavailable, .text = "error.no_calendar"});
  auto filed = std::optional{call.world().clock.now()};
  if (auto const text = call.query("filed"); !text.empty()) filed = parse_legal_time(text);
  if (!filed) co_return problem(call, wrong("error.field_datetime", "filed"));
  std::optional<engine::Extended> extended;
  if (auto const text = call.query("extended_on"); !text.empty()) {
    auto const day = parse_date(text);
    if (!day) co_return problem(call, wrong("error.field_date", "extended_on"));
    if (package->term.extensions.empty())
      co_return problem(call, wrong("error.unknown_extension", "extended_on"));
    extended = engine::Extended{.code = package->term.extensions.front().code, .on = *day};
  }
  auto const deadlines =
      engine::compute_deadlines(package->term, *calendar, *filed, call.query("place"), extended);
  if (!deadlines) co_return problem(call, deadlines.error(), package.get());
  json::array milestones;
  for (auto const& each : deadlines->milestones)
    milestones.push_back(milestone_json(call, *package, each));
  json::object out{{"service", package->service},
                   {"filed", to_iso(deadlines->filed)},
                   {"accepted", to_iso(deadlines->accepted)},
                   {"term", term_json(call, *package, *deadlines)},
                   {"milestones", std::move(milestones)}};
  co_return answer(out);
}

json::object day_json(Date day, engine::DayInfo const& info) {
  json::object out{
      {"date", to_iso(day)}, {"working", info.working}, {"kind", engine::to_text(info.kind)}};
  if (!info.basis.empty()) out["basis"] = info.basis;
  if (!info.source.empty()) out["source"] = info.source;
  return out;
}

asio::awaitable<http::Response> get_calendar(Call& call) {
  auto const calendar = call.world().library.calendar();
  if (!calendar)
    co_return problem(call, {.code = ErrorCode::unavailable, .text = "error.no_calendar"});
  auto const from = parse_date(call.query("from")), until = parse_date(call.query("until"));
  if (!from) co_return problem(call, wrong("error.field_date", "from"));
  if (!until || *until < *from || *until - *from > k_calendar_days_max)
    co_return problem(call, wrong("error.period", "until"));
  json::array days;
  for (auto day = *from; day <= *until; day += std::chrono::days{1})
    days.push_back(day_json(day, calendar->info(day)));
  json::object out{{"version", calendar->version()},
                   {"provisional", calendar->provisional(*until)},
                   {"days", std::move(days)}};
  co_return answer(out);
}

std::optional<int> count_in(std::string const& text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || value < -k_working_days_max || value > k_working_days_max) return {};
  return value;
}

asio::awaitable<http::Response> get_working_day(Call& call) {
  auto const calendar = call.world().library.calendar();
  if (!calendar)
    co_return problem(call, {.code = ErrorCode::unavailable, .text = "error.no_calendar"});
  auto const from = parse_date(call.query("from"));
  if (!from) co_return problem(call, wrong("error.field_date", "from"));
  auto const count = count_in(call.query("count"));
  if (!count) co_return problem(call, wrong("error.working_days", "count"));
  auto const day = calendar->wd_add(*from, *count);
  json::object out{
      {"from", day_json(*from, calendar->info(*from))},
      {"count", *count},
      {"day", day_json(day, calendar->info(day))},
      {"provisional", calendar->touches_provisional(std::min(*from, day), std::max(*from, day))},
      {"version", calendar->version()}};
  co_return answer(out);
}

asio::awaitable<http::Response> get_openapi(http::Request&) {
  http::Response response{.body = std::string{openapi()}, .content_type = "application/json"};
  co_return response;
}

}  // namespace

json::array days_json(engine::CountedDays const& days) {
  json::array out;
  for (auto const& day : days) {
    json::object item{
        {"date", to_iso(day.date)}, {"number", day.number}, {"kind", engine::to_text(day.kind)}};
    if (!day.basis.empty()) item["basis"] = day.basis;
    out.push_back(std::move(item));
  }
  return out;
}

json::object term_json(Call const& call, engine::Package const& package,
                       engine::Deadlines const& deadlines) {
  auto const cite = package.term.cite_by_place.find(package.term.place_row(deadlines.place));
  json::object out{{"place", deadlines.place},
                   {"working_days", deadlines.days},
                   {"due", to_iso(deadlines.due)},
                   {"original_due", to_iso(deadlines.original_due)},
                   {"provisional", deadlines.provisional},
                   {"calendar_version", deadlines.calendar_version},
                   {"until_accepted", days_json(deadlines.acceptance)},
                   {"counted", days_json(deadlines.explanation)}};
  if (deadlines.extended) out["extended_on"] = to_iso(deadlines.extended->on);
  auto paragraph = cite == package.term.cite_by_place.end()
                       ? json::value{}
                       : paragraph_json(call, package, cite->second);
  if (!paragraph.is_null()) out["paragraph"] = std::move(paragraph);
  auto counting = paragraph_json(call, package, package.term.counting_cite);
  if (!counting.is_null()) out["counting_paragraph"] = std::move(counting);
  return out;
}

json::object milestone_json(Call const& call, engine::Package const& package,
                            engine::Deadline const& milestone) {
  json::object out{{"code", milestone.code},
                   {"text", call.text("milestone." + milestone.code, {}, &package)},
                   {"latest", to_iso(milestone.latest)},
                   {"rule", milestone.rule},
                   {"counted", days_json(milestone.explanation)}};
  if (auto paragraph = paragraph_json(call, package, milestone.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  return out;
}

void add_term_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = "/deadlines",
       .access = "anyone",
       .handler = get_deadlines,
       .query = {"service", "place", "filed", "extended_on"}});
  add(router, api,
      {.path = "/calendar",
       .access = "anyone",
       .handler = get_calendar,
       .query = {"from", "until"}});
  add(router, api,
      {.path = "/calendar/working-day",
       .access = "anyone",
       .handler = get_working_day,
       .query = {"from", "count"}});
  router.add({.method = http::Method::get,
              .pattern = "/api/openapi.json",
              .access = "anyone",
              .body = http::Body::none,
              .handler = get_openapi});
}

}  // namespace qyzmet::api
