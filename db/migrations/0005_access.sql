-- Who is here, who may come in, who looked at what.

create table web_session (
  token_hash       bytea primary key,
  user_id          bigint not null references app_user,
  method           text not null check (method in ('eds', 'otp')),
  csrf             text not null,
  client           text not null,
  role             text not null default '',
  office_id        bigint references office,
  branch_id        bigint references branch,
  idle_max         interval not null,
  seen_at          timestamptz not null default clock_timestamp(),
  idle_expires     timestamptz not null,
  absolute_expires timestamptz not null
);
create index web_session_user on web_session (user_id);
create index web_session_expires on web_session (absolute_expires);

create table login_challenge (
  id      text primary key,
  text    text not null,
  expires timestamptz not null
);

create table otp (
  id           text primary key,
  code_hash    bytea not null,
  purpose      text not null,
  bound        text not null,
  phone_sealed bytea not null,
  person_id    bigint references person,
  tries        int not null default 0,
  tries_max    int not null check (tries_max > 0),
  sent         timestamptz not null,
  expires      timestamptz not null,
  confirmed    timestamptz,
  constraint otp_tries check (tries <= tries_max)
);
create index otp_expires on otp (expires);

-- Lost after a crash, on purpose: cheap, and a crash forgives.
create unlogged table rate_limit (
  key     bytea primary key,
  started timestamptz not null,
  ends    timestamptz not null,
  count   int not null
);
create index rate_limit_ends on rate_limit (ends);

-- Every look of staff at personal data, chained per person:
-- hash = sha256(0x02 || previous hash || the row as text).
create table read_log (
  person_id bigint not null references person,
  seq       bigint not null,
  at        timestamptz not null,
  reader_id bigint not null references app_user,
  role      text not null,
  case_id   bigint,
  purpose   text not null,
  fields    text not null,
  hash      bytea not null check (length(hash) = 32),
  primary key (person_id, seq)
);
create function read_log_hash(previous bytea, r read_log) returns bytea language sql stable as $$
  select sha256('\x02'::bytea || previous || convert_to(concat_ws('|', r.person_id, r.seq,
    (extract(epoch from r.at) * 1000000)::bigint, r.reader_id, r.role,
    coalesce(r.case_id::text, '-'), r.purpose, r.fields), 'UTF8'))
$$;
create function read_log_append() returns trigger language plpgsql as $$
declare
  previous bytea;
begin
  select l.seq + 1, l.hash into new.seq, previous from read_log l
    where l.person_id = new.person_id order by l.seq desc limit 1;
  new.seq := coalesce(new.seq, 1);
  new.at := qyzmet_now();
  new.hash := read_log_hash(coalesce(previous, decode(repeat('00', 32), 'hex')), new);
  return new;
end $$;
create trigger read_log_append before insert on read_log
  for each row execute function read_log_append();
create trigger read_log_guard before update or delete on read_log
  for each row execute function refuse_change();
create trigger read_log_no_truncate before truncate on read_log
  for each statement execute function refuse_change();

-- Acts of administrators and security events, one chain.
create table act_log (
  seq     bigint primary key,
  at      timestamptz not null,
  actor_id bigint references app_user,
  act     text not null,
  details text not null,
  hash    bytea not null check (length(hash) = 32)
);
create function act_log_hash(previous bytea, r act_log) returns bytea language sql stable as $$
  select sha256('\x03'::bytea || previous || convert_to(concat_ws('|', r.seq,
    (extract(epoch from r.at) * 1000000)::bigint, coalesce(r.actor_id::text, '-'), r.act,
    r.details), 'UTF8'))
$$;
create function act_log_append() returns trigger language plpgsql as $$
declare
  previous bytea;
begin
  perform pg_advisory_xact_lock(hashtext('act_log'));
  select l.seq + 1, l.hash into new.seq, previous from act_log l order by l.seq desc limit 1;
  new.seq := coalesce(new.seq, 1);
  new.at := qyzmet_now();
  new.hash := act_log_hash(coalesce(previous, decode(repeat('00', 32), 'hex')), new);
  return new;
end $$;
create trigger act_log_append before insert on act_log
  for each row execute function act_log_append();
create trigger act_log_guard before update or delete on act_log
  for each row execute function refuse_change();
create trigger act_log_no_truncate before truncate on act_log
  for each statement execute function refuse_change();
