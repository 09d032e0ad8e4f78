-- The journal and the cards are read by offices: newest first, by pages, each entry taking somebody
-- on or removing somebody, which is known to whoever writes it.
alter table registration_entry add column removes boolean not null default false;
alter table registration_entry disable trigger registration_entry_guard;
update registration_entry set removes = true
  where mark in ('removed', 'citizenship_lost') or mark ~ '^(9|1[0-8])$';
alter table registration_entry enable trigger registration_entry_guard;
alter table registration_entry
  alter column removes drop default,
  add constraint registration_entry_once unique (registration_id, removes);
create index registration_entry_office
  on registration_entry (office_id, paper, day desc, registration_id desc, removes desc);
