#pragma once
// Whom a form may name: people of the office that has the case. Blocking, reads only.
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "db/worklists.hpp"

namespace qyzmet::casework {

/// Choices of a field with that source: "executors" of the office, or the "officials" who handle
/// the case (its executor and the heads). Nobody for any other source.
std::vector<db::User> officials_for(db::Connection& connection, db::CaseFields const& fields,
                                    std::string_view source);

/// Where an application may be passed on to: every other office.
std::vector<db::Office> other_offices(db::Connection& connection, db::CaseFields const& fields);
/// What a field with the source "office:<what>" holds of an office: code, place, superior.kk, ...
std::string of_office(db::Office const& office, std::string_view what);

}  // namespace qyzmet::casework
