-- Received applications whose certificate could not be checked at once (decision 17).
create table submission (
  id         text primary key check (id ~ '^[0-9a-f]{64}$'),
  person_id  bigint not null references person,
  xml_sealed bytea not null,
  cms_sealed bytea not null,
  received   timestamptz not null,
  status     text not null check (status in ('pending', 'accepted', 'rejected')),
  reason     text not null default '',
  number     text not null default '',
  decided_at timestamptz
);
create index submission_pending on submission (received) where status = 'pending';
create index submission_person on submission (person_id);
