#include "services/casework/officials.hpp"

#include <algorithm>
#include <tuple>

namespace qyzmet::casework {

namespace {

/// But who handles the case, or was recused from it.
void erase_handlers(OpenCase const& open, std::vector<db::User>& officials) {
  auto const recused = engine::text_at(open.instance.variables, "recusal.left");
  std::erase_if(officials, [&](db::User const& user) {
    return user.id == open.row.fields.executor ||
           recused.contains("," + std::to_string(user.id.value) + ",");
  });
}

}  // namespace

std::vector<db::User> officials_for(db::Connection& connection, db::CaseFields const& fields,
                                    std::string_view source) {
  if (source == "executors") return db::users_with_role(connection, "executor", fields.office);
  std::vector<db::User> out;
  if (source != "officials") return out;
  for (auto const& named : {fields.executor, fields.secretary})
    if (named)
      if (auto official = db::find_user(connection, *named)) out.push_back(std::move(*official));
  for (auto& head : db::users_with_role(connection, "head", fields.office))
    if (std::ranges::find(out, head.id, &db::User::id) == out.end()) out.push_back(std::move(head));
  return out;
}

std::vector<db::User> officials_for(db::Connection& connection, OpenCase const& open,
                                    std::string_view source) {
  auto const& fields = open.row.fields;
  if (source != "secretaries") return officials_for(connection, fields, source);
  auto out = db::officials_of(connection, fields.office);
  erase_handlers(open, out);
  return out;
}

std::vector<db::User> offered_officials(db::Connection& connection, OpenCase const& open,
                                        std::string_view source) {
  auto out = officials_for(connection, open, source);
  if (source == "executors") erase_handlers(open, out);
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
  // Near is what lies near the branch that was chosen, whatever office decides.
  auto here = fields.office;
  for (auto const& branch : branches)
    if (branch.id == fields.branch) here = branch.office;
  std::erase_if(branches, [&](db::Branch const& branch) {
    return !branch.active || branch.id == fields.branch || is_shut(open, branch.code);
  });
  std::ranges::sort(branches, {}, [&](db::Branch const& branch) {
    return std::tuple{branch.office != here, regions[branch.office] != regions[here], branch.code};
  });
  std::vector<NamedPlace> out;
  for (auto const& branch : branches)
    out.push_back({.id = std::to_string(branch.id.value),
                   .kk = branch.name_kk + ", " + branch.address_kk,
                   .ru = branch.name_ru + ", " + branch.address_ru,
                   .en = branch.name_en + ", " + branch.address_en,
                   .known = {{"code", branch.code}, {"is_duty", branch.is_duty}},
                   .proposed = out.empty()});
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
