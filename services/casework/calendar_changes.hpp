#pragma once
// A changed calendar as administrators bring it in: checked as it was sent, proposed by one of
// them, published by another, or rejected (R-CAL-05). Each act is written to the log of acts.
// Errors name the field of the form ("calendar", "source", "effective_from"); arguments are ISO
// days and codes of reasons until in_words(). What takes a connection is blocking: for a job of the
// database.
#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "db/calendars.hpp"
#include "engine/calendar.hpp"
#include "services/casework/library.hpp"
#include "services/casework/registers.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::casework {

/// So many cases somebody can wait for; `qyzmet calendar preview` counts all of them.
inline constexpr std::int64_t k_preview_cases_max = 2'000;
inline constexpr std::size_t k_calendar_source_size_max = 500;

engine::Calendar calendar_of(std::int64_t version, std::string const& csv);

struct SentCalendar {
  std::string text;            // CSV or iCalendar
  std::string source;          // the act, as people cite it
  std::string effective_from;  // "": as soon as it is published
};
/// Errors: what is wrong with the text, the days and hours; calendar.error.open while another one
/// waits for its decision. The id of the proposal.
Kept<std::int64_t> propose_calendar(db::Connection& connection, Library const& library,
                                    SentCalendar const& sent, Date today, UserId by);
/// One that was checked before; `base_version` is filled in here.
Result<std::int64_t> keep_proposal(db::Connection& connection, db::CalendarProposal proposal);

/// Errors: calendar.error.decided, calendar.error.four_eyes (who proposed it), and
/// calendar.error.outdated when its hours would begin on a day that has begun. The library knows
/// the new version afterwards.
Result<db::PublishedCalendar> publish_calendar(db::Connection& connection, Library& library,
                                               std::int64_t proposal, UserId by);
/// Error: calendar.error.decided.
Result<std::int64_t> reject_calendar(db::Connection& connection, std::int64_t proposal, UserId by);

/// With days and reasons as people read them.
std::vector<Error> in_words(std::vector<Error> errors, templates::Catalogue const& texts,
                            std::string_view language);
/// What a day is: "Holiday · Republic Day"; without an entry by its weekday.
std::string day_text(Date date, std::optional<engine::CalendarDay> const& day,
                     templates::Catalogue const& texts, std::string_view language);

/// The name of each office and branch, by code.
using UnitNames = std::map<std::string, std::string, std::less<>>;
UnitNames unit_names(db::Connection& connection, std::string_view language);

/// [{unit, name, first, last, reason}] of those that last until `from` or longer, at most 100.
boost::json::array closures_json(std::vector<engine::Closure> const& closures,
                                 UnitNames const& names, Date from = {});

}  // namespace qyzmet::casework
