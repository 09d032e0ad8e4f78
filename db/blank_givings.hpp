#pragma once
// Blanks that an office gives to schools, and the issue list (Annex 22) whose second copy comes
// back: given = issued + returned unissued + returned spoiled (R61-02 .. R61-05, INV-39). That the
// list accounts for all, and that no blank is given twice, triggers and constraints of migration
// 0035 hold. Blocking: for a job of the database.
#include <optional>
#include <string>
#include <vector>

#include "db/blanks.hpp"

namespace qyzmet::db {

inline constexpr std::int64_t k_blanks_of_giving_max = 1000;

/// A term of the law that runs outside of cases.
struct LawTerm {
  int working_days = 0;
  std::string rule, paragraph, source;
};

/// Rank-and-file blanks of one series and receipt, with the numbers from first to last.
struct BlankGiving {
  std::int64_t id = 0;
  OfficeId office;
  std::string series, first, last;
  std::string school;
  std::string request;  // number of the school's request
  Date requested_on, given_on;
  std::optional<UserId> by = {};
  // Filled when reading:
  std::optional<Date> last_issue_on = {};  // none: not told yet, or nothing was issued
  std::string list = {};                   // its number; "" until the second copy is back
  std::optional<Date> list_on = {}, returned_on = {};
  int given = 0, issued = 0, unissued = 0, spoiled = 0;
  LawTerm term = {};  // for the second copy, as it holds on the day of the last issue
};

/// The numbers from first to last, as they are printed.
std::vector<std::string> blank_run(std::string const& first, std::string const& last);

struct GivingAnswer {
  BlankAnswer answer = BlankAnswer::done;
  std::vector<std::string> taken = {};  // of another: the numbers that are not in stock
};
/// Not held: the office has no receipt with all of them. Conflict blank_once: a case took one of
/// them at the same moment; nothing was given.
GivingAnswer give_blanks(Connection& connection, BlankGiving const& giving);

/// Lists that are out first, and of them those whose last issue lies farthest back. `today` tells
/// which term holds for those whose last issue is not known.
std::vector<BlankGiving> blank_givings(Connection& connection, OfficeId office, Date today,
                                       int limit);
/// One of the office, locked until the end of the transaction.
std::optional<BlankGiving> lock_giving(Connection& connection, OfficeId office, std::int64_t id,
                                       Date today);

void tell_last_issue(Connection& connection, std::int64_t giving, Date last_issue_on);

/// The second copy of an issue list. The three lists of numbers are all that were given.
struct BlankList {
  std::string number;
  Date day, returned_on;
  std::optional<Date> last_issue_on;  // none: nothing was issued
  std::vector<std::string> issued, unissued, spoiled;
  std::optional<UserId> by = {};
};
/// Unissued blanks are in stock again. Conflict blank_giving_whole: the list does not account for
/// all. Inside a transaction.
void return_list(Connection& connection, BlankGiving const& giving, BlankList const& list);

}  // namespace qyzmet::db
