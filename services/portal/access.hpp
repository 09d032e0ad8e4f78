#pragma once
// The one place that decides who may come in where: access classes of routes. Who may see a case
// and in which role is casework's (services/casework/access.hpp), the same for pages and the API.
//
// Access classes (Route::access), several words mean "one of":
//   anyone; visitor (signed in); demo (anyone, demo installations only);
//   registrar, executor, head, branch_operator, admin (signed in, with a grant of that role)
#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "services/casework/access.hpp"
#include "services/portal/visitor.hpp"

namespace qyzmet::portal {

inline constexpr std::string_view k_provider = "registrar executor head";

enum class Entry { allowed, sign_in, forbidden, absent };
Entry entry(bool demo, Visitor const& visitor, std::string_view access);

using casework::citizen_actor;
using casework::grant_on;
using casework::office_grant;
using casework::scope_of;
using casework::sees;
using casework::staff_actor;
using casework::StaffCase;

inline boost::asio::awaitable<Result<casework::OpenCase>> open_own_case(Portal& portal,
                                                                        Visitor const& visitor,
                                                                        std::string number) {
  return casework::open_own_case(portal.world, visitor, std::move(number));
}
inline boost::asio::awaitable<Result<StaffCase>> find_staff_case(Portal& portal,
                                                                 Visitor const& visitor,
                                                                 std::string number) {
  return casework::find_staff_case(portal.world, visitor, std::move(number));
}
inline boost::asio::awaitable<Result<StaffCase>> open_staff_case(Portal& portal,
                                                                 Visitor const& visitor,
                                                                 std::string number,
                                                                 std::string purpose,
                                                                 std::string fields) {
  return casework::open_staff_case(portal.world, visitor, std::move(number), std::move(purpose),
                                   std::move(fields));
}
inline boost::asio::awaitable<db::ListPage> list_for_staff(Portal& portal, Visitor const& visitor,
                                                           db::Grant const& grant,
                                                           db::ListFilter filter,
                                                           std::string purpose) {
  return casework::list_for_staff(portal.world, visitor, grant, std::move(filter),
                                  std::move(purpose));
}

}  // namespace qyzmet::portal
