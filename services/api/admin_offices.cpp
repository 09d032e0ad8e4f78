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

/// What tells the two registers apart; `read` takes from a body what is no text of the unit.
struct Offices {
  using Unit = db::Office;
  static constexpr std::string_view path = "/admin/offices";
  static constexpr std::string_view parameter = "office";
  static constexpr auto texts = casework::office_texts;
  static constexpr auto find = db::find_office;
  static constexpr auto keep = casework::keep_office;

  static std::vector<std::string_view> members() {
    return {"place", "active", "superior", "superior_email", "above_only"};
  }
  static json::object json_of(Call const& call, db::Office const& office);
  static std::optional<Error> read(Call const& call, json::object const& body, db::Office& office);
  static asio::awaitable<std::vector<db::Office>> asked(Call const& call);
};

struct Branches {
  using Unit = db::Branch;
  static constexpr std::string_view path = "/admin/branches";
  static constexpr std::string_view parameter = "branch";
  static constexpr auto texts = casework::branch_texts;
  static constexpr auto find = db::find_branch;
  static constexpr auto keep = casework::keep_branch;

  static std::vector<std::string_view> members() { return {"office", "is_duty", "active"}; }
  static json::object json_of(Call const& call, db::Branch const& branch);
  static std::optional<Error> read(Call const& call, json::object const& body, db::Branch& branch);
  static asio::awaitable<std::vector<db::Branch>> asked(Call const& call);
};

// --- Of either register

template <class Register>
asio::awaitable<http::Response> get_units(Call& call) {
  auto const page = read_page(call);
  if (!page) co_return problem(call, page.error());
  auto units = co_await Register::asked(call);
  co_return answer(page_json(
      *page, rows_of(*page, std::move(units)),
      [&](typename Register::Unit const& unit) { return Register::json_of(call, unit); }));
}

template <class Register>
asio::awaitable<std::optional<typename Register::Unit>> find_unit(Call const& call) {
  using Id = decltype(Register::Unit::id);
  auto unit = co_await call.world().database.run(
      [id = Id{to_id(call.parameter(Register::parameter))}](db::Connection& connection) {
        return Register::find(connection, id);
      });
  co_return unit;
}

template <class Register>
asio::awaitable<http::Response> get_unit(Call& call) {
  auto const unit = co_await find_unit<Register>(call);
  if (!unit) co_return no_such_row(call);
  co_return answer(Register::json_of(call, *unit));
}

/// Kept as the body says; a fresh one has no id yet.
template <class Register>
asio::awaitable<http::Response> keep(Call& call, typename Register::Unit unit) {
  bool const fresh = unit.id.value == 0;
  auto const body = unit_body(call, unit, Register::texts(), Register::members());
  if (!body) co_return problem(call, body.error());
  if (auto const bad = Register::read(call, *body, unit)) co_return problem(call, *bad);
  auto const kept = co_await call.world().database.run(
      [unit, by = call.caller().user](db::Connection& connection) {
        return Register::keep(connection, unit, by);
      });
  if (!kept) co_return problem(call, kept.error());
  unit.id = *kept;
  co_return kept_answer(Register::json_of(call, unit), fresh,
                        std::string{Register::path} + '/' + std::to_string(kept->value));
}

template <class Register>
asio::awaitable<http::Response> post_unit(Call& call) {
  auto response = co_await keep<Register>(call, {});
  co_return response;
}

template <class Register>
asio::awaitable<http::Response> put_unit(Call& call) {
  auto stored = co_await find_unit<Register>(call);
  if (!stored) co_return no_such_row(call);
  auto response = co_await keep<Register>(call, std::move(*stored));
  co_return response;
}

// --- Offices

json::object Offices::json_of(Call const& call, db::Office const& office) {
  auto out = unit_json(office, texts());
  out["place"] = {{"code", office.place}, {"text", call.text("place." + office.place)}};
  if (office.superior) out["superior"] = std::to_string(office.superior->value);
  if (!office.superior_email.empty()) out["superior_email"] = office.superior_email;
  out["above_only"] = office.above_only;
  return out;
}

asio::awaitable<std::vector<db::Office>> Offices::asked(Call const& call) {
  auto units = co_await call.world().database.run(
      [](db::Connection& connection) { return casework::read_units(connection); });
  co_return casework::asked_units(std::move(units), call.query("text")).offices;
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

std::optional<Error> Offices::read(Call const& call, json::object const& body, db::Office& office) {
  if (auto wrong = read_superior(body, office)) return wrong;
  auto const place = text_member(body, "place");
  if (!place) return place.error();
  auto& world = call.world();
  auto const known = casework::place_by_packages(world.library, office.code, world.clock.today());
  if (!known.empty())
    office.place = known;
  else if (!place->empty())
    office.place = *place;
  return std::nullopt;
}

// --- Branches

json::object Branches::json_of(Call const& call, db::Branch const& branch) {
  auto out = unit_json(branch, texts());
  out["office"] = std::to_string(branch.office.value);
  out["is_duty"] = branch.is_duty;
  if (auto const calendar = call.world().library.calendar())
    out["open_hours"] =
        casework::hours_text(*calendar, branch, call.world().clock.today(), call.language);
  return out;
}

asio::awaitable<std::vector<db::Branch>> Branches::asked(Call const& call) {
  std::optional<OfficeId> office;
  if (auto const text = call.query("office"); !text.empty()) office = OfficeId{to_id(text)};
  auto branches = co_await call.world().database.run(
      [office](db::Connection& connection) { return db::branches(connection, office); });
  std::erase_if(branches, [asked = call.query("text")](db::Branch const& branch) {
    return !casework::is_asked(branch, asked);
  });
  co_return branches;
}

std::optional<Error> Branches::read(Call const&, json::object const& body, db::Branch& branch) {
  auto const office = text_member(body, "office");
  if (!office) return office.error();
  auto const is_duty = flag_member(body, "is_duty", branch.is_duty);
  if (!is_duty) return is_duty.error();
  branch.office = OfficeId{to_id(*office)};
  branch.is_duty = *is_duty;
  return std::nullopt;
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
  read(Offices::path, get_units<Offices>, {"text", "limit", "cursor"});
  act(post, Offices::path, post_unit<Offices>);
  read("/admin/offices/{office}", get_unit<Offices>);
  act(put, "/admin/offices/{office}", put_unit<Offices>);
  read(Branches::path, get_units<Branches>, {"office", "text", "limit", "cursor"});
  act(post, Branches::path, post_unit<Branches>);
  read("/admin/branches/{branch}", get_unit<Branches>);
  act(put, "/admin/branches/{branch}", put_unit<Branches>);
}

}  // namespace qyzmet::api
