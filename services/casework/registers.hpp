#pragma once
// What administrators keep: offices, branches, appointments of stand-ins. Checked, written and put
// into the log of acts in one transaction; the pages and the command line both come through here.
// Errors name the field as the column of the register is called ("name_kk"). Blocking: for a job
// of the database. `by` is the administrator; none for the command line.
#include <array>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "engine/base/result.hpp"

namespace qyzmet::casework {

inline constexpr std::array<std::string_view, 2> k_places{"city", "district"};
inline constexpr std::size_t k_basis_size_max = 300;
inline constexpr std::size_t k_position_size_max = 200;
inline constexpr int k_stand_in_days_max = 366;

/// A text of an office or branch as a form asks for it. All are required.
template <class Unit>
struct UnitText {
  std::string_view name;
  std::string Unit::* text;
  std::size_t size_max;
};
std::span<UnitText<db::Office> const> office_texts();
std::span<UnitText<db::Branch> const> branch_texts();

template <class T>
using Kept = std::expected<T, std::vector<Error>>;

/// Insert (id 0) or update by id.
Kept<OfficeId> keep_office(db::Connection& connection, db::Office const& office,
                           std::optional<UserId> by);
Kept<BranchId> keep_branch(db::Connection& connection, db::Branch const& branch,
                           std::optional<UserId> by);

/// "ahead", "now", "over", "withdrawn". Pure.
std::string_view stand_in_state(db::StandIn const& stand_in, Date today);
/// `today` is the legal day: powers are not given for days that have passed.
Kept<std::int64_t> appoint(db::Connection& connection, db::StandIn const& stand_in, Date today);
/// At once; the record stays. False when there was nothing to withdraw.
bool withdraw(db::Connection& connection, std::int64_t stand_in, Date today,
              std::optional<UserId> by);

}  // namespace qyzmet::casework
