#pragma once
// Accounting of blanks of military IDs (INV-39): receipts of an office, and what became of each
// blank. The balance is kept by triggers and constraints of migrations 0019 and 0035. Which blank a
// case was written on only the keyed hash of its number tells. What schools were given:
// blank_givings.hpp.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

inline constexpr std::int64_t k_blanks_of_receipt_max = 100'000;
inline constexpr std::size_t k_blank_digits_max = 12;

/// Blanks of one series with the numbers from first to last, both as they are printed.
struct BlankReceipt {
  std::int64_t id = 0;
  OfficeId office;
  std::string kind;  // "officer" (Annex 1), "rank_and_file" (Annex 2)
  std::string series, first, last;
  Date received_on;
  std::string paper;  // the waybill
  std::optional<UserId> by = {};
  // Filled when reading:
  int received = 0, in_stock = 0, given = 0, written = 0, issued = 0, spoiled = 0, destroyed = 0;
};
/// Conflict blank_receipt_once: some of them have been received already.
std::int64_t receive_blanks(Connection& connection, BlankReceipt const& receipt);
/// The latest first.
std::vector<BlankReceipt> blank_receipts(Connection& connection, OfficeId office, int limit);

struct BlankSum {
  std::string kind;
  std::int64_t received = 0, in_stock = 0, given = 0, written = 0, issued = 0, spoiled = 0,
               destroyed = 0;
};
/// All that the office has ever received, by kind.
std::vector<BlankSum> blank_sums(Connection& connection, OfficeId office);

/// Blanks that one paper says were spoiled or destroyed.
struct BlankAct {
  std::string state, kind, paper;
  Date day;
  int count = 0;
};
std::vector<BlankAct> blank_acts(Connection& connection, OfficeId office, int limit);

struct Blank {
  std::string kind, series, number;
};
enum class BlankAnswer {
  done,
  of_another,  // a case or a school has it, or an ID bears its number, or it is spoiled
  not_held     // the office has received no such blank
};
/// nullopt for what is no number of a blank.
std::optional<std::int64_t> blank_number(std::string_view text);
/// What the accounting knows a blank by.
Bytes blank_hash(Connection const& connection, std::string const& series,
                 std::string const& number);
/// The receipt of the office with this blank.
std::optional<std::int64_t> blank_receipt_of(Connection& connection, OfficeId office,
                                             Blank const& blank);

/// Takes a blank for a case. With `earlier_released` the case gives back what it had taken before.
BlankAnswer take_blank(Connection& connection, CaseId case_id, OfficeId office, Blank const& blank,
                       bool earlier_released);
/// The blank that a case was written on cannot be handed over. True as well when it was entered
/// before; false when the case has no such blank.
bool spoil_blank_of_case(Connection& connection, CaseId case_id, Blank const& blank, Date day,
                         std::string const& paper);
/// One out of the stock.
BlankAnswer spoil_blank(Connection& connection, OfficeId office, Blank const& blank, Date day,
                        std::string const& paper);
/// All spoiled blanks of the kind that the office has kept; how many.
int destroy_blanks(Connection& connection, OfficeId office, std::string const& kind, Date day,
                   std::string const& paper);

}  // namespace qyzmet::db
