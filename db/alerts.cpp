#include "db/alerts.hpp"

namespace qyzmet::db {

namespace {

// People of a role at a place get mail; stand-ins of today, too.
#define QYZMET_MAILED                                                                         \
  ", mailed as (insert into mail (person_id, alert_id) select distinct u.person_id, f.id "    \
  "from fresh f join app_user u on u.active and (u.id = f.user_id or (f.user_id is null and " \
  "exists (select from role_today r where r.user_id = u.id and r.role = f.role and "          \
  "(r.office_id = f.office_id or r.branch_id = f.branch_id))))) select id from fresh"
// What stands in cases.milestones, taken apart.
#define QYZMET_DUE "split_part(m, ' ', 1)::date"
#define QYZMET_ROLE "split_part(m, ' ', 2)"
#define QYZMET_CODE "ltrim(split_part(m, ' ', 3), '*?')"
// Few of many: each is looked up, whatever the planner believes of tables it has not counted yet.
#define QYZMET_LOOKED_UP(id) "(select * from cases where cases.id = " id " offset 0) c"
// A milestone has a timer that fires when its last day is over; what is asked beside has none, nor
// has what others are expected to send. A case waits for its executor alone, or for the secretary
// whom it names.
Sql const k_remind{
    "raise_reminders",
    "with waiting as (select case_id from timer where due > $3 and due <= $4 "
    "union select case_id from asked_beside "
    "union select case_id from expected where due between $1 and $2), "
    "fresh as (insert into alert (case_id, milestone, kind, due, role, user_id, office_id, "
    "branch_id) select c.id, " QYZMET_CODE ", 'reminder', " QYZMET_DUE ", " QYZMET_ROLE
    ", "
    "case " QYZMET_ROLE
    " when 'executor' then c.executor_id when 'secretary' then c.secretary_id end, "
    "c.office_id, c.branch_id "
    "from waiting w cross join lateral " QYZMET_LOOKED_UP("w.case_id")
    " cross join unnest(c.milestones) m "
    "where " QYZMET_DUE " between $1 and $2 and " QYZMET_ROLE
    " <> '' on conflict "
    "(case_id, milestone, due, "
    "role, coalesce(user_id, 0)) where kind = 'reminder' do nothing returning id, role, user_id, "
    "office_id, branch_id)" QYZMET_MAILED};
Sql const k_escalate{
    "raise_escalations",
    "with missed as (select c.id, b as milestone, null::date as due, c.office_id from cases c, "
    "unnest(c.breaches) b where not c.ended and c.breaches <> '{}' union all "
    "select c.id, " QYZMET_CODE ", " QYZMET_DUE
    ", c.office_id from asked_beside a cross join lateral " QYZMET_LOOKED_UP("a.case_id")
    " cross join unnest(c.milestones) m "
    "where m like '% *%' and " QYZMET_DUE
    " < $1), "
    "fresh as (insert into alert (case_id, milestone, kind, due, role, office_id, branch_id) "
    "select id, milestone, 'escalation', due, 'head', office_id, null from missed on conflict "
    "(case_id, milestone, coalesce(due, 'infinity'::date)) where kind = 'escalation' do nothing "
    "returning id, role, user_id, office_id, branch_id)" QYZMET_MAILED};
// Told once: the day is none to be told of any more.
Sql const k_unanswered{
    "raise_unanswered",
    "with passed as (delete from expected where due < $1 returning case_id, due), "
    "fresh as (insert into alert (case_id, milestone, kind, due, role, user_id, office_id) "
    "select distinct c.id, " QYZMET_CODE ", 'unanswered', p.due, " QYZMET_ROLE ", case " QYZMET_ROLE
    " when 'executor' then c.executor_id end, c.office_id "
    "from passed p cross join lateral " QYZMET_LOOKED_UP(
        "p.case_id") " cross join unnest(c.milestones) m where m like '% ?%' and " QYZMET_DUE
                     " = p.due on conflict (case_id, milestone, due, role, coalesce(user_id, 0)) "
                     "where kind = 'unanswered' do nothing returning id, role, user_id, office_id, "
                     "null::bigint as branch_id)" QYZMET_MAILED};
// Who becomes executor later is given the case with the term that it has.
Sql const k_tell_earlier{
    "raise_earlier_terms",
    "with fresh as (insert into alert (case_id, milestone, kind, due, role, user_id, office_id, "
    "branch_id) select c.id, 'result', 'earlier', c.due, meant.role, c.executor_id, c.office_id, "
    "null from cases c cross join unnest(case when c.executor_id is null then "
    "array['registrar', 'head'] else array['executor'] end) meant(role) "
    "where c.due_before is not null and not c.ended and not exists (select from alert a "
    "where a.case_id = c.id and a.due = c.due and a.kind = 'earlier') on conflict "
    "(case_id, due, role, coalesce(user_id, 0)) where kind = 'earlier' do nothing "
    "returning id, role, user_id, office_id, branch_id)" QYZMET_MAILED};
Sql const k_undelivered{
    "raise_undelivered",
    "with fresh as (insert into alert (case_id, milestone, kind, role, user_id, office_id, "
    "notice_id) select c.id, n.kind, 'undelivered', 'executor', c.executor_id, c.office_id, n.id "
    "from notice n join cases c on c.id = n.case_id where n.id = $1 and c.executor_id is not null "
    "on conflict (notice_id) where kind = 'undelivered' do nothing returning id, role, user_id, "
    "office_id, branch_id)" QYZMET_MAILED};
#undef QYZMET_MAILED
#undef QYZMET_DUE
#undef QYZMET_ROLE
#undef QYZMET_CODE
#undef QYZMET_LOOKED_UP
// The term of 77 ends with what the office does, not when the applicant comes: a breach tells.
#define QYZMET_OVERDUE \
  "not c.ended and c.breaches <> '{}' and 'result' = any (c.breaches) and c.due < $1"
#define QYZMET_HEADED                                                                        \
  "exists (select from role_today r join app_user u on u.id = r.user_id where u.active and " \
  "r.role = 'head' and r.office_id = o.superior_id)"
Sql const k_tell_superior{
    "raise_superiors",
    "with fresh as (insert into alert (case_id, milestone, kind, due, role, office_id) "
    "select c.id, 'result', 'superior', c.due, 'head', coalesce(o.superior_id, o.id) "
    "from cases c join office o on o.id = c.office_id where " QYZMET_OVERDUE
    " and (o.superior_email <> '' or " QYZMET_HEADED
    ") "
    "on conflict (case_id, due) where kind = 'superior' do nothing "
    "returning id, case_id, office_id), "
    "at_home as (select f.*, o.id as home, o.superior_email from fresh f join cases c "
    "on c.id = f.case_id join office o on o.id = c.office_id), "
    "heads as (insert into mail (person_id, alert_id) select distinct u.person_id, f.id "
    "from at_home f join role_today r on r.role = 'head' and r.office_id = f.office_id "
    "join app_user u on u.id = r.user_id and u.active where f.office_id <> f.home), "
    "body as (insert into mail (office_id, alert_id) select f.home, f.id from at_home f "
    "where f.superior_email <> '') select id from fresh"};
#define QYZMET_UNTOLD                                                                         \
  "from cases c join office o on o.id = c.office_id left join alert a on a.case_id = c.id "   \
  "and a.due = c.due and a.kind = 'superior' where " QYZMET_OVERDUE " and not " QYZMET_HEADED \
  " and (a.id is null or exists (select from mail m where m.alert_id = a.id and "             \
  "m.office_id is not null and m.status in ('failed', 'no_address')))"
Sql const k_untold{
    "untold_superiors",
    "select c.number, c.office_id, c.due, case when a.id is null then 'none' else 'refused' "
    "end " QYZMET_UNTOLD " order by c.due, c.id limit $2 offset $3"};
Sql const k_count_untold{"count_untold_superiors", "select count(*) " QYZMET_UNTOLD};
#undef QYZMET_UNTOLD
#undef QYZMET_OVERDUE
#undef QYZMET_HEADED
// Reminders stand while what they remind of is still to be reached by that role; of a case of
// another office only that its term has passed is told.
#define QYZMET_STILL(role, code) \
  "concat_ws(' ', to_char(a.due, 'YYYY-MM-DD'), " role ", " code ") = any (c.milestones)"
#define QYZMET_EXPECTED QYZMET_STILL("a.role", "'?' || a.milestone")
Sql const k_at_desk{
    "alerts_at",
    "select a.id, a.case_id, c.number, c.package, a.milestone, a.kind, a.due, a.raised_at, "
    "c.office_id from alert a join cases c on c.id = a.case_id where "
    "(a.role = $1 or a.role = 'secretary' and c.secretary_id = a.user_id) and "
    "(a.user_id is null or a.user_id = $2) and ($3::bigint is null or a.office_id = $3) and "
    "($4::bigint is null or a.branch_id = $4) and ($3::bigint is not null or $4::bigint is not "
    "null) and (a.kind = 'escalation' and a.due is null and not c.ended or "
    "a.kind = 'escalation' and exists (select from unnest(c.milestones) m where "
    "m like to_char(a.due, 'YYYY-MM-DD') || ' %' and m like '% *' || a.milestone) or "
    "a.kind = 'earlier' and not c.ended and "
    "c.due = a.due and c.executor_id is not distinct from a.user_id or "
    "a.kind = 'superior' and not c.ended and c.due = a.due and a.office_id <> c.office_id or "
    "a.kind = 'undelivered' and not c.ended and c.executor_id = a.user_id and not exists "
    "(select from notice n where n.case_id = a.case_id and n.kind = a.milestone and "
    "(n.id > a.notice_id or n.id = a.notice_id and n.delivered is not null)) or "
    "a.kind = 'assigned' and not c.ended and c.executor_id = a.user_id and not exists "
    "(select from event e where e.case_id = a.case_id and e.actor = a.user_id::text and "
    "e.at >= a.raised_at) or "
    "a.kind = 'reminder' and (" QYZMET_STILL("a.role", "a.milestone") " or " QYZMET_STILL(
        "a.role",
        "'*' || a.milestone") " or " QYZMET_EXPECTED
                              " and not exists (select from alert b where b.kind = 'unanswered' "
                              "and "
                              "b.case_id = a.case_id and b.milestone = a.milestone and b.due = "
                              "a.due)) or "
                              "a.kind = 'unanswered' and " QYZMET_EXPECTED
                              ") "
                              "order by a.kind, a.due, a.raised_at desc, a.id desc limit $5"};
#undef QYZMET_EXPECTED
#undef QYZMET_STILL

}  // namespace

int raise_alerts(Connection& connection, Date today, Date until) {
  return connection.transaction([&] {
    auto const reminders =
        connection.query<std::int64_t>(k_remind, today, until, start_of(today), end_of(until));
    auto const escalations = connection.query<std::int64_t>(k_escalate, today);
    auto const unanswered = connection.query<std::int64_t>(k_unanswered, today);
    auto const earlier = connection.query<std::int64_t>(k_tell_earlier);
    auto const superiors = connection.query<std::int64_t>(k_tell_superior, today);
    return static_cast<int>(reminders.size() + escalations.size() + unanswered.size() +
                            earlier.size() + superiors.size());
  });
}

bool raise_undelivered(Connection& connection, NoticeId notice) {
  return !connection.query<std::int64_t>(k_undelivered, notice).empty();
}

std::vector<Alert> alerts_at(Connection& connection, AlertDesk const& desk, int limit) {
  std::vector<Alert> out;
  for (auto& [id, case_id, number, package, milestone, kind, due, raised, office] :
       connection.query<std::int64_t, CaseId, std::string, std::string, std::string, std::string,
                        std::optional<Date>, Instant, OfficeId>(k_at_desk, desk.role, desk.user,
                                                                desk.office, desk.branch, limit))
    out.push_back({.id = id,
                   .case_id = case_id,
                   .number = number,
                   .package = package,
                   .milestone = milestone,
                   .kind = kind,
                   .due = due,
                   .raised = raised,
                   .office = office});
  return out;
}

std::vector<UntoldSuperior> untold_superiors(Connection& connection, Date today, int limit,
                                             int offset) {
  std::vector<UntoldSuperior> out;
  for (auto& [number, office, due, reason] :
       connection.query<std::string, OfficeId, Date, std::string>(k_untold, today, limit, offset))
    out.push_back({.number = number, .office = office, .due = due, .reason = reason});
  return out;
}

std::int64_t count_untold_superiors(Connection& connection, Date today) {
  return std::get<0>(*connection.one<std::int64_t>(k_count_untold, today));
}

}  // namespace qyzmet::db
