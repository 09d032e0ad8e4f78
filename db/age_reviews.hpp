#pragma once
// The daily look at the ages of reservists (R-CAT-01 .. R-CAT-13): who has had a birthday since the
// last one, or was looked at under other rules. Any number of processes do this on one database: a
// batch holds its people, so each is looked at once, and is written with the day of the next look
// in one transaction or not at all. Free functions over a Connection; blocking.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/registers.hpp"

namespace qyzmet::db {

/// A reservist on a register, as the record has it.
struct AgeReview {
  PersonId person;
  std::string iin;
  std::string composition, category;  // "" when the record does not say
  Date due;                           // birthdays before that day were looked at
};
struct AgeVerdict {
  std::vector<std::pair<Date, std::string>> categories = {};
  std::optional<Date> limit = {};
  Date due;  // the next birthday
};
using AgeJudge = std::function<AgeVerdict(AgeReview const&)>;

/// One batch of those who are due on `today`, or were judged by other `rules`. `entry`: where a
/// removal is written down. Answers how many were looked at.
int review_ages(Connection& connection, Date today, std::string const& rules,
                RegistrationMark const& entry, int limit, AgeJudge const& judge);

}  // namespace qyzmet::db
