#pragma once
// Entering into a person's military record what a case has found out.
#include <boost/asio/awaitable.hpp>

#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// A statement of another source that contradicts the one that holds: kept beside it (E-21).
inline constexpr std::string_view k_contradicting = ".contradicting";

/// `decided`: the variables of the case as they were ordered to be entered; of each row of
/// correction.facts {fact, value, contradicts} one fact, as of today. Answers what goes back into
/// the case: entered_on. Idempotent. Error: error.no_facts.
boost::asio::awaitable<Result<engine::Context>> enter_record(World& world, OpenCase const& open,
                                                             engine::Context decided);

/// The case ends without the decision for which it entered facts: they are withdrawn, what held
/// before holds again. Idempotent.
boost::asio::awaitable<Result<engine::Context>> undo_record(World& world, OpenCase const& open,
                                                            engine::Context decided);

inline constexpr std::string_view k_mark = "mark";  // fact: why the person is no subject any more

/// The mark of E-24 as of the day `gone.on`, and the end of the person's registration, by table
/// "removal" of the register's package; idempotent. Errors: error.no_facts, error.no_removal.
boost::asio::awaitable<Result<engine::Context>> enter_mark(World& world, OpenCase const& open,
                                                           engine::Context decided);

}  // namespace qyzmet::casework
