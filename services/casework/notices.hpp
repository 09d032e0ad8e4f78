#pragma once
// Messages to the applicant as pages and API show them. Opening one is the proof that it reached
// the addressee (R-GEN-25).
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "db/documents.hpp"
#include "db/people.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

inline constexpr int k_notices_max = 100;

/// The message of that id to that person, delivered and read from now on; the first instants stay.
/// A case that waits for its delivery goes on with that. Blocking.
std::optional<db::Notice> open_notice(db::Connection& connection, db::PersonId person,
                                      std::string_view id, Instant now);
/// The package whose words a message is in: of its case, or of the book of registrations, which has
/// no case. Null when none is in force.
std::shared_ptr<engine::Package const> owner_of(World const& world, db::Notice const& notice);
/// What the texts of a message may name, dates in words of that language. Pure.
boost::json::object notice_arguments(OpenCase const& open, std::optional<db::Branch> const& branch,
                                     std::string_view language);

}  // namespace qyzmet::casework
