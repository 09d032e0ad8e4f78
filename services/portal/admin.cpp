// The administrator: people with their roles. Every act is recorded. Administrators see no
// applications.
#include "services/portal/admin.hpp"

#include <algorithm>
#include <charconv>

#include "services/casework/staff.hpp"
#include "services/http/forms.hpp"
#include "services/portal/access.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_people_per_page = 50;
constexpr std::int64_t k_page_max = 10'000;

struct Registers {
  std::vector<db::User> staff;
  std::vector<db::Office> offices;
  std::vector<db::Branch> branches;
};

Registers read_registers(db::Connection& connection, std::string const& asked,
                         db::StaffFilter const& filter) {
  return {.staff = casework::find_staff(connection, asked, filter),
          .offices = db::offices(connection),
          .branches = db::branches(connection)};
}

std::string unit_name(Registers const& registers, db::Grant const& grant,
                      std::string_view language) {
  for (auto const& office : registers.offices)
    if (grant.office == office.id) return name_in(office, language);
  for (auto const& branch : registers.branches)
    if (grant.branch == branch.id) return name_in(branch, language);
  return {};
}

json::array grants_json(Context const& context, Registers const& registers, db::User const& user) {
  json::array out;
  for (auto const& grant : user.grants)
    out.push_back({{"user", std::to_string(user.id.value)},
                   {"text", context.text("role." + grant.role)},
                   {"unit", unit_name(registers, grant, context.language)},
                   {"role", grant.role},
                   {"office", grant.office ? std::to_string(grant.office->value) : ""},
                   {"branch", grant.branch ? std::to_string(grant.branch->value) : ""}});
  return out;
}

json::array people_json(Context const& context, Registers const& registers) {
  json::array out;
  for (auto const& user : registers.staff) {
    auto const id = std::to_string(user.id.value);
    json::object item{{"id", id},
                      {"name", user.name},
                      {"position", user.position(context.language)},
                      {"url", context.url("/admin/people/" + id)},
                      {"grants", grants_json(context, registers, user)}};
    if (!user.active) item["closed"] = true;
    out.push_back(std::move(item));
  }
  return out;
}

json::array options(Context const& context, Registers const& registers) {
  json::array out;
  for (auto const& office : registers.offices)
    out.push_back(
        {{"value", "office-" + std::to_string(office.id.value)},
         {"label", name_in(office, context.language)},
         {"selected", context.field("unit") == "office-" + std::to_string(office.id.value)}});
  for (auto const& branch : registers.branches)
    out.push_back(
        {{"value", "branch-" + std::to_string(branch.id.value)},
         {"label", name_in(branch, context.language)},
         {"selected", context.field("unit") == "branch-" + std::to_string(branch.id.value)}});
  return out;
}

json::array role_options(Context const& context) {
  json::array out;
  for (auto const role : casework::k_roles)
    out.push_back({{"value", role},
                   {"label", context.text("role." + std::string{role})},
                   {"selected", context.field("role") == role}});
  return out;
}

/// The way to the pages of the list before and behind this one.
void add_pages(Context const& context, json::object& data, std::string const& asked,
               std::int64_t page, bool more) {
  auto const path = [&](std::int64_t number) {
    return context.url("/admin?q=" + http::percent_encode(asked) +
                       "&page=" + std::to_string(number));
  };
  if (page > 1) data["before"] = path(page - 1);
  if (more) data["behind"] = path(page + 1);
}

asio::awaitable<http::Response> admin_page(Context& context, std::vector<Error> errors) {
  auto const asked = context.query("q");
  auto const page = std::clamp<std::int64_t>(to_id(context.query("page")), 1, k_page_max);
  // One more than is shown tells whether there is a next page.
  db::StaffFilter const filter{.offset = static_cast<int>(page - 1) * k_people_per_page,
                               .limit = k_people_per_page + 1};
  auto registers =
      co_await context.world().database.run([asked, filter](db::Connection& connection) {
        return read_registers(connection, asked, filter);
      });
  bool const more = registers.staff.size() > std::size_t{k_people_per_page};
  if (more) registers.staff.pop_back();
  json::object data{{"people", people_json(context, registers)},
                    {"q", asked},
                    {"units", options(context, registers)},
                    {"roles", role_options(context)},
                    {"tabs", admin_tabs(context, "/admin")},
                    {"typed",
                     {{"iin", context.field("iin")},
                      {"name", context.field("name")},
                      {"position_kk", context.field("position_kk")},
                      {"position_ru", context.field("position_ru")}}},
                    {"base", context.url("/admin")},
                    {"crumbs", json::array{{{"text", context.text("admin.title")}}}}};
  add_pages(context, data, asked, page, more);
  if (errors.empty()) co_return render(context, "admin", std::move(data));
  co_return render_refused(context, "admin", std::move(data), errors);
}

asio::awaitable<http::Response> get_admin(Context& context) {
  auto page = co_await admin_page(context, {});
  co_return page;
}

asio::awaitable<http::Response> post_person(Context& context) {
  casework::NewOfficial const wanted{.iin = context.field("iin"),
                                     .name = context.field("name"),
                                     .position_kk = context.field("position_kk"),
                                     .position_ru = context.field("position_ru"),
                                     .language = context.language,
                                     .role = context.field("role"),
                                     .unit = context.field("unit")};
  auto kept = co_await context.world().database.run(
      [wanted, by = *context.visitor.user](db::Connection& connection) {
        return casework::add_official(connection, wanted, by);
      });
  if (kept) co_return go(context, "/admin", "saved");
  auto page = co_await admin_page(context, std::move(kept.error()));
  co_return page;
}

/// Cases that wait for another executor than this person.
asio::awaitable<json::array> cases_left(Context const& context, UserId user) {
  auto const numbers = co_await context.world().database.run([user](db::Connection& connection) {
    return db::cases_left_by(connection, user, casework::k_left_cases_max);
  });
  co_return json::array(numbers.begin(), numbers.end());
}

asio::awaitable<http::Response> post_revoke(Context& context) {
  db::Grant grant{.role = context.field("role"), .office = {}, .branch = {}};
  if (auto const office = to_id(context.field("office")); office > 0)
    grant.office = OfficeId{office};
  if (auto const branch = to_id(context.field("branch")); branch > 0)
    grant.branch = BranchId{branch};
  UserId const user{to_id(context.field("user"))};
  auto const kept = co_await context.world().database.run(
      [user, grant, by = *context.visitor.user](db::Connection& connection) {
        return casework::take_role(connection, user, grant, by);
      });
  if (!kept) co_return problem(context, kept.error().front());
  auto const left = co_await cases_left(context, user);
  auto const person = "/admin/people/" + std::to_string(user.value);
  co_return go(context, left.empty() ? std::string{"/admin"} : person, "saved");
}

// --- One person.

json::array person_fields(Context const& context, casework::OfficialChange const& change,
                          std::vector<Error> const& errors) {
  json::array out;
  for (auto const& [name, value] : {std::pair{"position_kk", change.position_kk},
                                    std::pair{"position_ru", change.position_ru}}) {
    auto field = admin_field(context, "text", name, value, errors);
    field["label"] = context.text("admin." + std::string{name});
    field["maxlength"] = casework::k_official_name_size_max;
    out.push_back(std::move(field));
  }
  auto active = admin_field(context, "checkbox", "active", "true", errors);
  active["label"] = context.text("admin.active");
  active["hint"] = context.text("admin.active.hint");
  active["checked"] = change.active;
  out.push_back(std::move(active));
  return out;
}

asio::awaitable<http::Response> person_page(Context& context, db::User user,
                                            casework::OfficialChange change,
                                            std::vector<Error> errors) {
  auto const registers = co_await context.world().database.run([](db::Connection& connection) {
    return Registers{
        .staff = {}, .offices = db::offices(connection), .branches = db::branches(connection)};
  });
  auto const id = std::to_string(user.id.value);
  auto const action = context.url("/admin/people/" + id);
  json::object data{{"id", id},
                    {"name", user.name},
                    {"grants", grants_json(context, registers, user)},
                    {"fields", person_fields(context, change, errors)},
                    {"units", options(context, registers)},
                    {"roles", role_options(context)},
                    {"action", action},
                    {"role_action", action + "/roles"},
                    {"back", context.url("/admin")},
                    {"tabs", admin_tabs(context, "/admin")},
                    {"base", context.url("/admin")},
                    {"crumbs", json::array{{{"text", context.text("admin.title")},
                                            {"url", context.url("/admin")}},
                                           {{"text", user.name}}}}};
  auto left = co_await cases_left(context, user.id);
  if (!left.empty()) data["left"] = std::move(left);
  if (errors.empty()) co_return render(context, "admin_official", std::move(data));
  co_return render_refused(context, "admin_official", std::move(data), errors);
}

asio::awaitable<std::optional<db::User>> wanted_person(Context& context) {
  auto user = co_await context.world().database.run(
      [id = UserId{to_id(context.parameter("id"))}](db::Connection& connection) {
        return db::find_official(connection, id);
      });
  co_return user;
}

casework::OfficialChange stored(db::User const& user) {
  return {.user = user.id,
          .position_kk = user.position_kk,
          .position_ru = user.position_ru,
          .active = user.active};
}

asio::awaitable<http::Response> get_person(Context& context) {
  auto const user = co_await wanted_person(context);
  if (!user) co_return problem(context, 404);
  auto page = co_await person_page(context, *user, stored(*user), {});
  co_return page;
}

asio::awaitable<http::Response> post_change(Context& context) {
  auto const user = co_await wanted_person(context);
  if (!user) co_return problem(context, 404);
  casework::OfficialChange const change{.user = user->id,
                                        .position_kk = context.field("position_kk"),
                                        .position_ru = context.field("position_ru"),
                                        .active = context.field("active") == "true"};
  auto kept = co_await context.world().database.run(
      [change, by = *context.visitor.user](db::Connection& connection) {
        return casework::change_official(connection, change, by);
      });
  if (kept) co_return go(context, "/admin/people/" + context.parameter("id"), "saved");
  auto page = co_await person_page(context, *user, change, std::move(kept.error()));
  co_return page;
}

asio::awaitable<http::Response> post_role(Context& context) {
  auto const user = co_await wanted_person(context);
  if (!user) co_return problem(context, 404);
  auto kept = co_await context.world().database.run(
      [id = user->id, role = context.field("role"), unit = context.field("unit"),
       by = *context.visitor.user](db::Connection& connection) {
        return casework::give_role(connection, id, role, unit, by);
      });
  if (kept) co_return go(context, "/admin/people/" + context.parameter("id"), "saved");
  auto page = co_await person_page(context, *user, stored(*user), std::move(kept.error()));
  co_return page;
}

}  // namespace

std::int64_t to_id(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value > 0 ? value : 0;
}

json::array admin_tabs(Context const& context, std::string_view current) {
  constexpr std::pair<std::string_view, std::string_view> k_tabs[] = {
      {"/admin", "admin.people"},
      {"/admin/offices", "admin.offices"},
      {"/admin/stand-ins", "admin.stand_ins"},
      {"/admin/tokens", "admin.tokens"},
      {"/admin/calendar", "calendar.title"},
      {"/admin/mode", "mode.title"},
      {"/admin/packages", "package.title"},
      {"/admin/incidents", "admin.incidents"}};
  json::array out;
  for (auto const& [path, key] : k_tabs)
    out.push_back(
        {{"text", context.text(key)}, {"url", context.url(path)}, {"current", path == current}});
  return out;
}

json::object admin_field(Context const& context, std::string_view kind, std::string_view name,
                         std::string value, std::vector<Error> const& errors) {
  json::object out{{"kind", kind},
                   {"name", name},
                   {"label", context.text("unit." + std::string{name})},
                   {"value", std::move(value)}};
  auto const error = std::ranges::find(errors, name, &Error::field);
  if (error != errors.end()) out["error"] = error_text(context, *error);
  return out;
}

void add_admin_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/admin", "admin", get_admin);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/people",
            .access = "admin",
            .fields = {"iin", "name", "position_kk", "position_ru", "role", "unit"}},
           post_person);
  add_form(router, portal,
           {.pattern = "/{lang}/admin/revoke",
            .access = "admin",
            .fields = {"user", "role", "office", "branch"}},
           post_revoke);
  std::string const one = "/{lang}/admin/people/{id}";
  add_page(router, portal, one, "admin", get_person);
  add_form(router, portal,
           {.pattern = one, .access = "admin", .fields = {"position_kk", "position_ru", "active"}},
           post_change);
  add_form(router, portal,
           {.pattern = one + "/roles", .access = "admin", .fields = {"role", "unit"}}, post_role);
  add_admin_office_routes(router, portal);
  add_admin_stand_in_routes(router, portal);
  add_admin_token_routes(router, portal);
  add_admin_calendar_routes(router, portal);
  add_admin_mode_routes(router, portal);
  add_admin_package_routes(router, portal);
  add_admin_incident_routes(router, portal);
  add_admin_resolve_routes(router, portal);
}

}  // namespace qyzmet::portal
