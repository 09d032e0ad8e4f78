#pragma once
// Rows of a form that a column tells apart (unique="true" in service.xml) are told apart for the
// whole case: a number that an earlier round gave out names that row for ever, and an answer to it
// would not know which one is meant (R79-21). Blocking: for a job of the database.
#include <vector>

#include "db/connection.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Has the form lists of which a column tells rows apart?
bool tells_rows_apart(engine::Form const& form);

/// "error.used_before" for each cell of `fields` ("requests.2.number") that holds what a form which
/// was completed earlier in the case has in that column of the list of that name.
std::vector<Error> used_before(db::Connection& connection, CaseId id, engine::Form const& form,
                               Fields const& fields);

}  // namespace qyzmet::casework
