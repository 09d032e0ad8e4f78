#pragma once
// Reminders of milestones and escalations to the head (R77-53), answers that others owe (R79-21),
// terms that became earlier (E-08), notices that did not arrive (E-10), the superior body told of a
// term that has passed (E-09): each once, derived from the cases. Who takes a case over from
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
  // "reminder", "escalation", "unanswered", "earlier", "superior", "undelivered", "assigned"
  std::string kind;
  std::optional<Date> due;
  Instant raised;
  OfficeId office;  // of the case
};

/// Raises what lacks: a reminder of each milestone of a case that is due from `today` to `until`,
/// to who is to reach it, after the end as well where something is asked for then; an escalation to
/// the head of the office for each missed milestone, also for what was asked beside the process and
/// not done; that what others were expected to send has not come by its day, to who follows it up;
/// that the term ends earlier than it did (E-08), to the executor, or to registrar and
/// head when the case has none yet; that the term of a case has passed, to the superior of its
/// office (E-09), once somebody can be told. With each, mail to those who are meant. Answers how
/// many.
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
/// the case still runs late; the answer has not come; the notice did not arrive and no other one
/// went out; the new executor has done nothing yet.
std::vector<Alert> alerts_at(Connection& connection, AlertDesk const& desk, int limit);

/// A term that has passed while the superior of its office could not be told of it.
struct UntoldSuperior {
  std::string number;  // of the case
  OfficeId office;
  Date due;
  /// "none": no superior office with a head, and no address; "refused": the address takes no mail.
  std::string reason;
};
/// The longest overdue first; behind the first `offset`.
std::vector<UntoldSuperior> untold_superiors(Connection& connection, Date today, int limit,
                                             int offset = 0);
std::int64_t count_untold_superiors(Connection& connection, Date today);

}  // namespace qyzmet::db
