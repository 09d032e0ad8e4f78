-- Packages, calendars, cases and everything that a step writes. A check is read again by every
-- statement that writes its table, so what the hash chain proves anyway has none here.

create table definition (
  sha256      text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  service     text not null,
  number      text not null,
  version     text not null,
  from_day    date not null,
  until_day   date check (until_day >= from_day),
  deployed_at timestamptz not null default clock_timestamp(),
  constraint definition_no_overlap exclude using gist
    (service with =, daterange(from_day, until_day, '[]') with &&)
);
create table definition_file (
  sha256  text not null references definition,
  name    text not null,
  content bytea not null,
  primary key (sha256, name)
);
-- A package stays as it is; only the open end of its days may be closed, once.
create function definition_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.until_day is null
     and (new.sha256, new.service, new.number, new.version, new.from_day, new.deployed_at)
       = (old.sha256, old.service, old.number, old.version, old.from_day, old.deployed_at) then
    return new;
  end if;
  raise exception 'definition only grows' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;
create trigger definition_guard before update or delete on definition
  for each row execute function definition_guard();
create trigger definition_file_guard before update or delete on definition_file
  for each row execute function refuse_change();

create table calendar (
  version      bigint primary key check (version > 0),
  first_year   int not null,
  last_year    int not null check (last_year >= first_year),
  csv          text not null,
  source       text not null,
  published_at timestamptz not null default clock_timestamp()
);
create trigger calendar_guard before update or delete on calendar
  for each row execute function refuse_change();

create sequence case_number;
create sequence fence;

create table cases (
  id               bigint primary key,
  number           text not null,
  number_part      int not null default 0,
  service          text not null,
  kind             text not null,
  person_id        bigint not null references person,
  package          text not null references definition,
  calendar_version bigint not null references calendar,
  language         text not null,
  version          bigint not null,
  head_hash        bytea not null,
  state_sealed     bytea not null,
  office_id        bigint not null references office,
  branch_id        bigint references branch,
  subtype          text not null,
  place            text not null,
  state            text not null,
  stage            text not null,
  filed            timestamptz not null,
  accepted         date not null,
  due              date not null,
  milestone        text not null,
  milestone_due    date,
  executor_id      bigint references app_user,
  head_id          bigint references app_user,
  ended            boolean not null,
  outcome          text not null,
  breaches         text[] not null,
  constraint cases_number unique (number, number_part),
  constraint cases_four_eyes check (executor_id is null or executor_id <> head_id)
) with (fillfactor = 80);
-- No index on what a step changes: the new row stays on its page (HOT).
create unique index cases_one_open on cases (person_id, kind) where not ended;
create index cases_office on cases (office_id, due) where not ended;
create index cases_branch on cases (branch_id, due) where not ended;
create index cases_person on cases (person_id, filed);

create table event (
  case_id      bigint not null references cases,
  seq          bigint not null,
  at           timestamptz not null,
  recorded_at  timestamptz not null default clock_timestamp(),
  kind         text not null,
  actor        text not null,
  role         text not null,
  body_sealed  bytea not null,
  facts_sealed bytea not null,
  salt         bytea not null,
  hash         bytea not null,
  -- Of a step that completes an effect: the lease it came with and the one that was in force.
  lease_given  bigint,
  lease_held   bigint,
  primary key (case_id, seq)
);
create trigger event_guard before update or delete on event
  for each row execute function refuse_change();
create trigger event_no_truncate before truncate on event
  for each statement execute function refuse_change();

create table task (
  case_id bigint not null references cases,
  token   int not null,
  node    text not null,
  role    text not null,
  form    text not null,
  opened  timestamptz not null,
  primary key (case_id, token)
);

create table timer (
  case_id bigint not null references cases,
  id      int not null,
  node    text not null,
  due     timestamptz not null,
  primary key (case_id, id)
);
create index timer_due on timer (due);

create table message (
  case_id    bigint not null references cases,
  name       text not null,
  message_id text not null,
  seq        bigint not null,
  constraint message_once primary key (case_id, name, message_id)
);

create table outbox (
  case_id     bigint not null references cases,
  token       int not null,
  handler     text not null,
  kind        text not null,
  document    text not null,
  sha256      text not null,
  data_sealed bytea not null,
  status      text not null default 'waiting'
                check (status in ('waiting', 'leased', 'cancelled', 'incident')),
  attempts    int not null default 0,
  ready_at    timestamptz not null default clock_timestamp(),  -- leased: the lease's end
  fence       bigint not null default 0,
  worker      text not null default '',
  reason      text not null default '',
  ordered_at  timestamptz not null default clock_timestamp(),
  changed_at  timestamptz not null default clock_timestamp(),
  constraint outbox_pkey primary key (case_id, token)
);
create index outbox_ready on outbox (ready_at) where status in ('waiting', 'leased');

create table idempotency (
  scope       text not null,
  key         varchar(100) not null,
  fingerprint bytea not null,
  case_id     bigint not null,  -- of cases; a kept answer, swept after some months
  version     bigint not null,
  at          timestamptz not null default clock_timestamp(),
  constraint idempotency_once primary key (scope, key)
);
create index idempotency_at on idempotency using brin (at);
