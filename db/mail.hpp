#pragma once
// E-mail on its way: about a notice to an applicant, or an alert to an official or to the address
// of the body above an office. Claimed by leases with fencing tokens, like the outbox.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Mail {
  std::int64_t id = 0;
  std::int64_t fence = 0;
  int attempt = 1;                      // this one
  std::optional<PersonId> person;       // one of these two
  std::optional<OfficeId> superior_of;  // to the body above that office
  bool is_alert = false;
  std::string kind;                        // of the notice or the alert
  std::string number, package, milestone;  // of the case and of the alert; "" where there is none
  std::optional<Date> due;
  std::optional<OfficeId> office = {};  // that has the case
};

/// One message about a notice, once.
void queue_mail(Connection& connection, PersonId person, NoticeId notice);
std::vector<Mail> claim_mail(Connection& connection, int limit, std::chrono::milliseconds lease);
/// All answer false when the lease is lost; nothing was written then.
bool mail_sent(Connection& connection, Mail const& mail, Instant at);
bool postpone_mail(Connection& connection, Mail const& mail, std::chrono::milliseconds backoff,
                   std::string const& reason);
/// No more tries: `status` is "failed" or "no_address".
bool close_mail(Connection& connection, Mail const& mail, std::string const& status,
                std::string const& reason);

/// What became of the message about a notice.
struct MailState {
  NoticeId notice;
  std::string status;
  std::optional<Instant> sent;
};
std::vector<MailState> mail_of_case(Connection& connection, CaseId case_id);

}  // namespace qyzmet::db
