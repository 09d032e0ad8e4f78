-- A case may end without the hand-over of the ID that was written for it: withdrawn, refused after
-- rework, declined, ended with its person. That blank bears somebody's data: it is spoiled, by the
-- number of the case, and the accounting goes on (R61-05, INV-39).
create function blank_left() returns trigger language plpgsql as $$
begin
  update blank set state = 'spoiled', paper = '№ ' || new.number,
      changed_on = (qyzmet_now() at time zone 'UTC' + interval '5 hours')::date
    where case_id = new.id and state = 'written';
  return null;
end $$;
create trigger blank_left after update on cases for each row
  when (new.ended and not old.ended) execute function blank_left();

-- Those of cases that ended before.
update blank b set state = 'spoiled', paper = '№ ' || c.number,
    changed_on = (qyzmet_now() at time zone 'UTC' + interval '5 hours')::date
  from cases c where c.id = b.case_id and c.ended and b.state = 'written';
