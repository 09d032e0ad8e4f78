// The demo page: who can be tried, where the simulators are, and the clock that moves forward. The
// routes answer 404 in a production installation (access class "demo"), and the database refuses to
// move a production clock besides.
#include "engine/calendar.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::hours k_morning{9};
constexpr std::chrono::days k_jump_max{366};

json::array people_json(Portal const& portal, Context const& context) {
  json::array out;
  for (auto const& person : portal.people) {
    auto const role = person.role.empty() ? std::string{"citizen"} : person.role;
    out.push_back({{"key", person.key},
                   {"name", person.name},
                   {"iin", person.iin},
                   {"phone", person.phone},
                   {"role", context.text("role." + role)},
                   {"unit", person.unit}});
  }
  return out;
}

http::Response demo_page(Context const& context, std::vector<Error> const& errors) {
  json::array links;
  for (auto const& link : context.portal.simulators)
    links.push_back({{"text", context.text("demo.link." + link.name)}, {"url", link.url}});
  json::object data{{"people", people_json(context.portal, context)},
                    {"links", std::move(links)},
                    {"now", to_iso(context.world().clock.now())},
                    {"to", context.field("to")},
                    {"action", context.url("/demo/clock")}};
  if (errors.empty()) return render(context, "demo", std::move(data));
  return render_refused(context, "demo", std::move(data), errors);
}

asio::awaitable<http::Response> get_demo(Context& context) {
  co_return demo_page(context, {});
}

/// For the simulators, which live in the same time.
asio::awaitable<http::Response> get_now(Context& context) {
  co_return http::Response{.status = 200,
                           .headers = {},
                           .body = to_iso(context.world().clock.now()) + "\n",
                           .content_type = "text/plain; charset=utf-8"};
}

/// "2026-11-23T09:30" of the legal zone.
std::optional<Instant> local_time(std::string const& text) {
  if (text.size() != 16 || text[10] != 'T') return std::nullopt;
  auto const at = parse_instant(text + ":00.000000Z");
  if (!at) return std::nullopt;
  return *at - k_legal_offset;
}

Result<Instant> wanted_time(Context const& context) {
  auto const now = context.world().clock.now();
  auto const move = context.field("move");
  if (move == "hour") return now + std::chrono::hours{1};
  if (move == "day") {
    auto const calendar = context.world().library.calendar();
    if (!calendar) return fail(ErrorCode::unavailable, "error.no_calendar");
    auto const next = calendar->wd_add(legal_date(now), 1);
    return start_of(next) + k_morning;
  }
  auto const to = local_time(context.field("to"));
  if (!to) return fail(ErrorCode::invalid, "error.field_datetime", "to");
  if (*to <= now) return fail(ErrorCode::invalid, "error.clock_backwards", "to");
  if (*to - now > k_jump_max) return fail(ErrorCode::invalid, "error.clock_far", "to");
  return *to;
}

asio::awaitable<http::Response> post_clock(Context& context) {
  auto const to = wanted_time(context);
  if (!to) co_return demo_page(context, {to.error()});
  auto& clock = context.world().clock;
  co_await context.world().database.run([to = *to, &clock](db::Connection& connection) {
    db::advance_demo_clock(connection, to);
    clock.refresh(connection);
  });
  co_return go(context, "/demo", "clock_moved");
}

}  // namespace

void add_demo_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/demo/now", "demo", get_now);
  add_page(router, portal, "/{lang}/demo", "demo", get_demo);
  add_form(router, portal,
           {.pattern = "/{lang}/demo/clock", .access = "demo", .fields = {"move", "to"}},
           post_clock);
}

}  // namespace qyzmet::portal
