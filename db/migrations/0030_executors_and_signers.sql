-- An executor is told of a notice that did not arrive, of which delivery counts (R-GEN-25, E-10),
-- until it does or another one goes out.
alter table alert
  add column notice_id bigint references notice,
  drop constraint alert_kind,
  drop constraint alert_day,
  add constraint alert_kind check
    (kind in ('reminder', 'escalation', 'earlier', 'undelivered', 'assigned')),
  add constraint alert_day check ((kind in ('reminder', 'earlier')) = (due is not null)),
  add constraint alert_notice check ((kind = 'undelivered') = (notice_id is not null));
create unique index alert_undelivered_once on alert (notice_id) where kind = 'undelivered';

-- Who takes a case over from another executor is told of it.
create function tell_new_executor() returns trigger language plpgsql as $$
begin
  with fresh as (
    insert into alert (case_id, milestone, kind, role, user_id, office_id)
      values (new.id, 'result', 'assigned', 'executor', new.executor_id, new.office_id)
      returning id, user_id)
  insert into mail (person_id, alert_id)
    select u.person_id, f.id from fresh f join app_user u on u.id = f.user_id;
  return null;
end $$;
create trigger tell_new_executor after update on cases for each row
  when (old.executor_id is not null and new.executor_id is not null and
        old.executor_id <> new.executor_id)
  execute function tell_new_executor();

-- Which head a paper of ours names as its signer (R-GEN-16); null: there was nobody to be named.
-- Papers drawn before this was kept have no row.
create table named_signer (
  document text primary key references document on delete cascade,
  head_id  bigint references app_user
);
-- A paper that waits for a signature, drawn anew in the name of the head who is about to sign it:
-- the last one of each head. It takes the place of the first when it is signed.
create table redrawn (
  original text not null references document on delete cascade,
  head_id  bigint not null references app_user,
  document text not null references document on delete cascade,
  case_id  bigint not null references cases,
  code     text not null,
  drawn_at timestamptz not null default qyzmet_now(),
  primary key (original, head_id)
);
create index redrawn_case on redrawn (case_id);
