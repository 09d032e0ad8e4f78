#pragma once
// What offices have written down of registrations: the journal of conscripts (Annex 15) and the
// marks on the cards of reservists (Annex 5), with the case that each comes from (R78-12, R78-45).
// Written with the registrations themselves (registers.hpp); immutable by migration 0015. Blocking,
// reads only; logs nothing: whoever shows an entry has its reading logged before.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "db/registers.hpp"

namespace qyzmet::db {

inline constexpr std::string_view k_journal = "15", k_card = "5";
inline constexpr int k_entries_max = 100;

struct RegisterEntry {
  RegistrationId registration;
  PersonId person;
  std::string name, iin;
  OfficeId office;          // that wrote it
  std::string paper, mark;  // k_journal and a column, or k_card and "taken", "removed"
  bool removes = false;     // else it takes on
  Date day;
  std::string kind;               // "conscript", "reservist"
  std::string why;                // basis of the registration, or why it ends (registers.hpp)
  std::optional<OfficeId> other;  // whence, or whither, somebody moved
  std::string number;             // of the case; "" when it came without one
  bool case_here = false;         // that case is of the office which wrote the entry
};

/// Where a page ended: the next one begins behind this entry, whatever has come since.
struct EntryCursor {
  Date day;
  RegistrationId registration;
  bool removes = false;
};
struct EntryFilter {
  OfficeId office;
  std::string paper;
  std::optional<Date> from = {}, until = {};
  std::optional<PersonId> person = {};
  std::optional<EntryCursor> after = {};
  int limit = 50;
};
/// Of one office, the newest first; at most k_entries_max and one that tells of a next page.
std::vector<RegisterEntry> register_entries(Connection& connection, EntryFilter const& filter);
/// Whoever has this IIN and stands in an entry of the office.
std::optional<PersonId> person_in_entries(Connection& connection, OfficeId office,
                                          std::string const& iin);
/// Of one person at all offices, the newest first; at most k_entries_max.
std::vector<RegisterEntry> entries_of_person(Connection& connection, PersonId person);

}  // namespace qyzmet::db
