-- What an applicant is about to declare in a case, from the page that shows it until it is
-- certified: the very bytes. Gone after a day; what was certified is a document of its case.
create table statement (
  sha256     text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  person_id  bigint not null references person,
  case_id    bigint not null references cases,
  xml_sealed bytea not null,
  expires    timestamptz not null
);
create index statement_expires on statement (expires);
