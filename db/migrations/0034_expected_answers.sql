-- A message that others send has a day, too ("2027-02-01 executor ?request.answer" of
-- cases.milestones): who follows it up is reminded before that day, and once again when it has
-- passed without the message (R79-21). The days that are still to be told of: a row goes when the
-- second reminder is raised, or when nothing is expected for that day any more.
create table expected (
  case_id bigint not null references cases,
  due     date not null,
  primary key (case_id, due)
);
create index expected_due on expected (due);
create function expected() returns trigger language plpgsql as $$
begin
  delete from expected e where e.case_id = new.id and not exists
    (select from unnest(new.milestones) m
     where m like '% ?%' and split_part(m, ' ', 1)::date = e.due);
  insert into expected
    select distinct new.id, split_part(m, ' ', 1)::date from unnest(new.milestones) m
    where m like '% ?%' and m <> all (old.milestones)
    on conflict do nothing;
  return null;
end $$;
create trigger expected after update on cases for each row
  when (old.milestones <> new.milestones and
        array_to_string(old.milestones || new.milestones, ' ') like '% ?%')
  execute function expected();

alter table alert
  drop constraint alert_kind,
  add constraint alert_kind check (kind in ('reminder', 'escalation', 'earlier', 'superior',
    'undelivered', 'assigned', 'unanswered'));
create unique index alert_unanswered_once on alert
  (case_id, milestone, due, role, coalesce(user_id, 0)) where kind = 'unanswered';
