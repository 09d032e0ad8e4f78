-- Since when a military ID is not valid any more, and by which case: null where it was annulled
-- before this was kept.
alter table military_id
  add column closed_on date check (closed_on >= issued),
  add column closed_by bigint references cases,
  add constraint military_id_closed check (status <> 'valid' or
    (closed_on is null and closed_by is null));

-- Who is to reach the milestone of a case: what is asked beside the process is asked of another
-- than the process waits for, and after its end as well. '' in rows that no step has touched since:
-- there it is the stage.
alter table cases add column milestone_role text not null default ''
  check (milestone_role in ('', 'registrar', 'executor', 'head', 'branch_operator'));

-- Ended cases of which something is asked: few among many.
create table asked_after_end (case_id bigint primary key references cases);
insert into asked_after_end select id from cases where ended and milestone <> '';
create function asked_after_end() returns trigger language plpgsql as $$
begin
  if new.milestone <> '' then
    insert into asked_after_end values (new.id) on conflict do nothing;
  else
    delete from asked_after_end where case_id = new.id;
  end if;
  return null;
end $$;
create trigger asked_after_end after update on cases for each row
  when (new.ended and (new.milestone <> '' or old.milestone <> ''))
  execute function asked_after_end();

-- The term that a case had before it became earlier, as it does when the calendar changes; null
-- when it did not, or became later since. Its executor is told (E-08).
alter table cases add column due_before date;
create index cases_earlier on cases (id) where due_before is not null and not ended;
alter table alert
  drop constraint alert_kind_check,
  drop constraint alert_day,
  drop constraint alert_head,
  add constraint alert_kind check (kind in ('reminder', 'escalation', 'earlier')),
  add constraint alert_day check ((kind = 'escalation') = (due is null)),
  add constraint alert_head check (kind <> 'escalation' or role = 'head');
create unique index alert_earlier_once on alert (case_id, due) where kind = 'earlier';
