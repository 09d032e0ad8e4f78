#include "db/alerts.hpp"

namespace qyzmet::db {

namespace {

// People of a role at a place get mail; stand-ins of today, too.
#define QYZMET_MAILED                                                                         \
  ", mailed as (insert into mail (person_id, alert_id) select distinct u.person_id, f.id "    \
  "from fresh f join app_user u on u.active and (u.id = f.user_id or (f.user_id is null and " \
  "exists (select from role_today r where r.user_id = u.id and r.role = f.role and "          \
  "(r.office_id = f.office_id or r.branch_id = f.branch_id))))) select id from fresh"
#define QYZMET_DESK "coalesce(nullif(c.milestone_role, ''), c.stage)"
// A case waits for its executor alone, or for the secretary whom it names.
Sql const k_remind{
    "raise_reminders",
    "with fresh as (insert into alert (case_id, milestone, kind, due, role, user_id, office_id, "
    "branch_id) select c.id, c.milestone, 'reminder', c.milestone_due, d.role, "
    "case d.role when 'executor' then c.executor_id when 'secretary' then c.secretary_id end, "
    "c.office_id, c.branch_id from "
    "(select id from cases where not ended union all select case_id from asked_after_end) waiting "
    "join cases c on c.id = waiting.id cross join lateral (select " QYZMET_DESK
    " as role) d "
    "where c.milestone <> '' and c.milestone_due between $1 and $2 and d.role <> '' on conflict "
    "(case_id, milestone, due, "
    "role, coalesce(user_id, 0)) where kind = 'reminder' do nothing returning id, role, user_id, "
    "office_id, branch_id)" QYZMET_MAILED};
Sql const k_escalate{
    "raise_escalations",
    "with fresh as (insert into alert (case_id, milestone, kind, role, office_id, branch_id) "
    "select c.id, missed, 'escalation', 'head', c.office_id, null from cases c, "
    "unnest(c.breaches) missed where not c.ended and cardinality(c.breaches) > 0 on conflict "
    "(case_id, milestone) where kind = 'escalation' do nothing returning id, role, user_id, "
    "office_id, branch_id)" QYZMET_MAILED};
// A case that has no executor yet is given with the term that it has.
Sql const k_tell_earlier{
    "raise_earlier_terms",
    "with fresh as (insert into alert (case_id, milestone, kind, due, role, user_id, office_id, "
    "branch_id) select c.id, 'result', 'earlier', c.due, 'executor', c.executor_id, c.office_id, "
    "null from cases c where c.due_before is not null and not c.ended and c.executor_id is not "
    "null on conflict (case_id, due) where kind = 'earlier' do nothing returning id, role, "
    "user_id, "
    "office_id, branch_id)" QYZMET_MAILED};
Sql const k_undelivered{
    "raise_undelivered",
    "with fresh as (insert into alert (case_id, milestone, kind, role, user_id, office_id, "
    "notice_id) select c.id, n.kind, 'undelivered', 'executor', c.executor_id, c.office_id, n.id "
    "from notice n join cases c on c.id = n.case_id where n.id = $1 and c.executor_id is not null "
    "on conflict (notice_id) where kind = 'undelivered' do nothing returning id, role, user_id, "
    "office_id, branch_id)" QYZMET_MAILED};
#undef QYZMET_MAILED
Sql const k_at_desk{
    "alerts_at",
    "select a.id, a.case_id, c.number, c.package, a.milestone, a.kind, a.due, a.raised_at "
    "from alert a join cases c on c.id = a.case_id where "
    "(a.role = $1 or a.role = 'secretary' and c.secretary_id = a.user_id) and "
    "(a.user_id is null or a.user_id = $2) and ($3::bigint is null or a.office_id = $3) and "
    "($4::bigint is null or a.branch_id = $4) and ($3::bigint is not null or $4::bigint is not "
    "null) and (a.kind = 'escalation' and not c.ended or a.kind = 'earlier' and not c.ended and "
    "c.due = a.due and c.executor_id = a.user_id or a.kind = 'undelivered' and not c.ended and "
    "c.executor_id = a.user_id and not exists (select from notice n where n.case_id = a.case_id "
    "and n.kind = a.milestone and (n.id > a.notice_id or n.id = a.notice_id and n.delivered is not "
    "null)) or a.kind = 'assigned' and not c.ended and c.executor_id = a.user_id and not exists "
    "(select from event e where e.case_id = a.case_id and e.actor = a.user_id::text and e.at >= "
    "a.raised_at) or a.kind = 'reminder' and "
    "c.milestone = a.milestone and c.milestone_due = a.due and " QYZMET_DESK
    " = a.role) "
    "order by a.kind, a.due, a.raised_at desc, a.id desc limit $5"};
#undef QYZMET_DESK

}  // namespace

int raise_alerts(Connection& connection, Date today, Date until) {
  return connection.transaction([&] {
    auto const reminders = connection.query<std::int64_t>(k_remind, today, until);
    auto const escalations = connection.query<std::int64_t>(k_escalate);
    auto const earlier = connection.query<std::int64_t>(k_tell_earlier);
    return static_cast<int>(reminders.size() + escalations.size() + earlier.size());
  });
}

bool raise_undelivered(Connection& connection, NoticeId notice) {
  return !connection.query<std::int64_t>(k_undelivered, notice).empty();
}

std::vector<Alert> alerts_at(Connection& connection, AlertDesk const& desk, int limit) {
  std::vector<Alert> out;
  for (auto& [id, case_id, number, package, milestone, kind, due, raised] :
       connection.query<std::int64_t, CaseId, std::string, std::string, std::string, std::string,
                        std::optional<Date>, Instant>(k_at_desk, desk.role, desk.user, desk.office,
                                                      desk.branch, limit))
    out.push_back({.id = id,
                   .case_id = case_id,
                   .number = number,
                   .package = package,
                   .milestone = milestone,
                   .kind = kind,
                   .due = due,
                   .raised = raised});
  return out;
}

}  // namespace qyzmet::db
