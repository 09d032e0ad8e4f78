-- Every night the events of every case are folded anew and held against its stored state. One row:
-- how far the check is, so that any process goes on where another one stopped. Times are legal.
create table self_check (
  single      boolean primary key default true check (single),
  last_case   bigint not null default 0,  -- all cases up to it are checked
  cases       bigint not null default 0,  -- of this check, so far
  differences bigint not null default 0,
  began       timestamptz,
  ended       timestamptz
);
insert into self_check default values;

-- What the last check of a case found; gone when a later one finds nothing.
create table self_check_finding (
  case_id  bigint primary key references cases,
  seq      bigint not null,  -- the step; 0: the case as a whole
  what     text not null,
  found_at timestamptz not null default clock_timestamp()
);
