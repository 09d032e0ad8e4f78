-- Timestamps (RFC 3161) of an authority outside over the signed checkpoint: at that time the log
-- was this one. Who holds the key of the log and the database cannot make one of yesterday.
create table log_timestamp (
  size    bigint primary key check (size > 0),
  note    text not null,        -- the checkpoint as it was stamped
  token   bytea not null,       -- DER
  stamped timestamptz not null  -- genTime of the token
);
create trigger log_timestamp_guard before update or delete on log_timestamp
  for each row execute function refuse_change();
create trigger log_timestamp_no_truncate before truncate on log_timestamp
  for each statement execute function refuse_change();

-- One row: when the authority is asked next, in legal time. Who asks moves it on, so that one
-- process asks, and one that dies holds nothing up.
create table log_timestamp_due (
  single boolean primary key default true check (single),
  due    timestamptz not null default 'epoch'
);
insert into log_timestamp_due default values;
