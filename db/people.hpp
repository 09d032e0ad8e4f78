#pragma once
// Persons, users with roles, offices, branches, stand-ins, military IDs. IIN and contacts are
// sealed; an IIN is found by its keyed hash. Names are sorted by ICU kk.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Person {
  PersonId id;
  std::string iin;
  std::string name;
  std::string phone, email, address;
  std::string language;
};
/// Finds by IIN or creates; a known person's name is kept, empty contacts are not overwritten.
PersonId ensure_person(Connection& connection, Person const& person);
std::optional<Person> find_person(Connection& connection, PersonId id);
std::optional<Person> find_person_by_iin(Connection& connection, std::string const& iin);
void update_contacts(Connection& connection, PersonId id, std::string const& phone,
                     std::string const& email, std::string const& address);
void set_language(Connection& connection, PersonId id, std::string const& language);

struct Office {  // an LMAB
  OfficeId id;
  std::string code;
  std::string name_kk, name_ru, name_en;
  std::string place;  // "city", "district"
  std::string address_kk, address_ru, address_en;
  std::string phone;
  std::string higher_body_kk, higher_body_ru;  // where a complaint goes (R-GEN-16)
  bool active = true;
  std::optional<OfficeId> superior = {};  // the same body, where it is in this register
  std::string superior_email = {};        // its address: who is told of terms that passed (E-09)
  bool above_only = false;                // stands above others and takes no applications

  /// People may choose it.
  bool is_offered() const { return active && !above_only; }

  std::string const& name(std::string_view language) const {
    return language == "ru" ? name_ru : language == "en" ? name_en : name_kk;
  }
};
struct Branch {  // of the State Corporation
  BranchId id;
  OfficeId office;
  std::string code;
  std::string name_kk, name_ru, name_en;
  std::string address_kk, address_ru, address_en;
  std::string hours;
  bool is_duty = false;  // a duty department: Saturdays and evenings (R77-12)
  bool active = true;
};
/// Insert (id 0) or update by id; answers the id.
OfficeId save_office(Connection& connection, Office const& office);
BranchId save_branch(Connection& connection, Branch const& branch);
/// Mail to the superior of the office that its address did not take goes out again.
void tell_superior_again(Connection& connection, OfficeId office);
std::vector<Office> offices(Connection& connection);
std::vector<Branch> branches(Connection& connection, std::optional<OfficeId> office = {});
std::optional<Office> find_office(Connection& connection, OfficeId id);
std::optional<Branch> find_branch(Connection& connection, BranchId id);

struct Grant {
  std::string role;  // registrar, executor, head, branch_operator, admin; every user is a citizen
  std::optional<OfficeId> office;
  std::optional<BranchId> branch;
  bool operator==(Grant const&) const = default;
};
/// From the three arrays of a query; 0 = no office or branch.
std::vector<Grant> grants_of(std::vector<std::string> const& roles,
                             std::vector<OfficeId> const& offices,
                             std::vector<BranchId> const& branches);
struct User {
  UserId id;
  PersonId person;
  std::string name;  // of the person
  std::string language;
  std::string position_kk, position_ru;  // as they stand under documents
  bool active = true;
  std::vector<Grant> grants;

  std::string const& position(std::string_view in_language) const {
    return in_language == "ru" ? position_ru : position_kk;
  }
};
/// Every person who logs in has one user. The grants of find_user() are those of today: a deputy
/// has the head's. staff() and users_with_role() know only the lasting ones.
UserId ensure_user(Connection& connection, PersonId person);
std::optional<User> find_user(Connection& connection, UserId id);
std::optional<User> find_user_by_person(Connection& connection, PersonId person);
std::vector<User> users_with_role(Connection& connection, std::string const& role,
                                  std::optional<OfficeId> office,
                                  std::optional<BranchId> branch = {});
/// Whoever has a role at the office today, stand-ins included.
std::vector<User> officials_of(Connection& connection, OfficeId office);
/// How many open cases each executor of the office has.
std::map<std::int64_t, std::int64_t> open_cases_of_executors(Connection& connection,
                                                             OfficeId office);
/// Numbers of open cases of which this person is the executor, and can act as that no more: the
/// role was taken away, or the person comes in no more. The least time left first.
std::vector<std::string> cases_left_by(Connection& connection, UserId user, int limit);
struct StaffFilter {
  std::string name = {};                // a part of it
  std::optional<PersonId> person = {};  // that one alone
  std::string role = {};
  int offset = 0, limit = 100;
};
/// Who has a role, by name.
std::vector<User> staff(Connection& connection, StaffFilter const& filter);
/// With the lasting grants, perhaps none.
std::optional<User> find_official(Connection& connection, UserId id);
void grant(Connection& connection, UserId user, Grant const& grant, std::optional<UserId> by);
bool revoke(Connection& connection, UserId user, Grant const& grant);
void set_user(Connection& connection, UserId user, bool active, std::string const& position_kk,
              std::string const& position_ru);

/// A recorded appointment of a deputy for an absent head (decision 20); both days count. On these
/// days the deputy has the role of the head in the office, see find_user().
struct StandIn {
  std::int64_t id = 0;
  UserId absent, deputy;
  OfficeId office;
  Date from, until;
  std::string basis;                     // the order: number and date
  std::string position_kk, position_ru;  // of the deputy under documents
  std::optional<UserId> appointed_by;
  // Filled when reading:
  std::string absent_name, deputy_name;
  bool withdrawn = false;
};
/// Conflict stand_in_no_overlap: the head has a stand-in on one of these days.
std::int64_t appoint_stand_in(Connection& connection, StandIn const& stand_in);
/// In force on that day.
std::vector<StandIn> stand_ins(Connection& connection, OfficeId office, Date day);
/// All of the register, the latest first; behind the first `offset`.
std::vector<StandIn> recorded_stand_ins(Connection& connection, int limit, int offset = 0);
/// Ends the powers at once; the record stays. False when it was over or withdrawn before.
bool withdraw_stand_in(Connection& connection, std::int64_t id, Date today,
                       std::optional<UserId> by);

enum class IdStatus { valid, surrendered, lost, replaced };
struct MilitaryId {
  std::int64_t id = 0;
  PersonId person;
  std::string series, number;
  IdStatus status = IdStatus::valid;
  std::optional<CaseId> case_id;  // the case that issued it
  Date issued;
  std::string number_of_case = {};     // filled when reading; "" = it was there before the system
  std::optional<Date> closed = {};     // not valid since that day
  std::string number_of_closing = {};  // of the case that closed it
};
/// One valid per person; series and number are unique; that of a case is on a blank which the case
/// was written on, and which is issued with it (db/blanks.hpp). Conflict names the constraint.
std::int64_t register_military_id(Connection& connection, MilitaryId const& id);
/// The latest first.
std::vector<MilitaryId> military_ids(Connection& connection, PersonId person);
/// "valid", "surrendered", "lost", "replaced".
std::string_view to_text(IdStatus status);
/// False when it was not valid.
bool close_military_id(Connection& connection, std::int64_t id, IdStatus status, Date day,
                       std::optional<CaseId> by);

}  // namespace qyzmet::db
