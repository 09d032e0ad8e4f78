-- Registrations and facts that were there before this system: they come out of no case of ours.
alter table military_record
  alter column case_id drop not null,
  add column source text not null default '' check (source in ('', 'taken_over')),
  add constraint military_record_source check ((case_id is null) = (source <> ''));

create or replace function military_record_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.valid_until is null
     and (new.id, new.person_id, new.fact, new.value_sealed, new.case_id, new.source,
          new.valid_from, new.recorded_at) is not distinct from
         (old.id, old.person_id, old.fact, old.value_sealed, old.case_id, old.source,
          old.valid_from, old.recorded_at) then
    return new;
  end if;
  raise exception 'a fact of a record stays' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;

alter table registration
  drop constraint registration_basis_check,
  drop constraint registration_basis,
  add constraint registration_basis check (case basis
    when 'application' then case_id is not null and previous is null
    when 'move' then case_id is null and previous is not null
    when 'taken_over' then case_id is null and previous is null
    else false end);
