-- Who stands above an office: an office of this register, a body that has an address alone, or
-- both. An office that only stands above others takes no applications.
alter table office
  add column superior_id bigint references office,
  add column superior_email text not null default '',
  add column above_only boolean not null default false,
  add constraint office_not_above_itself check (superior_id <> id);

-- The milestones of a case that are not reached yet, and what is asked beside its process, each as
-- "2026-11-24 executor draft": its last day, who is to reach it ("" = nobody acts next), its code;
-- "*" stands before the code of what is asked beside the process. No index: a step changes it.
alter table cases add column milestones text[] not null default '{}';
update cases set milestones = array[to_char(milestone_due, 'YYYY-MM-DD') || ' ' ||
    coalesce(nullif(milestone_role, ''), stage) || ' ' ||
    case when milestone like '%.%' then '*' else '' end || milestone]
  where milestone <> '' and milestone_due is not null;
alter table cases drop column milestone_role;

-- Cases of which something is asked beside the process, ended ones as well: few among many. The
-- days of all other milestones are those of armed timers, which have an index.
drop trigger asked_after_end on cases;
drop function asked_after_end();
drop table asked_after_end;
create table asked_beside (case_id bigint primary key references cases);
insert into asked_beside select id from cases where array_to_string(milestones, ' ') like '%*%';
create function asked_beside() returns trigger language plpgsql as $$
begin
  if array_to_string(new.milestones, ' ') like '%*%' then
    insert into asked_beside values (new.id) on conflict do nothing;
  else
    delete from asked_beside where case_id = new.id;
  end if;
  return null;
end $$;
create trigger asked_beside after update on cases for each row
  when (old.milestones <> new.milestones and
        array_to_string(old.milestones || new.milestones, ' ') like '%*%')
  execute function asked_beside();

-- Open cases with a breach: few among many, and a case comes in once.
create index cases_breached on cases (id) where breaches <> '{}' and not ended;

-- An escalation of what was asked beside the process has its day; one of a milestone is raised once
-- in a case. A superior is told once of each last day of a term that has passed (E-09); it is the
-- office of the alert, or the case's own where the superior has an address alone. Of a term that
-- became earlier all are told who are meant.
drop index alert_escalation_once;
drop index alert_earlier_once;
alter table alert
  drop constraint alert_kind,
  drop constraint alert_day,
  drop constraint alert_head,
  add constraint alert_kind check
    (kind in ('reminder', 'escalation', 'earlier', 'superior', 'undelivered', 'assigned')),
  add constraint alert_day check
    (kind in ('escalation', 'undelivered', 'assigned') or due is not null),
  add constraint alert_head check (kind not in ('escalation', 'superior') or role = 'head');
create unique index alert_escalation_once on alert
  (case_id, milestone, coalesce(due, 'infinity'::date)) where kind = 'escalation';
create unique index alert_earlier_once on alert
  (case_id, due, role, coalesce(user_id, 0)) where kind = 'earlier';
create unique index alert_superior_once on alert (case_id, due) where kind = 'superior';

-- An alert goes to a person, or to the address of the body above an office, as that is when it is
-- sent.
alter table mail
  alter column person_id drop not null,
  add column office_id bigint references office,
  add constraint mail_to check ((person_id is null) <> (office_id is null)),
  add constraint mail_of_office check (office_id is null or alert_id is not null);
create unique index mail_to_superior on mail (alert_id) where office_id is not null;
