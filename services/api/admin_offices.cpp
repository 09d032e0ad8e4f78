// Offices and branches for the administrator: both registers, and keeping one of them. An office or
// branch is closed, not removed: cases stand on it.
#include "services/api/admin.hpp"
#include "services/api/routes.hpp"
#include "services/casework/opening_text.hpp"
#include "services/casework/registers.hpp"
#include "services/casework/units.hpp"

namespace qyzmet::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_offices = "/admin/offices";
constexpr std::string_view k_branches = "/admin/branches";

template <class Unit>
json::object unit_json(Unit const& unit, std::span<casework::UnitText<Unit> const> texts) {
  json::object out{{"id", std::to_string(unit.id.value)}, {"active", unit.active}};
  for (auto const& each : texts) out[each.name] = unit.*each.text;
  return out;
}

/// The members of a body for a unit as it stands; `more` beside its texts.
template <class Unit>
Result<json::object> unit_body(Call const& call, Unit& unit,
                               std::span<casework::UnitText<Unit> const> texts,
                               std::vector<std::string_view> more) {
  TextMembers members;
  for (auto const& each : texts) {
    members.emplace_back(each.name, &(unit.*each.text));
    more.push_back(each.name);
    (unit.*each.text).clear();
  }
  auto body = body_object(call, more);
  if (!body) return body;
  if (auto wrong = read_texts(*body, members)) return std::unexpected(std::move(*wrong));
  auto const active = flag_member(*body, "active", unit.active);
  if (!active) return std::unexpected(active.error());
  unit.active = *active;
  return body;
}

// --- Offices

json::object office_json(Call const& call, db::Office const& office) {
  auto out = unit_json(office, casework::office_texts());
  out["place"] = {{"code", office.place}, {"text", call.text("place." + office.place)}};
  if (office.superior) out["superior"] = std::to_string(office.superior->value);
  if (!office.superior_email.empty()) out["superior_email"] = office.superior_email;
  out["above_only"] = office.above_only;
  return out;
}

asio::awaitable<http::Response> get_offices(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto units = co_await call.world().database.run(
      [](db::Connection& connection) { return casework::read_units(connection); });
  units = casework::asked_units(std::move(units), call.query("text"));
  co_return answer(page_json(*page, rows_of(*page, std::move(units.offices)),
                             [&](db::Office const& office) { return office_json(call, office); }));
}

asio::awaitable<std::optional<db::Office>> find_office(Call const& call) {
  auto office = co_await call.world().database.run(
      [id = OfficeId{to_id(call.parameter("office"))}](db::Connection& connection) {
        return db::find_office(connection, id);
      });
  co_return office;
}

asio::awaitable<http::Response> get_office(Call& call) {
  auto const office = co_await find_office(call);
  if (!office) co_return no_such_row(call);
  co_return answer(office_json(call, *office));
}

/// Who stands above it; without a member as it is, "" ends it.
std::optional<Error> read_superior(json::object const& body, db::Office& office) {
  auto const superior = text_member(body, "superior");
  if (!superior) return superior.error();
  auto const email = text_member(body, "superior_email");
  if (!email) return email.error();
  auto const above_only = flag_member(body, "above_only", office.above_only);
  if (!above_only) return above_only.error();
  if (body.contains("superior"))
    office.superior = superior->empty() ? std::nullopt : std::optional{OfficeId{to_id(*superior)}};
  if (body.contains("superior_email")) office.superior_email = *email;
  office.above_only = *above_only;
  return std::nullopt;
}

/// Kept as the body says; a fresh one has no id yet.
asio::awaitable<http::Response> keep(Call& call, db::Office office) {
  bool const fresh = office.id.value == 0;
  auto const body = unit_body(call, office, casework::office_texts(),
                              {"place", "active", "superior", "superior_email", "above_only"});
  if (!body) co_return problem(call, body.error());
  if (auto const wrong = read_superior(*body, office)) co_return problem(call, *wrong);
  auto const place = text_member(*body, "place");
  if (!place) co_return problem(call, place.error());
  auto& world = call.world();
  auto const known = casework::place_by_packages(world.library, office.code, world.clock.today());
  if (!known.empty())
    office.place = known;
  else if (!place->empty())
    office.place = *place;
  auto const kept =
      co_await world.database.run([office, by = call.caller().user](db::Connection& connection) {
        return casework::keep_office(connection, office, by);
      });
  if (!kept) co_return problem(call, kept.error());
  office.id = *kept;
  co_return kept_answer(office_json(call, office), fresh,
                        std::string{k_offices} + '/' + std::to_string(kept->value));
}

asio::awaitable<http::Response> post_office(Call& call) {
  auto response = co_await keep(call, db::Office{});
  co_return response;
}

asio::awaitable<http::Response> put_office(Call& call) {
  auto stored = co_await find_office(call);
  if (!stored) co_return no_such_row(call);
  auto response = co_await keep(call, std::move(*stored));
  co_return response;
}

// --- Branches

json::object branch_json(Call const& call, db::Branch const& branch) {
  auto out = unit_json(branch, casework::branch_texts());
  out["office"] = std::to_string(branch.office.value);
  out["is_duty"] = branch.is_duty;
  if (auto const calendar = call.world().library.calendar())
    out["open_hours"] =
        casework::hours_text(*calendar, branch, call.world().clock.today(), call.language);
  return out;
}

asio::awaitable<http::Response> get_branches(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  std::optional<OfficeId> office;
  if (auto const text = call.query("office"); !text.empty()) office = OfficeId{to_id(text)};
  auto branches = co_await call.world().database.run(
      [office](db::Connection& connection) { return db::branches(connection, office); });
  std::erase_if(branches, [asked = call.query("text")](db::Branch const& branch) {
    return !casework::is_asked(branch, asked);
  });
  co_return answer(page_json(*page, rows_of(*page, std::move(branches)),
                             [&](db::Branch const& branch) { return branch_json(call, branch); }));
}

asio::awaitable<std::optional<db::Branch>> find_branch(Call const& call) {
  auto branch = co_await call.world().database.run(
      [id = BranchId{to_id(call.parameter("branch"))}](db::Connection& connection) {
        return db::find_branch(connection, id);
      });
  co_return branch;
}

asio::awaitable<http::Response> get_branch(Call& call) {
  auto const branch = co_await find_branch(call);
  if (!branch) co_return no_such_row(call);
  co_return answer(branch_json(call, *branch));
}

asio::awaitable<http::Response> keep(Call& call, db::Branch branch) {
  bool const fresh = branch.id.value == 0;
  auto const body =
      unit_body(call, branch, casework::branch_texts(), {"office", "is_duty", "active"});
  if (!body) co_return problem(call, body.error());
  auto const office = text_member(*body, "office");
  if (!office) co_return problem(call, office.error());
  auto const is_duty = flag_member(*body, "is_duty", branch.is_duty);
  if (!is_duty) co_return problem(call, is_duty.error());
  branch.office = OfficeId{to_id(*office)};
  branch.is_duty = *is_duty;
  auto const kept = co_await call.world().database.run(
      [branch, by = call.caller().user](db::Connection& connection) {
        return casework::keep_branch(connection, branch, by);
      });
  if (!kept) co_return problem(call, kept.error());
  branch.id = *kept;
  co_return kept_answer(branch_json(call, branch), fresh,
                        std::string{k_branches} + '/' + std::to_string(kept->value));
}

asio::awaitable<http::Response> post_branch(Call& call) {
  auto response = co_await keep(call, db::Branch{});
  co_return response;
}

asio::awaitable<http::Response> put_branch(Call& call) {
  auto stored = co_await find_branch(call);
  if (!stored) co_return no_such_row(call);
  auto response = co_await keep(call, std::move(*stored));
  co_return response;
}

}  // namespace

void add_admin_office_operations(http::Router& router, Api& api) {
  using enum http::Method;
  auto const read = [&](std::string_view path, Handler handler,
                        std::vector<std::string_view> query = {}) {
    add(router, api,
        {.path = path, .access = k_admin, .handler = handler, .query = std::move(query)});
  };
  auto const act = [&](http::Method method, std::string_view path, Handler handler) {
    add_act(router, api, path, handler, http::Body::json, method);
  };
  read(k_offices, get_offices, {"text", "limit", "cursor"});
  act(post, k_offices, post_office);
  read("/admin/offices/{office}", get_office);
  act(put, "/admin/offices/{office}", put_office);
  read(k_branches, get_branches, {"office", "text", "limit", "cursor"});
  act(post, k_branches, post_branch);
  read("/admin/branches/{branch}", get_branch);
  act(put, "/admin/branches/{branch}", put_branch);
}

}  // namespace qyzmet::api
