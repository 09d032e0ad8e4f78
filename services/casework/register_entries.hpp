#pragma once
// The journal and the cards of an office as its officials read them, on pages and in the API: what
// they ask for, and the entries, each look at somebody written to the log of reads before anything
// is shown (access.hpp).
//
// Values and functions without state; thread-safe.
#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/register_entries.hpp"
#include "services/casework/access.hpp"

namespace qyzmet::casework {

/// Days as people and programs send them; "" for none.
struct Period {
  std::string from, until;
};
/// Takes the period into the filter. Errors, by the names of the fields "from" and "until":
/// error.field_date, error.period_reversed.
std::vector<Error> take_period(Period const& period, db::EntryFilter& filter);

/// Opaque, for the next page; nullopt for what is none of ours.
std::string cursor_text(db::RegisterEntry const& last);
std::optional<db::EntryCursor> parse_entry_cursor(std::string_view text);

struct EntryPage {
  std::vector<db::RegisterEntry> entries;
  std::map<OfficeId, db::Office> offices;  // whence and whither people moved
  bool more = false;
};
/// One page of what the office of the grant has written; `filter.office` is set here. Logs the
/// reads of everybody on it.
boost::asio::awaitable<EntryPage> entries_for_staff(World& world, Caller const& caller,
                                                    db::Grant const& grant, db::EntryFilter filter);
/// Everything that was written of one person. Blocking; logs nothing: access.hpp has opened a case
/// of the person before, with "registration" among its fields.
EntryPage entries_of(db::Connection& connection, db::PersonId person);

}  // namespace qyzmet::casework
