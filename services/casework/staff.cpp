#include "services/casework/staff.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "db/audit.hpp"
#include "engine/base/utf8.hpp"
#include "engine/terms.hpp"

namespace qyzmet::casework {

namespace json = boost::json;

namespace {

using Errors = std::vector<Error>;

void add(Errors& out, std::string text, std::string field, ErrorCode code = ErrorCode::invalid) {
  out.push_back({.code = code, .text = std::move(text), .field = std::move(field)});
}

void check_size(Errors& out, std::string const& text, std::string const& field) {
  if (utf8_length(text) <= k_official_name_size_max) return;
  add(out, "error.too_long", field);
  out.back().arguments["max"] = std::to_string(k_official_name_size_max);
}

std::int64_t id_behind(std::string_view unit, std::string_view prefix) {
  if (!unit.starts_with(prefix)) return 0;
  unit.remove_prefix(prefix.size());
  std::int64_t value = 0;
  auto const* const last = unit.data() + unit.size();
  auto const [end, error] = std::from_chars(unit.data(), last, value);
  return error == std::errc{} && end == last ? value : 0;
}

/// An operator works at a branch, an administrator nowhere, the others in an office.
Result<db::Grant> grant_of(db::Connection& connection, std::string const& role,
                           std::string const& unit) {
  db::Grant out{.role = role, .office = {}, .branch = {}};
  if (std::ranges::find(k_roles, role) == k_roles.end())
    return fail(ErrorCode::invalid, "error.choose", "role");
  if (role == "admin") return out;
  bool known = false;
  if (role == "branch_operator") {
    out.branch = BranchId{id_behind(unit, "branch-")};
    known = db::find_branch(connection, *out.branch).has_value();
  } else {
    out.office = OfficeId{id_behind(unit, "office-")};
    known = db::find_office(connection, *out.office).has_value();
  }
  if (!known) return fail(ErrorCode::invalid, "error.unit_does_not_fit", "unit");
  return out;
}

void log_grant(db::Connection& connection, UserId by, char const* act, UserId user,
               db::Grant const& grant) {
  json::object details{{"role", grant.role}, {"user", user.value}};
  if (grant.office) details["office"] = grant.office->value;
  if (grant.branch) details["branch"] = grant.branch->value;
  db::log_act(connection, by, act, json::serialize(details));
}

Errors errors_of(NewOfficial const& wanted) {
  Errors out;
  if (!engine::valid_iin(wanted.iin)) add(out, "error.iin", "iin");
  if (wanted.name.empty()) add(out, "error.required", "name");
  check_size(out, wanted.name, "name");
  check_size(out, wanted.position_kk, "position_kk");
  check_size(out, wanted.position_ru, "position_ru");
  return out;
}

}  // namespace

std::vector<db::User> find_staff(db::Connection& connection, std::string const& asked,
                                 db::StaffFilter page) {
  page.name = asked;
  if (engine::valid_iin(asked)) {
    auto const person = db::find_person_by_iin(connection, asked);
    page.name.clear();
    page.person = person ? person->id : db::PersonId{};
  }
  return db::staff(connection, page);
}

Kept<UserId> add_official(db::Connection& connection, NewOfficial const& wanted, UserId by) {
  auto errors = errors_of(wanted);
  auto const grant = grant_of(connection, wanted.role, wanted.unit);
  if (!grant) errors.push_back(grant.error());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return connection.transaction([&] {
    auto const user =
        db::ensure_user(connection, db::ensure_person(connection, {.id = {},
                                                                   .iin = wanted.iin,
                                                                   .name = wanted.name,
                                                                   .phone = {},
                                                                   .email = {},
                                                                   .address = {},
                                                                   .language = wanted.language}));
    db::grant(connection, user, *grant, by);
    db::set_user(connection, user, true, wanted.position_kk, wanted.position_ru);
    log_grant(connection, by, "grant", user, *grant);
    return user;
  });
}

Kept<UserId> give_role(db::Connection& connection, UserId user, std::string const& role,
                       std::string const& unit, UserId by) {
  auto const grant = grant_of(connection, role, unit);
  if (!grant) return std::unexpected(Errors{grant.error()});
  connection.transaction([&] {
    db::grant(connection, user, *grant, by);
    log_grant(connection, by, "grant", user, *grant);
  });
  return user;
}

Kept<UserId> take_role(db::Connection& connection, UserId user, db::Grant const& grant, UserId by) {
  bool const known = std::ranges::find(k_roles, grant.role) != k_roles.end();
  if (!known || (grant.role == "admin" && user == by)) {
    Errors out;
    add(out, "error.own_admin", {}, ErrorCode::forbidden);
    return std::unexpected(std::move(out));
  }
  connection.transaction([&] {
    if (db::revoke(connection, user, grant)) log_grant(connection, by, "revoke", user, grant);
  });
  return user;
}

Kept<UserId> change_official(db::Connection& connection, OfficialChange const& change, UserId by) {
  Errors errors;
  check_size(errors, change.position_kk, "position_kk");
  check_size(errors, change.position_ru, "position_ru");
  if (!change.active && change.user == by)
    add(errors, "error.own_access", "active", ErrorCode::forbidden);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  connection.transaction([&] {
    db::set_user(connection, change.user, change.active, change.position_kk, change.position_ru);
    db::log_act(
        connection, by, "official",
        json::serialize(json::object{{"user", change.user.value}, {"active", change.active}}));
  });
  return change.user;
}

}  // namespace qyzmet::casework
