// Offices with their branches: the list, and one form for each of the two registers. An office or
// branch is closed, not removed: cases stand on it.
#include "services/casework/draft.hpp"
#include "services/casework/opening_text.hpp"
#include "services/casework/registers.hpp"
#include "services/casework/units.hpp"
#include "services/portal/admin.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_path = "/admin/offices";
constexpr std::string_view k_new = "new";

using casework::Units;

asio::awaitable<Units> read_units(Context& context) {
  auto units = co_await context.world().database.run(
      [](db::Connection& connection) { return casework::read_units(connection); });
  co_return units;
}

template <class Unit>
json::object unit_json(Context const& context, Unit const& unit, std::string_view path) {
  json::object out{{"name", name_in(unit, context.language)},
                   {"code", unit.code},
                   {"url", context.url(std::string{path} + std::to_string(unit.id.value))}};
  if (!unit.active) out["closed"] = true;
  return out;
}

json::array offices_json(Context const& context, Units const& units) {
  auto const calendar = context.world().library.calendar();
  auto const today = context.world().clock.today();
  json::array out;
  for (auto const& office : units.offices) {
    auto item = unit_json(context, office, "/admin/offices/");
    item["place"] = context.text("place." + office.place);
    json::array branches;
    for (auto const& branch : units.branches) {
      if (branch.office != office.id) continue;
      auto each = unit_json(context, branch, "/admin/branches/");
      if (calendar)
        each["hours"] = casework::hours_text(*calendar, branch, today, context.language);
      if (branch.is_duty) each["duty"] = true;
      branches.push_back(std::move(each));
    }
    item["branches"] = std::move(branches);
    item["add"] = context.url("/admin/branches/new?office=" + std::to_string(office.id.value));
    out.push_back(std::move(item));
  }
  return out;
}

asio::awaitable<http::Response> get_offices(Context& context) {
  auto const asked = context.query("q");
  auto units = co_await read_units(context);
  units = casework::asked_units(std::move(units), asked);
  co_return render(context, "admin_offices",
                   {{"offices", offices_json(context, units)},
                    {"q", asked},
                    {"action", context.url(k_path)},
                    {"add", context.url("/admin/offices/new")},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.offices")}}}}});
}

template <class Unit>
json::array text_fields(Context const& context, Unit const& unit,
                        std::span<casework::UnitText<Unit> const> texts,
                        std::vector<Error> const& errors) {
  json::array out;
  for (auto const& each : texts) {
    auto field = admin_field(context, "text", each.name, unit.*each.text, errors);
    field["maxlength"] = each.size_max;
    if (each.size_max <= 100) field["width"] = each.name == "code" ? "short" : "medium";
    if (context.portal.pages.catalogue().has(context.language,
                                             "unit." + std::string{each.name} + ".hint"))
      field["hint"] = context.text("unit." + std::string{each.name} + ".hint");
    out.push_back(std::move(field));
  }
  return out;
}

json::object check_field(Context const& context, std::string_view name, bool checked) {
  auto out = admin_field(context, "checkbox", name, "true", {});
  out["checked"] = checked;
  out["hint"] = context.text("unit." + std::string{name} + ".hint");
  return out;
}

template <class Unit>
Unit typed_texts(Context const& context, Unit unit,
                 std::span<casework::UnitText<Unit> const> texts) {
  for (auto const& each : texts) unit.*each.text = context.field(each.name);
  unit.active = context.field("active") == "true";
  return unit;
}

http::Response unit_page(Context const& context, std::string title, std::string action,
                         json::array fields, std::vector<Error> const& errors) {
  json::object data{{"title", title},
                    {"action", context.url(action)},
                    {"fields", std::move(fields)},
                    {"back", context.url(k_path)},
                    {"tabs", admin_tabs(context, k_path)},
                    {"crumbs", json::array{{{"text", context.text("admin.offices")},
                                            {"url", context.url(k_path)}},
                                           {{"text", title}}}}};
  if (errors.empty()) return render(context, "admin_unit", std::move(data));
  return render_refused(context, "admin_unit", std::move(data), errors);
}

// --- One office.

json::object place_field(Context const& context, db::Office const& office,
                         std::vector<Error> const& errors) {
  auto out = admin_field(context, "radio", "place", office.place, errors);
  out["hint"] = context.text("unit.place.hint");
  json::array options;
  for (auto const place : casework::k_places)
    options.push_back({{"value", place},
                       {"label", context.text("place." + std::string{place})},
                       {"selected", office.place == place}});
  out["options"] = std::move(options);
  return out;
}

/// Which office of the register stands above it, or none; and the address of that body.
json::array superior_fields(Context const& context, db::Office const& office,
                            std::vector<db::Office> const& offices,
                            std::vector<Error> const& errors) {
  auto chosen = admin_field(context, "select", "superior", "", errors);
  chosen["hint"] = context.text("unit.superior.hint");
  json::array options{{{"value", ""},
                       {"label", context.text("unit.superior.none")},
                       {"selected", !office.superior}}};
  for (auto const& each : offices)
    if (each.id != office.id)
      options.push_back({{"value", std::to_string(each.id.value)},
                         {"label", name_in(each, context.language)},
                         {"selected", each.id == office.superior}});
  chosen["options"] = std::move(options);
  auto email = admin_field(context, "text", "superior_email", office.superior_email, errors);
  email["maxlength"] = casework::k_email_size_max;
  email["width"] = "medium";
  email["hint"] = context.text("unit.superior_email.hint");
  json::array out;
  out.push_back(std::move(chosen));
  out.push_back(std::move(email));
  return out;
}

asio::awaitable<http::Response> office_page(Context& context, db::Office office,
                                            std::vector<Error> errors) {
  auto const units = co_await read_units(context);
  auto const fresh = office.id.value == 0;
  auto fields = text_fields(context, office, casework::office_texts(), errors);
  for (auto& field : superior_fields(context, office, units.offices, errors))
    fields.push_back(std::move(field));
  fields.push_back(place_field(context, office, errors));
  fields.push_back(check_field(context, "above_only", office.above_only));
  fields.push_back(check_field(context, "active", office.active));
  co_return unit_page(
      context, context.text(fresh ? "admin.office.new" : "admin.office.edit"),
      "/admin/offices/" + (fresh ? std::string{k_new} : std::to_string(office.id.value)),
      std::move(fields), errors);
}

/// The office of the path, or an empty one for "new".
asio::awaitable<std::optional<db::Office>> wanted_office(Context& context) {
  auto const id = context.parameter("id");
  if (id == k_new) {
    db::Office fresh;
    fresh.place = "district";  // the shorter term, until somebody says otherwise
    co_return fresh;
  }
  auto office = co_await context.world().database.run(
      [wanted = OfficeId{to_id(id)}](db::Connection& c) { return db::find_office(c, wanted); });
  co_return office;
}

asio::awaitable<http::Response> get_office(Context& context) {
  auto const office = co_await wanted_office(context);
  if (!office) co_return problem(context, 404);
  auto page = co_await office_page(context, *office, {});
  co_return page;
}

asio::awaitable<http::Response> post_office(Context& context) {
  auto const stored = co_await wanted_office(context);
  if (!stored) co_return problem(context, 404);
  auto office = typed_texts(context, *stored, casework::office_texts());
  auto& world = context.world();
  office.place = casework::place_by_packages(world.library, office.code, world.clock.today());
  if (office.place.empty()) office.place = context.field("place");
  auto const superior = OfficeId{to_id(context.field("superior"))};
  office.superior = superior.value == 0 ? std::nullopt : std::optional{superior};
  office.superior_email = context.field("superior_email");
  office.above_only = context.field("above_only") == "true";
  auto const kept =
      co_await world.database.run([office, by = context.visitor.user](db::Connection& connection) {
        return casework::keep_office(connection, office, by);
      });
  if (kept) co_return go(context, k_path, "saved");
  auto page = co_await office_page(context, office, kept.error());
  co_return page;
}

// --- One branch.

json::object office_field(Context const& context, db::Branch const& branch,
                          std::vector<db::Office> const& offices,
                          std::vector<Error> const& errors) {
  auto out = admin_field(context, "select", "office", "", errors);
  json::array options;
  for (auto const& office : offices)
    options.push_back({{"value", std::to_string(office.id.value)},
                       {"label", name_in(office, context.language)},
                       {"selected", office.id == branch.office}});
  out["options"] = std::move(options);
  return out;
}

asio::awaitable<http::Response> branch_page(Context& context, db::Branch branch,
                                            std::vector<Error> errors) {
  auto const units = co_await read_units(context);
  auto const fresh = branch.id.value == 0;
  auto fields = text_fields(context, branch, casework::branch_texts(), errors);
  fields.insert(fields.begin(), office_field(context, branch, units.offices, errors));
  fields.push_back(check_field(context, "is_duty", branch.is_duty));
  fields.push_back(check_field(context, "active", branch.active));
  co_return unit_page(
      context, context.text(fresh ? "admin.branch.new" : "admin.branch.edit"),
      "/admin/branches/" + (fresh ? std::string{k_new} : std::to_string(branch.id.value)),
      std::move(fields), errors);
}

asio::awaitable<std::optional<db::Branch>> wanted_branch(Context& context) {
  auto const id = context.parameter("id");
  if (id == k_new) {
    db::Branch fresh;
    fresh.office = OfficeId{to_id(context.query("office"))};
    co_return fresh;
  }
  auto branch = co_await context.world().database.run(
      [wanted = BranchId{to_id(id)}](db::Connection& c) { return db::find_branch(c, wanted); });
  co_return branch;
}

asio::awaitable<http::Response> get_branch(Context& context) {
  auto const branch = co_await wanted_branch(context);
  if (!branch) co_return problem(context, 404);
  auto page = co_await branch_page(context, *branch, {});
  co_return page;
}

asio::awaitable<http::Response> post_branch(Context& context) {
  auto const stored = co_await wanted_branch(context);
  if (!stored) co_return problem(context, 404);
  auto branch = typed_texts(context, *stored, casework::branch_texts());
  branch.office = OfficeId{to_id(context.field("office"))};
  branch.is_duty = context.field("is_duty") == "true";
  auto const kept = co_await context.world().database.run(
      [branch, by = context.visitor.user](db::Connection& connection) {
        return casework::keep_branch(connection, branch, by);
      });
  if (kept) co_return go(context, k_path, "saved");
  auto page = co_await branch_page(context, branch, kept.error());
  co_return page;
}

template <class Unit>
std::vector<std::string> names_of(std::span<casework::UnitText<Unit> const> texts,
                                  std::initializer_list<char const*> more) {
  std::vector<std::string> out{more.begin(), more.end()};
  for (auto const& each : texts) out.emplace_back(each.name);
  return out;
}

}  // namespace

void add_admin_office_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/admin/offices", "admin", get_offices);
  add_page(router, portal, "/{lang}/admin/offices/{id}", "admin", get_office);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/offices/{id}",
            .access = "admin",
            .fields = names_of(casework::office_texts(),
                               {"superior", "superior_email", "place", "above_only", "active"})},
           post_office);
  add_page(router, portal, "/{lang}/admin/branches/{id}", "admin", get_branch);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/branches/{id}",
            .access = "admin",
            .fields = names_of(casework::branch_texts(), {"office", "is_duty", "active"})},
           post_branch);
}

}  // namespace qyzmet::portal
