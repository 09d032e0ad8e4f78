#include "services/casework/officials.hpp"

#include <algorithm>
#include <tuple>

namespace qyzmet::casework {

std::vector<db::User> officials_for(db::Connection& connection, db::CaseFields const& fields,
                                    std::string_view source) {
  if (source == "executors") return db::users_with_role(connection, "executor", fields.office);
  std::vector<db::User> out;
  if (source != "officials") return out;
  if (fields.executor)
    if (auto executor = db::find_user(connection, *fields.executor))
      out.push_back(std::move(*executor));
  for (auto& head : db::users_with_role(connection, "head", fields.office))
    if (std::ranges::find(out, head.id, &db::User::id) == out.end()) out.push_back(std::move(head));
  return out;
}

std::string const& NamedPlace::label(std::string_view language) const {
  return language == "ru" ? ru : language == "en" ? en : kk;
}

namespace {

constexpr std::size_t k_region_digits = 2;  // of the code of an office's territory

std::vector<NamedPlace> other_offices(db::Connection& connection, OfficeId own) {
  std::vector<NamedPlace> out;
  for (auto const& office : db::offices(connection)) {
    if (office.id == own || !office.is_offered()) continue;
    out.push_back({.id = std::to_string(office.id.value),
                   .kk = office.name_kk,
                   .ru = office.name_ru,
                   .en = office.name_en,
                   .known = {{"code", office.code},
                             {"place", office.place},
                             {"superior.kk", office.higher_body_kk},
                             {"superior.ru", office.higher_body_ru}}});
  }
  return out;
}

bool is_shut(OpenCase const& open, std::string const& branch) {
  auto const today = legal_date(open.now);
  return std::ranges::any_of(open.calendar->opening().closures(), [&](auto const& closure) {
    return closure.unit == branch && closure.first <= today && today <= closure.last;
  });
}

std::vector<NamedPlace> other_branches(db::Connection& connection, OpenCase const& open) {
  auto const& fields = open.row.fields;
  std::map<OfficeId, std::string> regions;
  for (auto const& office : db::offices(connection))
    regions[office.id] = office.code.substr(0, k_region_digits);
  auto branches = db::branches(connection);
  std::erase_if(branches, [&](db::Branch const& branch) {
    return !branch.active || branch.id == fields.branch || is_shut(open, branch.code);
  });
  std::ranges::sort(branches, {}, [&](db::Branch const& branch) {
    return std::tuple{branch.office != fields.office,
                      regions[branch.office] != regions[fields.office], branch.code};
  });
  std::vector<NamedPlace> out;
  for (auto const& branch : branches)
    out.push_back({.id = std::to_string(branch.id.value),
                   .kk = branch.name_kk + ", " + branch.address_kk,
                   .ru = branch.name_ru + ", " + branch.address_ru,
                   .en = branch.name_en + ", " + branch.address_en,
                   .known = {{"code", branch.code}, {"is_duty", branch.is_duty}}});
  return out;
}

}  // namespace

std::vector<NamedPlace> places_for(db::Connection& connection, OpenCase const& open,
                                   std::string_view source) {
  if (source == "offices") return other_offices(connection, open.row.fields.office);
  if (source == "branches") return other_branches(connection, open);
  return {};
}

}  // namespace qyzmet::casework
