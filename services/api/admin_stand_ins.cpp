// Who signs while a head is away: recorded appointments, withdrawn and never changed.
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/registers.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/stand-ins";

json::object stand_in_json(Call const& call, db::StandIn const& row, Date today) {
  auto const state = casework::stand_in_state(row, today);
  return {{"id", std::to_string(row.id)},
          {"office", std::to_string(row.office.value)},
          {"absent", named_json(row.absent.value, row.absent_name)},
          {"deputy", named_json(row.deputy.value, row.deputy_name)},
          {"from", to_iso(row.from)},
          {"until", to_iso(row.until)},
          {"basis", row.basis},
          {"position_kk", row.position_kk},
          {"position_ru", row.position_ru},
          {"state", {{"code", state}, {"text", call.text("stand_in." + std::string{state})}}}};
}

asio::awaitable<http::Response> get_stand_ins(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto const rows = co_await call.world().database.run([page = *page](db::Connection& connection) {
    return db::recorded_stand_ins(connection, page.wanted(), page.offset);
  });
  co_return answer(page_json(*page, rows, [&, today = call.world().clock.today()](auto const& row) {
    return stand_in_json(call, row, today);
  }));
}

/// What is wrong with the people, the days and the texts themselves, casework says.
std::expected<db::StandIn, std::vector<Error>> read_stand_in(Call const& call) {
  auto const body = body_object(
      call, {"office", "absent", "deputy", "from", "until", "basis", "position_kk", "position_ru"});
  if (!body) return std::unexpected(std::vector{body.error()});
  std::string office, absent, deputy, from, until;
  db::StandIn out;
  if (auto const wrong = read_texts(*body, {{"office", &office},
                                            {"absent", &absent},
                                            {"deputy", &deputy},
                                            {"from", &from},
                                            {"until", &until},
                                            {"basis", &out.basis},
                                            {"position_kk", &out.position_kk},
                                            {"position_ru", &out.position_ru}}))
    return std::unexpected(std::vector{*wrong});
  std::vector<Error> errors;
  auto const day = [&](std::string const& text, std::string field) {
    auto const date = parse_date(text);
    if (!date)
      errors.push_back(
          {.code = ErrorCode::invalid, .text = "error.field_date", .field = std::move(field)});
    return date.value_or(Date{});
  };
  out.from = day(from, "from");
  out.until = day(until, "until");
  if (!errors.empty()) return std::unexpected(std::move(errors));
  out.office = OfficeId{to_id(office)};
  out.absent = UserId{to_id(absent)};
  out.deputy = UserId{to_id(deputy)};
  out.appointed_by = call.caller().user;
  return out;
}

asio::awaitable<http::Response> post_stand_in(Call& call) {
  auto const sent = read_stand_in(call);
  if (!sent) co_return problem(call, sent.error());
  auto const kept = co_await call.world().database.run(
      [sent = *sent, today = call.world().clock.today()](db::Connection& connection) {
        return casework::appoint(connection, sent, today);
      });
  if (!kept) co_return problem(call, kept.error());
  co_return answer({{"id", std::to_string(*kept)}}, 201);
}

asio::awaitable<http::Response> post_withdraw(Call& call) {
  auto const id = to_id(call.parameter("stand_in"));
  bool const done = co_await call.world().database.run(
      [id, today = call.world().clock.today(), by = call.caller().user](
          db::Connection& connection) { return casework::withdraw(connection, id, today, by); });
  if (!done)
    co_return problem(call, Error{.code = ErrorCode::conflict, .text = "error.stand_in_over"});
  co_return answer({{"id", std::to_string(id)}});
}

}  // namespace

void add_admin_stand_in_operations(http::Router& router, Api& api) {
  add(router, api,
      {.path = k_path, .access = k_admin, .handler = get_stand_ins, .query = {"limit", "cursor"}});
  add(router, api,
      {.method = http::Method::post,
       .path = k_path,
       .access = k_admin,
       .handler = post_stand_in,
       .body = http::Body::json,
       .once = true});
  add(router, api,
      {.method = http::Method::post,
       .path = "/admin/stand-ins/{stand_in}/withdraw",
       .access = k_admin,
       .handler = post_withdraw,
       .once = true});
}

}  // namespace qyzmet::api
