#pragma once
// Taking a person on the military register when a case has been decided so: the entry, its place in
// the journal or card, and the facts of the military record, at once or not at all.
#include <boost/asio/awaitable.hpp>

#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// `decided`: the variables of the case as they were ordered to be entered. Answers what goes back
/// into the case: registered_on, category. Idempotent by case.
/// Errors: error.no_category (the tables of the package know none), and error.already_registered.
boost::asio::awaitable<Result<engine::Context>> enrol(World& world, OpenCase const& open,
                                                      engine::Context decided);

}  // namespace qyzmet::casework
