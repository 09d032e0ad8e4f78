#include "services/casework/officials.hpp"

#include <algorithm>

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

std::vector<db::Office> other_offices(db::Connection& connection, db::CaseFields const& fields) {
  auto out = db::offices(connection);
  std::erase_if(
      out, [&](db::Office const& office) { return office.id == fields.office || !office.active; });
  return out;
}

std::string of_office(db::Office const& office, std::string_view what) {
  if (what == "code") return office.code;
  if (what == "place") return office.place;
  if (what == "superior.kk") return office.higher_body_kk;
  if (what == "superior.ru") return office.higher_body_ru;
  return {};
}

}  // namespace qyzmet::casework
