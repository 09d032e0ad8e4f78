-- The transparency log: the order of all events, fixed once, and the Merkle tree over them. A leaf
-- is the hash of a record (ledger.hpp); tiles are the tree's hashes, 256 of a level at a time
-- (c2sp.org/tlog-tiles). Whoever keeps a checkpoint elsewhere sees every change made here.

create table log_leaf (
  index   bigint primary key check (index >= 0),
  case_id bigint not null,
  seq     bigint not null,
  entry   bytea not null check (length(entry) = 32),
  constraint log_leaf_event unique (case_id, seq),
  constraint log_leaf_of_event foreign key (case_id, seq) references event
);
create trigger log_leaf_guard before update or delete on log_leaf
  for each row execute function refuse_change();
create trigger log_leaf_no_truncate before truncate on log_leaf
  for each statement execute function refuse_change();

create table log_tile (
  level  int not null check (level between 0 and 5),
  index  bigint not null check (index >= 0),
  hashes bytea not null check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0),
  primary key (level, index)
);
create function log_tile_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.level, new.index) = (old.level, old.index)
     and substr(new.hashes, 1, length(old.hashes)) = old.hashes then
    return new;
  end if;
  raise exception 'a tile only grows' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;
create trigger log_tile_guard before update or delete on log_tile
  for each row execute function log_tile_guard();
create trigger log_tile_no_truncate before truncate on log_tile
  for each statement execute function refuse_change();

-- One row. Who appends locks it, so that there is one order.
create table log_head (
  single    boolean primary key default true check (single),
  size      bigint not null default 0 check (size >= 0),
  note      text not null default '',  -- the signed checkpoint of that size, '' before the first
  -- Every event recorded before is in the log.
  watermark timestamptz not null default 'epoch'
);
insert into log_head default values;
create function log_head_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.size >= old.size and new.watermark >= old.watermark then
    return new;
  end if;
  raise exception 'the log only grows' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;
create trigger log_head_guard before update or delete on log_head
  for each row execute function log_head_guard();

-- Rows come in the order of this time: a few bytes find the newest.
create index event_recorded on event using brin (recorded_at) with (autosummarize = on);
