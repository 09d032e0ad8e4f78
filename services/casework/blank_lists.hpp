#pragma once
// Blanks for military and special schools (R61-02): giving them, the day of the last issue by the
// list (Annex 22, R61-03), its second copy with what was not issued, and until when that is due
// (R61-04). What is counted are numbers and their state; names and IINs of the holders stay on the
// school's paper. As in blanks.hpp.
#include "db/blank_givings.hpp"
#include "engine/calendar.hpp"
#include "services/casework/blanks.hpp"

namespace qyzmet::casework {

inline constexpr std::size_t k_school_size_max = 200;
inline constexpr std::size_t k_numbers_size_max = 2000;  // of one list of numbers

Kept<int> give_blanks(db::Connection& connection, BlankForm const& form);
Kept<int> tell_last_issue(db::Connection& connection, BlankForm const& form);
/// A list that does not account for all is refused with what is missing (error.blank_list_differs).
Kept<int> return_list(db::Connection& connection, BlankForm const& form);

/// What a school was given, with the term of its list.
struct SchoolList {
  db::BlankGiving giving;
  std::optional<Date> due = {};  // of the second copy; none while the last issue is not known
  bool overdue = false;          // and it is not here
};
std::vector<SchoolList> school_lists(db::Connection& connection, engine::Calendar const& calendar,
                                     OfficeId office, Date today, int limit);

}  // namespace qyzmet::casework
