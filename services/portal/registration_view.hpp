#pragma once
// The military registration of a person as the cabinet shows it (R78-44). Pure but for read_...().
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <vector>

#include "db/people.hpp"
#include "db/registers.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

/// The registrations of one person, the latest first, and the offices that they name.
struct RegistrationBook {
  std::vector<db::Registration> entries;
  std::map<std::int64_t, db::Office> offices;  // by id
};
RegistrationBook read_registrations(db::Connection& connection, db::PersonId person);

/// {office {..}, kind, category, taken_on, removed_on, basis, number, active} of an entry.
boost::json::object registration_json(RegistrationBook const& book, db::Registration const& entry,
                                      Reader const& reader);
/// The entry in force; {} when the person is on no register.
boost::json::object active_registration_json(RegistrationBook const& book, Reader const& reader);

/// The military record: [{label, value, from, until, number, earlier [..]}] by fact, what holds
/// first and under it what held before (R79-25).
boost::json::array record_json(std::vector<db::RecordFact> const& record, Reader const& reader);

/// [{number, status, valid, issued, case, since, by}], the latest first: `case` issued it, `by`
/// made it invalid on the day `since`.
boost::json::array military_ids_json(std::vector<db::MilitaryId> const& ids, Reader const& reader);

}  // namespace qyzmet::portal
