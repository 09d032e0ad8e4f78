-- A stand-in signs with the powers of the absent head on the days of the appointment; an
-- appointment that is withdrawn stays on record.
alter table stand_in
  add column position_kk  text not null default '',  -- as it stands under documents
  add column position_ru  text not null default '',
  add column withdrawn_at timestamptz,
  add column withdrawn_by bigint references app_user,
  drop constraint stand_in_no_overlap,
  add constraint stand_in_no_overlap exclude using gist
    (absent_id with =, office_id with =, daterange(from_day, until_day, '[]') with &&)
    where (withdrawn_at is null);
create index stand_in_deputy on stand_in (deputy_id) where withdrawn_at is null;

-- The roles that people have today: their own, and the head's for who stands in for a head.
create view role_today as
  select user_id, role, office_id, branch_id from user_role
  union all
  select distinct s.deputy_id, 'head', s.office_id, null::bigint from stand_in s
  where s.withdrawn_at is null
    and (qyzmet_now() at time zone interval '5 hours')::date between s.from_day and s.until_day
    and not exists (select from user_role r where r.user_id = s.deputy_id and r.role = 'head'
                    and r.office_id = s.office_id);

-- The blank that a case was written on: series and number are given out once (INV-39). Which
-- blank it is, only the keyed hash tells.
create table blank (
  number_hash bytea constraint blank_once primary key,
  case_id     bigint not null references cases,
  taken_at    timestamptz not null default clock_timestamp()
);
create index blank_case on blank (case_id);

-- Where a case cannot go on by itself: derived from its state, for the administrator's list.
create table incident (
  case_id bigint not null references cases,
  token   int not null,
  node    text not null,
  reason  text not null,
  since   timestamptz not null,
  primary key (case_id, token, node)
);
