#include "services/casework/places.hpp"

#include <algorithm>

namespace qyzmet::casework {

namespace {

constexpr std::size_t k_district_size = 4, k_settlement_size = 9;

bool is_territory(std::string_view code) {
  return (code.size() == k_district_size || code.size() == k_settlement_size) &&
         std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
}

int two_digits(std::string_view text) {
  return (text[0] - '0') * 10 + (text[1] - '0');
}

}  // namespace

std::optional<PlaceKind> place_of_code(engine::Package const& package,
                                       engine::Calendar const& calendar, std::string_view code) {
  auto const* const table = package.decision("place");
  if (table == nullptr || !is_territory(code)) return std::nullopt;
  auto const decision =
      table->decide({{"region", two_digits(code)}, {"area", two_digits(code.substr(2))}}, calendar);
  if (!decision) return std::nullopt;
  return PlaceKind{.place = engine::text_at(decision->outputs, "place"),
                   .reason = engine::text_at(decision->outputs, "reason"),
                   .cite = decision->cite};
}

std::string place_of(engine::Package const& package, engine::Calendar const& calendar,
                     db::Office const& office) {
  auto const by_code = place_of_code(package, calendar, office.code);
  return by_code ? by_code->place : office.place;
}

}  // namespace qyzmet::casework
