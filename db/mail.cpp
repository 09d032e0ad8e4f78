#include "db/mail.hpp"

namespace qyzmet::db {

namespace {

Sql const k_queue{"queue_mail",
                  "insert into mail (person_id, notice_id) values ($1, $2) "
                  "on conflict on constraint mail_notice do nothing"};
Sql const k_claim{
    "claim_mail",
    "with picked as (select id from mail where status in ('waiting', 'leased') and "
    "ready_at <= clock_timestamp() order by ready_at limit $1 for update skip locked), "
    "claimed as (update mail m set status = 'leased', attempts = m.attempts + 1, "
    "fence = nextval('fence'), ready_at = clock_timestamp() + $2 * interval '1 millisecond' "
    "from picked p where m.id = p.id returning m.*) "
    "select m.id, m.fence, m.attempts, m.person_id, m.office_id, m.alert_id is not null, "
    "coalesce(n.kind, a.kind), coalesce(c.number, ''), coalesce(c.package, ''), "
    "coalesce(a.milestone, ''), a.due, c.office_id from claimed m left join notice n on n.id = "
    "m.notice_id "
    "left join alert a on a.id = m.alert_id "
    "left join cases c on c.id = coalesce(n.case_id, a.case_id)"};
#define QYZMET_HELD "where id = $1 and fence = $2 and status = 'leased'"
Sql const k_sent{"mail_sent", "update mail set status = 'sent', sent_at = $3 " QYZMET_HELD};
Sql const k_postpone{"postpone_mail",
                     "update mail set status = 'waiting', reason = $4, "
                     "ready_at = clock_timestamp() + $3 * interval '1 millisecond' " QYZMET_HELD};
Sql const k_close{"close_mail", "update mail set status = $3, reason = $4 " QYZMET_HELD};
#undef QYZMET_HELD
Sql const k_of_case{"mail_of_case",
                    "select m.notice_id, m.status, m.sent_at from mail m join notice n on n.id = "
                    "m.notice_id where n.case_id = $1"};

}  // namespace

void queue_mail(Connection& connection, PersonId person, NoticeId notice) {
  connection.execute(k_queue, person, notice);
}

std::vector<Mail> claim_mail(Connection& connection, int limit, std::chrono::milliseconds lease) {
  std::vector<Mail> out;
  for (auto& [id, fence, attempt, person, superior_of, is_alert, kind, number, package, milestone,
              due, office] :
       connection.query<std::int64_t, std::int64_t, int, std::optional<PersonId>,
                        std::optional<OfficeId>, bool, std::string, std::string, std::string,
                        std::string, std::optional<Date>, std::optional<OfficeId>>(
           k_claim, limit, std::int64_t{lease.count()}))
    out.push_back({.id = id,
                   .fence = fence,
                   .attempt = attempt,
                   .person = person,
                   .superior_of = superior_of,
                   .is_alert = is_alert,
                   .kind = kind,
                   .number = number,
                   .package = package,
                   .milestone = milestone,
                   .due = due,
                   .office = office});
  return out;
}

bool mail_sent(Connection& connection, Mail const& mail, Instant at) {
  return connection.execute(k_sent, mail.id, mail.fence, at) == 1;
}
bool postpone_mail(Connection& connection, Mail const& mail, std::chrono::milliseconds backoff,
                   std::string const& reason) {
  return connection.execute(k_postpone, mail.id, mail.fence, std::int64_t{backoff.count()},
                            reason) == 1;
}
bool close_mail(Connection& connection, Mail const& mail, std::string const& status,
                std::string const& reason) {
  return connection.execute(k_close, mail.id, mail.fence, status, reason) == 1;
}

std::vector<MailState> mail_of_case(Connection& connection, CaseId case_id) {
  std::vector<MailState> out;
  for (auto& [notice, status, sent] :
       connection.query<NoticeId, std::string, std::optional<Instant>>(k_of_case, case_id))
    out.push_back({.notice = notice, .status = status, .sent = sent});
  return out;
}

}  // namespace qyzmet::db
