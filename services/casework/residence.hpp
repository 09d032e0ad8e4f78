#pragma once
// Events of residence of the State database of individuals, as they come in: over the API from its
// program, or line by line from a file (R78-41 .. R78-46). What becomes of one: db/registers.hpp.
// read_report() is pure, the others block: for a job of the database.
#include <optional>
#include <string>

#include "db/registers.hpp"
#include "engine/base/result.hpp"
#include "services/casework/library.hpp"

namespace qyzmet::casework {

inline constexpr std::size_t k_residence_text_max = 500;  // characters of any part

/// As it was written; "" for what is not there.
struct ResidenceReport {
  std::string id, iin, kind, district, address, effective;
};
/// Errors of the field that is wrong: error.required, error.too_long, error.field_iin,
/// error.field_date, error.choose.
Result<db::ResidenceEvent> read_report(ResidenceReport const& report);

/// Where moves are written down under the package in force; nullopt: no package says so.
std::optional<db::MoveMarksByKind> move_marks_on(Library const& library, Date day);

/// Of the person with that IIN; what is of a day to come is kept for it. Answers the outcome as a
/// word, "unknown_person" for whoever stands nowhere in our registers: nothing is kept of them.
std::string take_residence(db::Connection& connection, db::ResidenceEvent event,
                           std::string const& iin, db::MoveMarksByKind const& marks, Date today);

}  // namespace qyzmet::casework
