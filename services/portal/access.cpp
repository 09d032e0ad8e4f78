#include "services/portal/access.hpp"

#include <algorithm>

#include "db/audit.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

namespace {

/// Calls `each` with the words of an access class until it says true.
template <class Each>
bool any_word(std::string_view access, Each each) {
  while (!access.empty()) {
    auto const blank = access.find(' ');
    if (each(access.substr(0, blank))) return true;
    access.remove_prefix(blank == access.npos ? access.size() : blank + 1);
  }
  return false;
}

std::string unit_of(db::Grant const& grant) {
  if (grant.branch) return std::to_string(grant.branch->value);
  return grant.office ? std::to_string(grant.office->value) : std::string{};
}

std::unexpected<Error> no_case() {
  return fail(ErrorCode::not_found, "error.case_not_found");
}

db::ReadEntry entry_of(Visitor const& visitor, db::LoadedCase const& row, std::string role,
                       std::string purpose, std::string fields) {
  return {.person = row.person,
          .reader = *visitor.user,
          .role = std::move(role),
          .case_id = row.id,
          .purpose = std::move(purpose),
          .fields = std::move(fields),
          .at = {},
          .reader_name = {},
          .number = {}};
}

}  // namespace

Entry entry(bool demo, Visitor const& visitor, std::string_view access) {
  if (access == "anyone") return Entry::allowed;
  if (access == "demo") return demo ? Entry::allowed : Entry::absent;
  if (!visitor.signed_in()) return Entry::sign_in;
  auto const may = [&](std::string_view word) {
    return word == "visitor" || visitor.has_role(word);
  };
  return any_word(access, may) ? Entry::allowed : Entry::forbidden;
}

engine::Actor citizen_actor(Visitor const& visitor) {
  return {.user = std::to_string(visitor.user.value_or(UserId{}).value), .role = "citizen"};
}

engine::Actor staff_actor(Visitor const& visitor, db::Grant const& grant) {
  return {.user = std::to_string(visitor.user.value_or(UserId{}).value),
          .role = grant.role,
          .unit = unit_of(grant)};
}

bool sees(db::Grant const& grant, db::CaseFields const& fields) {
  if (grant.role == "branch_operator") return grant.branch && grant.branch == fields.branch;
  if (grant.role == "registrar" || grant.role == "executor" || grant.role == "head")
    return grant.office && *grant.office == fields.office;
  return false;
}

db::Grant const* grant_on(Visitor const& visitor, db::CaseFields const& fields,
                          std::string_view role) {
  auto const fits = [&](db::Grant const& grant) {
    return grant.role == role && sees(grant, fields);
  };
  if (visitor.desk && fits(*visitor.desk)) return &*visitor.desk;
  auto const found = std::ranges::find_if(visitor.grants, fits);
  return found == visitor.grants.end() ? nullptr : &*found;
}

asio::awaitable<Result<casework::OpenCase>> open_own_case(Portal& portal, Visitor const& visitor,
                                                          std::string number) {
  auto open = co_await casework::open_case(portal.world, std::move(number));
  if (!open) co_return open;
  if (!visitor.signed_in() || open->row.person != visitor.person) co_return no_case();
  co_return open;
}

std::optional<engine::Actor> StaffCase::actor(Visitor const& visitor, std::string_view role) const {
  auto const* grant = grant_on(visitor, open.row.fields, role);
  if (grant == nullptr) return std::nullopt;
  return staff_actor(visitor, *grant);
}

asio::awaitable<Result<StaffCase>> find_staff_case(Portal& portal, Visitor const& visitor,
                                                   std::string number) {
  if (!visitor.signed_in()) co_return no_case();
  auto open = co_await casework::open_case(portal.world, std::move(number));
  if (!open) co_return std::unexpected(open.error());
  std::vector<db::Grant> grants;
  for (auto const& grant : visitor.grants)
    if (sees(grant, open->row.fields)) grants.push_back(grant);
  if (grants.empty()) co_return no_case();
  co_return StaffCase{.open = std::move(*open), .grants = std::move(grants)};
}

asio::awaitable<Result<StaffCase>> open_staff_case(Portal& portal, Visitor const& visitor,
                                                   std::string number, std::string purpose,
                                                   std::string fields) {
  auto found = co_await find_staff_case(portal, visitor, std::move(number));
  if (!found) co_return found;
  auto const log = entry_of(visitor, found->open.row, found->grants.front().role,
                            std::move(purpose), std::move(fields));
  co_await portal.world.database.run(
      [log](db::Connection& connection) { db::log_read(connection, log); });
  co_return found;
}

db::ListFilter scope_of(db::Grant const& grant) {
  db::ListFilter filter;
  if (grant.role == "branch_operator")
    filter.branch = grant.branch;
  else if (grant.role != "admin")
    filter.office = grant.office;
  return filter;
}

asio::awaitable<db::ListPage> list_for_staff(Portal& portal, Visitor const& visitor,
                                             db::Grant const& grant, db::ListFilter filter,
                                             std::string purpose) {
  auto const scope = scope_of(grant);
  filter.office = scope.office;
  filter.branch = scope.branch;
  filter.everything = false;
  auto const reader = visitor.user.value_or(UserId{});
  auto page = co_await portal.world.database.run(
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

}  // namespace qyzmet::portal
