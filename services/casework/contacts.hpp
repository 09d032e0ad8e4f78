#pragma once
// The person's own contacts, as pages and programs change them. A new phone counts only after a
// code that was sent to it came back: that phone opens the cabinet and certifies applications
// (R-GEN-06).
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "db/people.hpp"
#include "services/casework/world.hpp"

namespace qyzmet::casework {

struct Contacts {
  std::string phone, email, address;
};
/// Errors of the fields "phone", "email", "address". Pure.
std::vector<Error> contact_errors(Contacts const& contacts);

/// Keeps e-mail and address at once. A new phone gets a code in the words of `text`: its id, ""
/// without a new phone. Errors: error.too_many_codes, and those of the gateway.
boost::asio::awaitable<Result<std::string>> keep_contacts(
    World& world, db::Person person, Contacts contacts,
    std::function<std::string(std::string const& code)> text);

/// The phone becomes the person's only when the code that was sent to it comes back. Errors of the
/// field "code". Blocking.
std::optional<Error> confirm_phone(db::Connection& connection, db::PersonId person,
                                   std::string const& id, std::string const& code);

}  // namespace qyzmet::casework
