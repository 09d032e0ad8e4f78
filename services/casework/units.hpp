#pragma once
// Offices with their branches as administrators look for them. Pure but for the reading.
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "services/casework/library.hpp"

namespace qyzmet::casework {

struct Units {
  std::vector<db::Office> offices;
  std::vector<db::Branch> branches;
};
/// All of both registers, closed ones too. Blocking.
Units read_units(db::Connection& connection);

/// By a part of the name in any language, or as the code begins.
bool is_asked(db::Office const& office, std::string_view asked);
bool is_asked(db::Branch const& branch, std::string_view asked);
/// Offices that were asked for, by themselves or by one of their branches.
Units asked_units(Units units, std::string_view asked);

/// What the packages of that day say of the territory with this code, as db::Office::place; "" when
/// they say nothing.
std::string place_by_packages(Library const& library, std::string_view code, Date day);

}  // namespace qyzmet::casework
