-- What time alone changes in the registers. A birthday gives a reservist another category, or takes
-- whoever is past the age of the reserve off the register: no case says so, the age does.

alter table military_record
  drop constraint military_record_source_check,
  add constraint military_record_source_check check (source in ('', 'taken_over', 'age'));

alter table registration
  drop constraint registration_removal_check,
  drop constraint registration_removal,
  add constraint registration_removal_check
    check (removal in ('moved', 'deceased', 'citizenship_lost', 'age')),
  add constraint registration_removal check (
    (removed_on is null) = (removal is null)
    and (removal_case is not null) = coalesce(removal not in ('moved', 'age'), false));

-- Of each reservist who is on a register: the day on which the age is looked at again, and by which
-- rules it was looked at last; under other rules it is due at once.
create table age_review (
  registration_id bigint primary key references registration,
  due             date not null,
  rules           text not null default ''
);
create index age_review_due on age_review (due);
create index age_review_rules on age_review (rules);
create function age_review() returns trigger language plpgsql as $$
begin
  if new.removed_on is not null then
    delete from age_review where registration_id = new.id;
  elsif tg_op = 'INSERT' and new.kind = 'reservist' then
    insert into age_review (registration_id, due)
      values (new.id, (qyzmet_now() at time zone interval '5 hours')::date);
  end if;
  return null;
end $$;
create trigger age_review after insert or update on registration
  for each row execute function age_review();
insert into age_review (registration_id, due)
  select id, (qyzmet_now() at time zone interval '5 hours')::date from registration
  where removed_on is null and kind = 'reservist';

-- An event of a day to come is kept and applied on its day.
alter table residence_event
  drop constraint residence_event_outcome_check,
  add constraint residence_event_outcome_check check (outcome in
    ('moved', 'same_office', 'older', 'struck_off', 'not_registered', 'no_office', 'awaited'));
create index residence_event_awaited on residence_event (effective, received_at, id)
  where outcome = 'awaited';
create or replace function residence_event_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.outcome in ('no_office', 'awaited')
     and (new.id, new.person_id, new.kind, new.district, new.effective)
       = (old.id, old.person_id, old.kind, old.district, old.effective) then
    return new;
  end if;
  raise exception 'an event stays as it came' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;

-- Programs may bring events of residence.
alter table api_client
  drop constraint api_client_scopes_check,
  add constraint api_client_scopes_check
    check (scopes <@ array['status', 'residence'] and cardinality(scopes) > 0);
