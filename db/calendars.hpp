#pragma once
// Working-day calendars: versions only grow, each in force from a legal day on. A change is
// proposed by one administrator and published by another (R-CAL-05). Free functions over a
// Connection; blocking; no state of their own.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"

namespace qyzmet::db {

struct CalendarRow {
  std::int64_t version = 0;
  int first_year = 0, last_year = 0;
  std::string csv;  // engine::Calendar::from_csv
  std::string source;
  Instant published;
  Date effective;  // in force from this day on
};
/// The first calendar of a database, in force at once. Answers the version; equal bytes as the
/// latest give the latest version again.
std::int64_t publish_calendar(Connection& connection, CalendarRow const& row);
/// The newest version that is in force today.
std::optional<CalendarRow> current_calendar(Connection& connection);
std::optional<CalendarRow> find_calendar(Connection& connection, std::int64_t version);
/// All versions, the newest first.
std::vector<CalendarRow> calendars(Connection& connection);

struct CalendarProposal {
  std::int64_t id = 0;
  std::string csv;
  std::string source;  // the act, as people cite it
  int first_year = 0, last_year = 0;
  Date effective;
  std::int64_t base_version = 0;  // in force when it was proposed
  UserId proposed_by;
  std::string proposer;  // name; filled when reading
  Instant proposed;
};
/// Throws Conflict "calendar_proposal_open" when another one waits for its decision.
std::int64_t propose_calendar(Connection& connection, CalendarProposal const& proposal);
std::optional<CalendarProposal> open_calendar_proposal(Connection& connection);

struct PublishedCalendar {
  std::int64_t version = 0;
  Date effective;  // the proposed day, but neither in the past nor before an earlier version's
};
/// Makes the proposal the newest version. Nothing when it was decided before; throws Conflict
/// "calendar_four_eyes" when `by` proposed it.
std::optional<PublishedCalendar> publish_proposal(Connection& connection, std::int64_t id,
                                                  UserId by);
/// Anybody may reject, also who proposed. False when it was decided before.
bool reject_proposal(Connection& connection, std::int64_t id, UserId by);

}  // namespace qyzmet::db
