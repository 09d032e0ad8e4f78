#pragma once
// Reminders of milestones and escalations to the head (R77-53), terms that became earlier (E-08),
// notices that did not arrive (E-10): each once, derived from the cases. Who takes a case over from
// another executor is told by a trigger of the cases.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Alert {
  std::int64_t id = 0;
  CaseId case_id;
  std::string number;     // of the case
  std::string package;    // of the case, SHA-256
  std::string milestone;  // of "undelivered" the kind of the notice
  std::string kind;       // "reminder", "escalation", "earlier", "undelivered", "assigned"
  std::optional<Date> due;
  Instant raised;
};

/// Raises what lacks: a reminder to who is to reach the next milestone of a case, when it is due
/// from `today` to `until`, after the end as well where something is asked for then; an escalation
/// to the head of the office for each missed milestone; to the executor, that the term ends earlier
/// than it did (E-08). With each, mail to those who are meant. Answers how many.
int raise_alerts(Connection& connection, Date today, Date until);

/// To the executor: this notice was sent and did not arrive, and its delivery counts. False when
/// that was told before, or nobody is the executor.
bool raise_undelivered(Connection& connection, NoticeId notice);

struct AlertDesk {
  std::string role;
  UserId user;
  std::optional<OfficeId> office;
  std::optional<BranchId> branch;
};
/// What is still to be done something about, the latest first: the milestone is not reached yet, or
/// the case still runs late; the notice did not arrive and no other one went out; the new executor
/// has done nothing yet.
std::vector<Alert> alerts_at(Connection& connection, AlertDesk const& desk, int limit);

}  // namespace qyzmet::db
