#pragma once
// Officials as administrators keep them: who they are, their roles, whether they may come in.
// Checked, written and put into the log of acts in one transaction. Errors name the field of the
// form. Blocking: for a job of the database.
#include <array>
#include <string>
#include <string_view>

#include "services/casework/registers.hpp"

namespace qyzmet::casework {

inline constexpr std::array<std::string_view, 5> k_roles{"registrar", "executor", "head",
                                                         "branch_operator", "admin"};
inline constexpr std::size_t k_official_name_size_max = 200;
inline constexpr int k_left_cases_max = 100;  // shown of those that wait for another executor

/// Who has a role: `asked` is a part of the name or the whole IIN; a page of them.
std::vector<db::User> find_staff(db::Connection& connection, std::string const& asked,
                                 db::StaffFilter page);

struct NewOfficial {
  std::string iin, name;  // the name of a known person stays
  std::string position_kk, position_ru;
  std::string language;
  std::string role;
  std::string unit;  // "office-7", "branch-9"; "" for an administrator
};
/// A person of that IIN gets the role, and is made known first when nobody had it.
Kept<UserId> add_official(db::Connection& connection, NewOfficial const& wanted, UserId by);

/// Errors: error.choose (role), error.unit_does_not_fit (unit).
Kept<UserId> give_role(db::Connection& connection, UserId user, std::string const& role,
                       std::string const& unit, UserId by);
/// Taken away at once. Error: error.own_admin, so that nobody is left outside.
Kept<UserId> take_role(db::Connection& connection, UserId user, db::Grant const& grant, UserId by);

struct OfficialChange {
  UserId user;
  std::string position_kk, position_ru;  // as they stand under documents
  bool active = true;                    // who is not comes in no more, with no role
};
/// Errors: error.too_long, error.own_access.
Kept<UserId> change_official(db::Connection& connection, OfficialChange const& change, UserId by);

}  // namespace qyzmet::casework
