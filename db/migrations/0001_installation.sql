-- What this database is, and which time it is in it.

create extension if not exists btree_gist;
create collation kazakh (provider = icu, locale = 'kk');

-- One row, made with the database: demo or production, for ever.
create table installation (
  only_row       boolean primary key default true check (only_row),
  mode           text not null check (mode in ('demo', 'production')),
  created_at     timestamptz not null default clock_timestamp(),
  demo_offset_us bigint not null default 0 check (demo_offset_us >= 0),
  constraint production_has_no_demo_clock check (mode = 'demo' or demo_offset_us = 0)
);

create function installation_guard() returns trigger language plpgsql as $$
begin
  if tg_op <> 'UPDATE' then
    raise exception 'the mark of an installation stays' using errcode = 'check_violation',
      constraint = 'installation_immutable';
  end if;
  if new.mode <> old.mode or new.created_at <> old.created_at then
    raise exception 'the mark of an installation stays' using errcode = 'check_violation',
      constraint = 'installation_immutable';
  end if;
  if new.demo_offset_us < old.demo_offset_us then
    raise exception 'the demo clock moves forward only' using errcode = 'check_violation',
      constraint = 'demo_clock_forward';
  end if;
  return new;
end $$;
create trigger installation_guard before update or delete on installation
  for each row execute function installation_guard();
create trigger installation_no_truncate before truncate on installation
  for each statement execute function installation_guard();

-- The clock of the law. Security times (sessions, leases, passwords) use clock_timestamp().
create function qyzmet_now() returns timestamptz language sql volatile as $$
  select clock_timestamp() + (select demo_offset_us from installation) * interval '1 microsecond'
$$;

-- For tables that only grow.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% only grows', tg_table_name using errcode = 'check_violation',
    constraint = 'append_only', table = tg_table_name;
end $$;
