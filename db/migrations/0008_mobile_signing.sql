-- What waits for a signature in the eGov mobile application: the bytes, and what came of them.
create table mobile_signing (
  id           text primary key check (id ~ '^[0-9a-f]{32}$'),
  person_id    bigint not null references person,
  action       text not null,  -- where the signature is sent in the end
  bytes_sealed bytea not null,
  cms_sealed   bytea,
  expires      timestamptz not null
);
create index mobile_signing_expires on mobile_signing (expires);
