#pragma once
// What an office enters into its accounting of blanks (INV-39): receipts, blanks spoiled in stock,
// destruction of the spoiled. Checked, written and put into the log of acts in one transaction.
// Errors name the field of the form. Blocking: for a job of the database.
#include <array>
#include <string_view>

#include "db/blanks.hpp"
#include "services/casework/registers.hpp"

namespace qyzmet::casework {

inline constexpr std::array<std::string_view, 2> k_blank_kinds{"officer", "rank_and_file"};
inline constexpr std::size_t k_series_size_max = 10;
inline constexpr std::size_t k_paper_size_max = 100;

/// An act of the accounting, as it comes from a form.
struct BlankEntry {
  OfficeId office;
  db::Blank blank;  // "number": of the one that was spoiled
  std::string first, last;
  std::string paper;
  Date day;
  std::optional<UserId> by = {};
};

Kept<int> receive_blanks(db::Connection& connection, BlankEntry const& entry);
Kept<int> spoil_blank(db::Connection& connection, BlankEntry const& entry);
/// How many were destroyed.
Kept<int> destroy_blanks(db::Connection& connection, BlankEntry const& entry);

}  // namespace qyzmet::casework
