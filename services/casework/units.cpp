#include "services/casework/units.hpp"

#include <algorithm>

#include "services/casework/places.hpp"

namespace qyzmet::casework {

namespace {

template <class Unit>
bool is_named(Unit const& unit, std::string_view asked) {
  return unit.code.starts_with(asked) || unit.name_kk.contains(asked) ||
         unit.name_ru.contains(asked) || unit.name_en.contains(asked);
}

}  // namespace

Units read_units(db::Connection& connection) {
  return {.offices = db::offices(connection), .branches = db::branches(connection)};
}

bool is_asked(db::Office const& office, std::string_view asked) {
  return is_named(office, asked);
}
bool is_asked(db::Branch const& branch, std::string_view asked) {
  return is_named(branch, asked);
}

Units asked_units(Units units, std::string_view asked) {
  std::erase_if(units.offices, [&](db::Office const& office) {
    return !is_asked(office, asked) &&
           std::ranges::none_of(units.branches, [&](db::Branch const& branch) {
             return branch.office == office.id && is_asked(branch, asked);
           });
  });
  return units;
}

std::string place_by_packages(Library const& library, std::string_view code, Date day) {
  auto const calendar = library.calendar();
  if (!calendar) return {};
  for (auto const& package : library.services(day))
    if (auto const found = place_of_code(*package, *calendar, code)) return found->place;
  return {};
}

}  // namespace qyzmet::casework
