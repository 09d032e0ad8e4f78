-- Since when a military ID is not valid any more, and by which case: null where it was annulled
-- before this was kept.
alter table military_id
  add column closed_on date check (closed_on >= issued),
  add column closed_by bigint references cases,
  add constraint military_id_closed check (status <> 'valid' or
    (closed_on is null and closed_by is null));
