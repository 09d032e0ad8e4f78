#pragma once
// The one place that decides who may come in where: access classes of routes, role x relation to a
// case. What an act may do to a case is the package's own decision (engine guards); here is who may
// see the case and in which role. Others' cases do not exist (404). Every look of an official at
// personal data is written to the log of reads before anything is shown: no entry, no page.
//
// Access classes (Route::access), several words mean "one of":
//   anyone; visitor (signed in); demo (anyone, demo installations only);
//   registrar, executor, head, branch_operator, admin (signed in, with a grant of that role)
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "db/worklists.hpp"
#include "engine/step.hpp"
#include "services/casework/act.hpp"
#include "services/portal/visitor.hpp"

namespace qyzmet::portal {

inline constexpr std::string_view k_provider = "registrar executor head";

enum class Entry { allowed, sign_in, forbidden, absent };
Entry entry(bool demo, Visitor const& visitor, std::string_view access);

/// Who acts, in the words of the engine: unit is the id of the office or branch of the grant.
engine::Actor citizen_actor(Visitor const& visitor);
engine::Actor staff_actor(Visitor const& visitor, db::Grant const& grant);

/// How an official may be related to a case. Administrators see no cases: they look after people
/// and settings, not after applications.
bool sees(db::Grant const& grant, db::CaseFields const& fields);

/// The grant with which the visitor may act in `role` on this case; null when there is none.
db::Grant const* grant_on(Visitor const& visitor, db::CaseFields const& fields,
                          std::string_view role);

/// A citizen's own case; not_found for everybody else's.
boost::asio::awaitable<Result<casework::OpenCase>> open_own_case(Portal& portal,
                                                                 Visitor const& visitor,
                                                                 std::string number);
/// A case as officials see it, with the roles in which the visitor may see it; the look is logged.
struct StaffCase {
  casework::OpenCase open;
  std::vector<db::Grant> grants;  // of the visitor, those that cover this case
  /// The actor for a task of `role`; nullopt when the visitor has no such grant on this case.
  std::optional<engine::Actor> actor(Visitor const& visitor, std::string_view role) const;
};
/// Without an entry, because nothing of it will be shown: for acts, which the history of the case
/// records. A form that comes back opens the case as a page does.
boost::asio::awaitable<Result<StaffCase>> find_staff_case(Portal& portal, Visitor const& visitor,
                                                          std::string number);
/// `purpose` and `fields` as in db::ReadEntry: "case_page", "name,iin,contacts".
boost::asio::awaitable<Result<StaffCase>> open_staff_case(Portal& portal, Visitor const& visitor,
                                                          std::string number, std::string purpose,
                                                          std::string fields);
/// The scope of a grant in lists; with logging of the names that a list shows, see log_list().
db::ListFilter scope_of(db::Grant const& grant);
/// One page of a list of cases within the scope, with its reads logged in the same statement run.
boost::asio::awaitable<db::ListPage> list_for_staff(Portal& portal, Visitor const& visitor,
                                                    db::Grant const& grant, db::ListFilter filter,
                                                    std::string purpose);

}  // namespace qyzmet::portal
