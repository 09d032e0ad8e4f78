#pragma once
// Of which kind the place of an office is, and so which term it has: what table "place" of the
// package says of its territory. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "db/people.hpp"
#include "engine/calendar.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

struct PlaceKind {
  std::string place;   // as the rows of the term call it: "city", "district"
  std::string reason;  // what the territory is
  std::string cite;
};
/// By the code of the classifier of territories (4 or 9 digits); nullopt when the code is of
/// another kind, the package has no such table, or no row holds.
std::optional<PlaceKind> place_of_code(engine::Package const& package,
                                       engine::Calendar const& calendar, std::string_view code);

/// Of the territory, or what the register says where that tells nothing.
std::string place_of(engine::Package const& package, engine::Calendar const& calendar,
                     db::Office const& office);

}  // namespace qyzmet::casework
