#pragma once
// Whom a paper of an office names as its signer (R-GEN-16), a head or the executor, and that nobody
// else signs it: another one draws it up in the own name first, and reads it before signing. So is
// a paper whose last day counts from the decision, and was written on an earlier day.
//
// Functions without state; thread-safe. Errors: "error.named_another", "error.paper_outdated" with
// rule and paragraph.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "db/people.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Who signs the paper that the variable `path` keeps, as the forms and tasks of the package say:
/// "head", "executor"; "" when neither does.
std::string_view signing_role(engine::Package const& package, std::string_view path);
/// Who signs for the office of the case today, with the position of that day: who stands in comes
/// first. Only whom the law lets act in the case as its head. With `user`: that one alone.
/// Blocking.
std::optional<db::User> signing_head(db::Connection& connection, OpenCase const& open,
                                     std::optional<UserId> user = {});

/// The paper that a form asks the actor to sign.
struct ToSign {
  std::string sha256;              // "" when there is none
  std::string code = {};           // of a paper that was drawn anew, "" of the one in the case
  std::optional<Error> anew = {};  // why it has to be drawn anew before
};
boost::asio::awaitable<ToSign> paper_to_sign(World& world, OpenCase const& open,
                                             engine::Form const& form, engine::Actor const& actor);
/// Draws the paper that `form` asks for up anew, naming the actor. `body` is the act that would
/// sign it, without fields: whoever cannot do it draws nothing.
boost::asio::awaitable<Result<ToSign>> draw_anew(World& world, OpenCase const& open,
                                                 engine::Form const& form, engine::Actor actor,
                                                 decltype(engine::Event::body) body);

}  // namespace qyzmet::casework
