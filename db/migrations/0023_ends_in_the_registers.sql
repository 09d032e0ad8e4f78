-- Who dies or loses citizenship is taken off the register for good, out of the case that learnt of
-- it. What was said of a removal stays.

alter table registration
  drop constraint registration_removal_check,
  drop constraint registration_removal,
  add column removal_case bigint constraint registration_removal_case unique references cases,
  add constraint registration_removal_check
    check (removal in ('moved', 'deceased', 'citizenship_lost')),
  add constraint registration_removal check (
    (removed_on is null) = (removal is null)
    and (removal_case is not null) = coalesce(removal <> 'moved', false));

create or replace function registration_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE'
     and (old.removed_on is null
          or (new.removed_on, new.removal, new.removal_case) is not distinct from
             (old.removed_on, old.removal, old.removal_case))
     and (not old.told or new.told)
     and (new.id, new.person_id, new.office_id, new.kind, new.category, new.basis, new.since,
          new.taken_on)
       = (old.id, old.person_id, old.office_id, old.kind, old.category, old.basis, old.since,
          old.taken_on)
     and (new.case_id, new.previous) is not distinct from (old.case_id, old.previous) then
    return new;
  end if;
  raise exception 'a registration stays on record' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;

-- A fact that was entered for a decision which was not taken ends, and says so; what held before it
-- is entered anew.
alter table military_record
  add column withdrawn boolean not null default false,
  add constraint military_record_withdrawn check (not withdrawn or valid_until is not null);

create or replace function military_record_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.valid_until is null and new.valid_until is not null
     and (new.id, new.person_id, new.fact, new.value_sealed, new.case_id, new.source,
          new.valid_from, new.recorded_at) is not distinct from
         (old.id, old.person_id, old.fact, old.value_sealed, old.case_id, old.source,
          old.valid_from, old.recorded_at) then
    return new;
  end if;
  raise exception 'a fact of a record stays' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;
