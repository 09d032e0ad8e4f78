#pragma once
// Who may see a case and in which role somebody acts on it, for every shell around the cases. What
// an act may do to a case is the package's own decision (engine guards). Others' cases do not exist
// (not_found). Every look of an official at personal data is written to the log of reads before
// anything is given out: no entry, no data (decision on encryption and reads).
//
// Values and functions without state; thread-safe.
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/people.hpp"
#include "db/worklists.hpp"
#include "engine/step.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Somebody who asks. Empty user: nobody has signed in.
struct Caller {
  std::optional<UserId> user;
  db::PersonId person;
  std::string name;
  std::vector<db::Grant> grants;  // all that the caller may be, beside a citizen
  std::optional<db::Grant> desk;  // the one at work now; none: as a citizen

  bool signed_in() const { return user.has_value(); }
  bool has_role(std::string_view role) const { return grant(role) != nullptr; }
  /// The grant to act with as `role`: the desk when it is of that role, else the first such grant.
  db::Grant const* grant(std::string_view role) const;
};

/// Who acts, in the words of the engine: unit is the id of the office or branch of the grant.
engine::Actor citizen_actor(Caller const& caller);
engine::Actor staff_actor(Caller const& caller, db::Grant const& grant);
/// With a grant at the office of a case anybody can be asked to act in it as `role` when that has
/// no desk of its own (k_secretary): whether the case names the caller is for its guards.
engine::Actor staff_actor(Caller const& caller, db::Grant const& grant, std::string_view role);

/// How an official may be related to a case. Administrators see no cases: they look after people
/// and settings, not after applications.
bool sees(db::Grant const& grant, db::CaseFields const& fields);

/// The grant with which the caller may act in `role` on this case; null when there is none.
db::Grant const* grant_on(Caller const& caller, db::CaseFields const& fields,
                          std::string_view role);

/// The grant with which the caller works at an office: the desk, else the first such one; null when
/// there is none.
db::Grant const* office_grant(Caller const& caller);

/// A citizen's own case; not_found for everybody else's.
boost::asio::awaitable<Result<OpenCase>> open_own_case(World& world, Caller const& caller,
                                                       std::string number);
/// A case as officials see it, with the roles in which the caller may see it.
struct StaffCase {
  OpenCase open;
  std::vector<db::Grant> grants;  // of the caller, those that cover this case
  /// The actor for a task of `role`; nullopt when the caller has no grant for it on this case.
  std::optional<engine::Actor> actor(Caller const& caller, std::string_view role) const;
};
/// Without an entry, because nothing of it will be shown: for acts, which the history of the case
/// records. What shows the case opens it as a page does.
boost::asio::awaitable<Result<StaffCase>> find_staff_case(World& world, Caller const& caller,
                                                          std::string number);
/// `purpose` and `fields` as in db::ReadEntry: "case_page", "name,iin,contacts".
boost::asio::awaitable<Result<StaffCase>> open_staff_case(World& world, Caller const& caller,
                                                          std::string number, std::string purpose,
                                                          std::string fields);
/// What an official is shown of the applicant: what the log of reads calls "name,iin,contacts".
boost::json::object applicant_json(db::Person const& person);
/// The scope of a grant in lists; with logging of the names that a list shows, see list_for_staff.
db::ListFilter scope_of(db::Grant const& grant);
/// One page of a list of cases within the scope, with its reads logged in the same statement run.
boost::asio::awaitable<db::ListPage> list_for_staff(World& world, Caller const& caller,
                                                    db::Grant const& grant, db::ListFilter filter,
                                                    std::string purpose);

/// Documents that this reader may have: citizens those that came from them or went to them.
bool may_read(db::CaseDocumentRow const& document, bool staff);

}  // namespace qyzmet::casework
