#pragma once
// Taking a person on the military register when a case has been decided so: the entry, its place in
// the journal or card, and the facts of the military record, at once or not at all. And where a
// move to another register is written down.
#include <boost/asio/awaitable.hpp>

#include <optional>

#include "db/registers.hpp"
#include "services/casework/act.hpp"

namespace qyzmet::casework {

/// Whose register it is, and whose words messages about it have.
inline constexpr std::string_view k_register_service = "registration";

/// `decided`: the variables of the case as they were ordered to be entered. Answers what goes back
/// into the case: registered_on, category. Idempotent by case.
/// Errors: error.no_category (the tables of the package know none), and error.already_registered.
boost::asio::awaitable<Result<engine::Context>> enrol(World& world, OpenCase const& open,
                                                      engine::Context decided);

/// Where an office writes down that somebody leaves the register for good, by table "removal";
/// nullopt: the package knows no such reason.
std::optional<db::EntriesByKind> departure_entries(engine::Package const& package,
                                                   engine::Calendar const& calendar,
                                                   std::string const& reason);
/// Where an office writes down that a reservist is past the age of the reserve, by the same table.
std::optional<db::RegistrationMark> age_entry(engine::Package const& package,
                                              engine::Calendar const& calendar);
/// Where moves are written down, by table "move" of the package; nullopt when it does not say so of
/// every kind of registration.
std::optional<db::MoveMarksByKind> move_marks(engine::Package const& package,
                                              engine::Calendar const& calendar);

}  // namespace qyzmet::casework
