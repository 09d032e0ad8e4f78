#pragma once
// Registers of military registration: facts of a person's record with source and validity, and who
// is on the register of which office. One active registration per person, and no move that loses
// somebody, are constraints of the database (registration_one_active, registration_no_overlap,
// registration_goes_on).
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

using RegistrationId = Id<struct RegistrationTag>;

/// One fact of a person's military record: what held from when until when, and out of which case,
/// in which its source lies and the history of which says who entered it; without one it was there
/// before this system.
struct RecordFact {
  std::int64_t id;
  std::string fact;   // "composition", "category", ...
  std::string value;  // sealed at rest
  std::optional<CaseId> case_id;
  Date from;
  std::optional<Date> until;  // the day from which it holds no more
  bool withdrawn = false;     // the decision for which it was entered was not taken
  std::string number;         // of the case; "" without one
};
/// What is known for sure of the person on `day`, by fact.
std::vector<RecordFact> record_on(Connection& connection, PersonId person, Date day);
/// Everything that was ever entered, by fact, the latest first.
std::vector<RecordFact> whole_record(Connection& connection, PersonId person);

/// What a case has found out: fact, value.
using FactValues = std::vector<std::pair<std::string, std::string>>;
/// Enters facts as of `day`: an earlier value ends there and stays on record, an equal one goes on
/// (R79-25). One transaction; doing it again changes nothing.
void enter_facts(Connection& connection, PersonId person, CaseId case_id, Date day,
                 FactValues const& facts);

/// The same in the place of what the case entered before: what `facts` do not confirm ends as of
/// `day`, withdrawn, and what held before it holds again. Without facts all of the case is undone.
void correct_facts(Connection& connection, PersonId person, CaseId case_id, Date day,
                   FactValues const& facts);

struct Registration {
  RegistrationId id;
  PersonId person;
  OfficeId office;
  std::string kind;      // "conscript", "reservist"
  std::string category;  // of reservists: "I", "II"; in registrations() the latest that it had
  std::string basis;     // "application", "move", "taken_over": was there before this system
  std::optional<CaseId> case_id;
  std::optional<RegistrationId> previous;
  Date since;  // what is older than this day changes nothing
  Date taken_on;
  std::optional<Date> removed_on;
  std::string removal = {};  // "moved", "deceased", "citizenship_lost", "age"; "" while it stands
  // Filled when reading:
  std::string number;               // of the case
  std::string removal_number = {};  // of the case that learnt why the registration ends for good
};
/// The latest first.
std::vector<Registration> registrations(Connection& connection, PersonId person);
std::optional<Registration> active_registration(Connection& connection, PersonId person);

/// Where taking on is written down: "15" (journal, a column) or "5" (card, a mark).
struct RegistrationMark {
  std::string paper, mark;
};
struct NewRegistration {
  PersonId person;
  OfficeId office;
  std::string kind, category;
  CaseId case_id;
  Date day;
  RegistrationMark entry;
  FactValues facts = {};
  FactValues bars = {};  // with one of these nobody comes onto the register, unless `facts` end it
};
enum class NotTaken { registered, barred };
/// Takes a person on the register with all that belongs to it, in one transaction (R78-12).
/// Idempotent by case. NotTaken: the person is on a register already, or one of the bars holds,
/// be it entered while the decision was on its way.
std::expected<RegistrationId, NotTaken> take_on_register(Connection& connection,
                                                         NewRegistration const& input);

using EntriesByKind = std::map<std::string, RegistrationMark, std::less<>>;

/// Somebody has died or lost citizenship (E-24).
struct Departure {
  PersonId person;
  CaseId case_id;                            // that learnt of it
  std::pair<std::string, std::string> mark;  // fact and value; the value is why
  Date on;                                   // the day since which it holds
  Date today;                                // the office writes it down
  EntriesByKind entries;                     // where, by kind of registration
};
/// The mark in the record, and the end of the registration that stands, in one transaction;
/// doing it again changes nothing. False, and nothing entered: it is not known where that kind of
/// registration is written down.
bool enter_departure(Connection& connection, Departure const& departure);

/// What birthdays have made of a reservist (R-CAT-01 .. R-CAT-13).
struct AgeChange {
  PersonId person;
  std::vector<std::pair<Date, std::string>> categories = {};  // each since its day
  std::optional<Date> limit = {};  // since that day past the age of the reserve
  RegistrationMark entry = {};     // where the office writes the removal down
  Date today;                      // on which it does
};
/// The facts since their days; past the limit the mark and the end of the registration as well. In
/// the transaction of the caller, who holds the person.
void enter_age(Connection& connection, AgeChange const& change);

/// An event of the State database of individuals (R78-41 .. R78-46).
struct ResidenceEvent {
  std::string id;
  PersonId person;
  std::string kind;      // "moved", "struck_off"
  std::string district;  // KATO code of an office
  std::string address;
  Date effective;
};
enum class ResidenceOutcome {
  moved,
  same_office,     // lives in the district of the same office
  older,           // than the registration that is there: kept, not applied
  struck_off,      // stays on the register of the last office (R78-43)
  not_registered,  // nothing to move
  no_office,       // no office of that district is at work: judged anew when it comes again
  awaited          // of a day to come: kept, and applied on its day
};
std::string_view to_text(ResidenceOutcome outcome);
/// Where the offices write a move down: the paper, and its marks of removing and taking on.
struct MoveMarks {
  std::string paper, removed, taken;
};
using MoveMarksByKind = std::map<std::string, MoveMarks, std::less<>>;
/// The move with both its entries, or the reason why nothing moved, in one transaction; the same
/// event answers the same again. `marks`: of each kind of registration; `today`: the day on which
/// the offices enter it.
ResidenceOutcome apply_residence(Connection& connection, ResidenceEvent const& event,
                                 MoveMarksByKind const& marks, Date today);
/// Applies what was kept for a day that has come, in the order of the days; answers how many.
int apply_awaited(Connection& connection, MoveMarksByKind const& marks, Date today, int limit);

/// Moves of which nobody has told the person yet.
std::vector<Registration> untold_moves(Connection& connection, int limit);
std::optional<Registration> find_registration(Connection& connection, RegistrationId id);
/// SHA-256 of the paper that told of a move; "" when there is none.
std::string move_paper(Connection& connection, RegistrationId id);
/// A message about a move in the cabinet, once.
void tell_of_move(Connection& connection, Registration const& registration,
                  std::string const& document, Instant sent);

}  // namespace qyzmet::db
