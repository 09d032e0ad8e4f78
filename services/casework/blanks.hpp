#pragma once
// What an office enters into its accounting of blanks (INV-39): receipts, blanks spoiled in stock,
// destruction of the spoiled; blanks given to a school, and the issue list that comes back
// (blank_lists.hpp). Checked, written and put into the log of acts in one transaction. Errors name
// the field of the form. Blocking: for a job of the database.
#include <array>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "db/blanks.hpp"
#include "services/casework/registers.hpp"

namespace qyzmet::casework {

inline constexpr std::array<std::string_view, 2> k_blank_kinds{"officer", "rank_and_file"};
inline constexpr std::size_t k_series_size_max = 10;
inline constexpr std::size_t k_paper_size_max = 100;

/// A form of the accounting as a page or a program sent it.
struct BlankForm {
  OfficeId office;
  Date today;  // the legal day
  std::optional<UserId> by = {};
  std::map<std::string, std::string, std::less<>> values = {};

  /// "" for a field that was not sent.
  std::string const& value(std::string_view field) const;
};

/// An act of the accounting: what it asks for, and what enters it; the answer is of how many
/// blanks. The API calls it by its name.
struct BlankAct {
  std::string_view name;
  std::vector<std::string_view> fields;
  Kept<int> (*keep)(db::Connection& connection, BlankForm const& form);
};
std::span<BlankAct const> blank_acts();
/// Null for a name that is none.
BlankAct const* find_blank_act(std::string_view name);

// --- What acts check their fields with; all under the rule INV-39

using BlankErrors = std::vector<Error>;
Error blank_error(std::string_view text, std::string_view field);
/// Asked for, and at most so long.
void check_blank_text(BlankForm const& form, std::string_view field, std::size_t size_max,
                      BlankErrors& errors);
/// A series, and the first and the last of at most `count_max` numbers; how many.
int check_blank_run(BlankForm const& form, std::int64_t count_max, BlankErrors& errors);
/// Puts the act into the log, with what was typed.
void log_blanks(db::Connection& connection, BlankForm const& form, std::string const& act,
                int count);

}  // namespace qyzmet::casework
