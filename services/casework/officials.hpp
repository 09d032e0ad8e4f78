#pragma once
// Whom a form may name: people of the office that has the case. Blocking, reads only.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "db/worklists.hpp"
#include "engine/value.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Choices of a field with that source: "executors" of the office, or the "officials" who handle
/// the case (its executor, the secretary for whom it waits, and the heads). Nobody for any other
/// source.
std::vector<db::User> officials_for(db::Connection& connection, db::CaseFields const& fields,
                                    std::string_view source);

/// The same, and "secretaries": officials of the office, stand-ins of today among them, but who
/// handles the case or was recused from it.
std::vector<db::User> officials_for(db::Connection& connection, OpenCase const& open,
                                    std::string_view source);

/// Those of them that a form proposes: of the "executors" neither who is it already nor who was
/// recused. Naming one of these is not wrong as an answer; a guard says why it cannot be.
std::vector<db::User> offered_officials(db::Connection& connection, OpenCase const& open,
                                        std::string_view source);

/// An office or a branch that a form may name.
struct NamedPlace {
  std::string id;
  std::string kk, ru, en;  // what people choose it by
  /// What fields with the source "office:<what>" or "branch:<what>" hold of it: code, place, ...
  std::map<std::string, engine::Value, std::less<>> known = {};
  bool proposed = false;  // chosen beforehand

  std::string const& label(std::string_view language) const;
};
/// Choices of a field with that source. "offices": where an application may be passed on to, every
/// other office. "branches": where a result may be received instead, every other branch that is not
/// shut today, the nearest first, which is proposed: of the territory of the branch that has the
/// case, then of its region.
std::vector<NamedPlace> places_for(db::Connection& connection, OpenCase const& open,
                                   std::string_view source);

}  // namespace qyzmet::casework
