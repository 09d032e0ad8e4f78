-- An application that went to the wrong office is passed on and goes on as one case under one
-- number, with a new day of acceptance (R-GEN-20, E-17). What it was at the office before stays
-- here: one row for each office that passed it on, written by the very statement that did it.
-- Cases that were passed on before this table have no such rows; their events tell of it.
create table case_part (
  case_id     bigint not null references cases,
  part        int not null check (part > 0),
  seq         bigint not null,         -- the step that passed it on
  office_id   bigint not null references office,
  received_at timestamptz not null,
  accepted    date not null,           -- D0 there
  due         date not null,           -- T there
  breaches    text[] not null,         -- milestones that were missed there
  passed_at   timestamptz not null,
  passed_on   date not null,
  passed_to   bigint not null references office,
  passed_by   bigint not null references app_user,
  late        boolean not null,        -- later than the package allows
  constraint case_part_pkey primary key (case_id, part),
  constraint case_part_once unique (case_id, seq),
  constraint case_part_event foreign key (case_id, seq) references event,
  constraint case_part_order check (accepted <= due and received_at <= passed_at)
);
create index case_part_office on case_part (office_id, passed_at, case_id);
create trigger case_part_guard before update or delete on case_part
  for each row execute function refuse_change();
create trigger case_part_no_truncate before truncate on case_part
  for each statement execute function refuse_change();

-- A part is what the step that passes the case on leaves behind, and nothing else.
create function case_part_of_step() returns trigger language plpgsql as $$
begin
  if not exists (select from cases c where c.id = new.case_id and c.version = new.seq
                 and c.office_id = new.passed_to)
     or new.part <> (select count(*) from case_part p where p.case_id = new.case_id) then
    raise exception 'a part ends with the step that passes the case on'
      using errcode = 'check_violation', constraint = 'case_part_of_step';
  end if;
  return null;
end $$;
create trigger case_part_of_step after insert on case_part
  for each row execute function case_part_of_step();

-- No case leaves an office without it.
create function case_part_kept() returns trigger language plpgsql as $$
begin
  if not exists (select from case_part p where p.case_id = new.id and p.seq = new.version
                 and (p.office_id, p.received_at, p.accepted, p.due, p.breaches, p.passed_to)
                   = (old.office_id, old.filed, old.accepted, old.due, old.breaches,
                      new.office_id)) then
    raise exception 'a case is passed on with a record of its part before'
      using errcode = 'check_violation', constraint = 'case_part_kept';
  end if;
  return null;
end $$;
create trigger case_part_kept after update on cases
  for each row when (old.office_id is distinct from new.office_id)
  execute function case_part_kept();
