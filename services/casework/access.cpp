#include "services/casework/access.hpp"

#include <algorithm>

#include "db/audit.hpp"
#include "services/casework/fields.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

std::string unit_of(db::Grant const& grant) {
  if (grant.branch) return std::to_string(grant.branch->value);
  return grant.office ? std::to_string(grant.office->value) : std::string{};
}

bool is_provider(std::string_view role) {
  return role == "registrar" || role == "executor" || role == "head";
}

std::unexpected<Error> no_case() {
  return fail(ErrorCode::not_found, "error.case_not_found");
}

db::ReadEntry entry_of(Caller const& caller, db::LoadedCase const& row, std::string role,
                       std::string purpose, std::string fields) {
  return {.person = row.person,
          .reader = *caller.user,
          .role = std::move(role),
          .case_id = row.id,
          .purpose = std::move(purpose),
          .fields = std::move(fields),
          .at = {},
          .reader_name = {},
          .number = {}};
}

}  // namespace

db::Grant const* Caller::grant(std::string_view role) const {
  if (desk && desk->role == role) return &*desk;
  auto const found = std::ranges::find(grants, role, &db::Grant::role);
  return found == grants.end() ? nullptr : &*found;
}

engine::Actor citizen_actor(Caller const& caller) {
  return {.user = std::to_string(caller.user.value_or(UserId{}).value), .role = "citizen"};
}

engine::Actor staff_actor(Caller const& caller, db::Grant const& grant) {
  return {.user = std::to_string(caller.user.value_or(UserId{}).value),
          .role = grant.role,
          .unit = unit_of(grant)};
}

engine::Actor staff_actor(Caller const& caller, db::Grant const& grant, std::string_view role) {
  auto out = staff_actor(caller, grant);
  if (role == k_secretary && grant.office) out.role = k_secretary;
  return out;
}

bool sees(db::Grant const& grant, db::CaseFields const& fields) {
  if (grant.role == "branch_operator") return grant.branch && grant.branch == fields.branch;
  if (is_provider(grant.role)) return grant.office && *grant.office == fields.office;
  return false;
}

db::Grant const* grant_on(Caller const& caller, db::CaseFields const& fields,
                          std::string_view role) {
  auto const fits = [&](db::Grant const& grant) {
    return grant.role == role && sees(grant, fields);
  };
  if (caller.desk && fits(*caller.desk)) return &*caller.desk;
  auto const found = std::ranges::find_if(caller.grants, fits);
  return found == caller.grants.end() ? nullptr : &*found;
}

db::Grant const* office_grant(Caller const& caller) {
  auto const fits = [](db::Grant const& grant) { return grant.office && is_provider(grant.role); };
  if (caller.desk && fits(*caller.desk)) return &*caller.desk;
  auto const found = std::ranges::find_if(caller.grants, fits);
  return found == caller.grants.end() ? nullptr : &*found;
}

asio::awaitable<Result<OpenCase>> open_own_case(World& world, Caller const& caller,
                                                std::string number) {
  auto open = co_await open_case(world, std::move(number));
  if (!open) co_return open;
  if (!caller.signed_in() || open->row.person != caller.person) co_return no_case();
  co_return open;
}

std::optional<engine::Actor> StaffCase::actor(Caller const& caller, std::string_view role) const {
  if (role == k_secretary) {
    auto const at_office = std::ranges::find_if(
        grants, [](db::Grant const& grant) { return grant.office.has_value(); });
    if (at_office == grants.end()) return std::nullopt;
    return staff_actor(caller, *at_office, role);
  }
  auto const* grant = grant_on(caller, open.row.fields, role);
  if (grant == nullptr) return std::nullopt;
  return staff_actor(caller, *grant);
}

asio::awaitable<Result<StaffCase>> find_staff_case(World& world, Caller const& caller,
                                                   std::string number) {
  if (!caller.signed_in()) co_return no_case();
  auto open = co_await open_case(world, std::move(number));
  if (!open) co_return std::unexpected(open.error());
  std::vector<db::Grant> grants;
  for (auto const& grant : caller.grants)
    if (sees(grant, open->row.fields)) grants.push_back(grant);
  if (grants.empty()) co_return no_case();
  co_return StaffCase{.open = std::move(*open), .grants = std::move(grants)};
}

asio::awaitable<Result<StaffCase>> open_staff_case(World& world, Caller const& caller,
                                                   std::string number, std::string purpose,
                                                   std::string fields) {
  auto found = co_await find_staff_case(world, caller, std::move(number));
  if (!found) co_return found;
  auto const log = entry_of(caller, found->open.row, found->grants.front().role, std::move(purpose),
                            std::move(fields));
  co_await world.database.run([log](db::Connection& connection) { db::log_read(connection, log); });
  co_return found;
}

boost::json::object applicant_json(db::Person const& person) {
  return {{"name", person.name},
          {"iin", person.iin},
          {"phone", person.phone},
          {"email", person.email},
          {"address", person.address}};
}

db::ListFilter scope_of(db::Grant const& grant) {
  db::ListFilter filter;
  if (grant.role == "branch_operator")
    filter.branch = grant.branch;
  else if (grant.role != "admin")
    filter.office = grant.office;
  return filter;
}

asio::awaitable<db::ListPage> list_for_staff(World& world, Caller const& caller,
                                             db::Grant const& grant, db::ListFilter filter,
                                             std::string purpose) {
  auto const scope = scope_of(grant);
  filter.office = scope.office;
  filter.branch = scope.branch;
  filter.everything = false;
  auto const reader = caller.user.value_or(UserId{});
  auto page = co_await world.database.run(
      [filter, reader, role = grant.role, purpose](db::Connection& connection) {
        auto found = db::list_cases(connection, filter);
        std::vector<db::ReadEntry> reads;
        for (auto const& row : found.rows)
          reads.push_back({.person = row.person,
                           .reader = reader,
                           .role = role,
                           .case_id = row.id,
                           .purpose = purpose,
                           .fields = "name",
                           .at = {},
                           .reader_name = {},
                           .number = {}});
        if (!reads.empty()) db::log_reads(connection, reads);
        return found;
      });
  co_return page;
}

bool may_read(db::CaseDocumentRow const& document, bool staff) {
  return staff || document.direction != "inner";
}

}  // namespace qyzmet::casework
