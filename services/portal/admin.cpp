// The administrator: people with their roles. Every act is recorded. Administrators see no
// applications.
#include "services/portal/admin.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "db/audit.hpp"
#include "engine/base/utf8.hpp"
#include "engine/terms.hpp"
#include "services/casework/draft.hpp"
#include "services/portal/access.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_people_max = 200;
constexpr std::size_t k_name_size_max = 200;
constexpr std::array<std::string_view, 5> k_roles{"registrar", "executor", "head",
                                                  "branch_operator", "admin"};

struct Registers {
  std::vector<db::User> staff;
  std::vector<db::Office> offices;
  std::vector<db::Branch> branches;
};

Registers read_registers_of_admin(db::Connection& connection) {
  return {.staff = db::staff(connection, 0, k_people_max),
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

json::array people_json(Context const& context, Registers const& registers) {
  json::array out;
  for (auto const& user : registers.staff) {
    json::array grants;
    for (auto const& grant : user.grants)
      grants.push_back({{"text", context.text("role." + grant.role)},
                        {"unit", unit_name(registers, grant, context.language)},
                        {"role", grant.role},
                        {"office", grant.office ? std::to_string(grant.office->value) : ""},
                        {"branch", grant.branch ? std::to_string(grant.branch->value) : ""}});
    out.push_back({{"id", std::to_string(user.id.value)},
                   {"name", user.name},
                   {"position", user.position(context.language)},
                   {"active", user.active},
                   {"grants", std::move(grants)}});
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
  for (auto const role : k_roles)
    out.push_back({{"value", role},
                   {"label", context.text("role." + std::string{role})},
                   {"selected", context.field("role") == role}});
  return out;
}

asio::awaitable<http::Response> admin_page(Context& context, std::vector<Error> errors) {
  auto const registers = co_await context.world().database.run(
      [](db::Connection& connection) { return read_registers_of_admin(connection); });
  json::object data{{"people", people_json(context, registers)},
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
  if (errors.empty()) co_return render(context, "admin", std::move(data));
  co_return render_refused(context, "admin", std::move(data), errors);
}

asio::awaitable<http::Response> get_admin(Context& context) {
  auto page = co_await admin_page(context, {});
  co_return page;
}

// --- People.

/// The grant that the form describes; an error of the field "role" or "unit".
Result<db::Grant> sent_grant(Context const& context) {
  db::Grant out{.role = context.field("role"), .office = {}, .branch = {}};
  if (std::ranges::find(k_roles, out.role) == k_roles.end())
    return fail(ErrorCode::invalid, "error.choose", "role");
  auto const unit = context.field("unit");
  if (out.role == "admin") return out;
  bool const at_branch = out.role == "branch_operator";
  std::string_view const prefix = at_branch ? "branch-" : "office-";
  auto const id = unit.starts_with(prefix) ? to_id(unit.substr(prefix.size())) : 0;
  if (id == 0) return fail(ErrorCode::invalid, "error.unit_does_not_fit", "unit");
  if (at_branch)
    out.branch = BranchId{id};
  else
    out.office = OfficeId{id};
  return out;
}

asio::awaitable<http::Response> post_person(Context& context) {
  std::vector<Error> errors;
  auto const iin = context.field("iin");
  auto const name = context.field("name");
  if (!engine::valid_iin(iin))
    errors.push_back({.code = ErrorCode::invalid, .text = "error.iin", .field = "iin"});
  if (name.empty())
    errors.push_back({.code = ErrorCode::invalid, .text = "error.required", .field = "name"});
  if (utf8_length(name) > k_name_size_max)
    errors.push_back(casework::too_long("name", k_name_size_max));
  for (std::string const field : {"position_kk", "position_ru"})
    if (utf8_length(context.field(field)) > k_name_size_max)
      errors.push_back(casework::too_long(field, k_name_size_max));
  auto const grant = sent_grant(context);
  if (!grant) errors.push_back(grant.error());
  if (!errors.empty()) {
    auto page = co_await admin_page(context, std::move(errors));
    co_return page;
  }
  db::Person const person{.id = {},
                          .iin = iin,
                          .name = name,
                          .phone = {},
                          .email = {},
                          .address = {},
                          .language = context.language};
  co_await context.world().database.run([person, grant = *grant,
                                         position_kk = context.field("position_kk"),
                                         position_ru = context.field("position_ru"),
                                         by = context.visitor.user](db::Connection& connection) {
    connection.transaction([&] {
      auto const user = db::ensure_user(connection, db::ensure_person(connection, person));
      db::grant(connection, user, grant, by);
      db::set_user(connection, user, true, position_kk, position_ru);
      db::log_act(connection, by, "grant",
                  "{\"role\":\"" + grant.role + "\",\"user\":" + std::to_string(user.value) + "}");
    });
  });
  co_return go(context, "/admin", "saved");
}

asio::awaitable<http::Response> post_revoke(Context& context) {
  db::Grant grant{.role = context.field("role"), .office = {}, .branch = {}};
  if (auto const office = to_id(context.field("office")); office > 0)
    grant.office = OfficeId{office};
  if (auto const branch = to_id(context.field("branch")); branch > 0)
    grant.branch = BranchId{branch};
  UserId const user{to_id(context.field("user"))};
  bool const own_admin = grant.role == "admin" && context.visitor.user == user;
  if (own_admin || std::ranges::find(k_roles, grant.role) == k_roles.end())
    co_return problem(context, {.code = ErrorCode::forbidden, .text = "error.own_admin"});
  co_await context.world().database.run([user, grant,
                                         by = context.visitor.user](db::Connection& connection) {
    connection.transaction([&] {
      if (!db::revoke(connection, user, grant)) return;
      db::log_act(connection, by, "revoke",
                  "{\"role\":\"" + grant.role + "\",\"user\":" + std::to_string(user.value) + "}");
    });
  });
  co_return go(context, "/admin", "saved");
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
      {"/admin/calendar", "calendar.title"},
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
  add_admin_office_routes(router, portal);
  add_admin_stand_in_routes(router, portal);
  add_admin_calendar_routes(router, portal);
  add_admin_package_routes(router, portal);
  add_admin_incident_routes(router, portal);
}

}  // namespace qyzmet::portal
