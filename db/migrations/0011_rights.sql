-- A step writes as little as it can, and proves in its one statement what it was decided on.

-- Open tasks stand in the sealed state; nobody looked for them here.
drop table task;

-- These rows take their case from the case row that the same statement has just written, the
-- officials of a case are looked up in the register by the step that names them, and neither cases
-- nor users are ever deleted: to look them up once more, and lock them, costs more than the row.
-- The checker of the history (db/verify.cpp) looks at all of them.
alter table event drop constraint event_case_id_fkey;
alter table timer drop constraint timer_case_id_fkey;
alter table message drop constraint message_case_id_fkey;
alter table outbox drop constraint outbox_case_id_fkey;
alter table cases drop constraint cases_executor_id_fkey;
alter table cases drop constraint cases_head_id_fkey;
create trigger cases_stay before delete on cases
  for each row execute function refuse_change();
create trigger app_user_stay before delete on app_user
  for each row execute function refuse_change();

-- A step on remembered data names these two numbers: they move when a right is given or taken, and
-- when the desk of the session is another one.
alter table app_user add rights bigint not null default 1;
alter table web_session add desk bigint not null default 1;
create function user_role_moved() returns trigger language plpgsql as $$
begin
  update app_user set rights = rights + 1 where id in (old.user_id, new.user_id);
  return null;
end $$;
create trigger user_role_moved after insert or update or delete on user_role
  for each row execute function user_role_moved();
-- An appointment gives and takes the powers of a head. That its days begin or end moves nothing:
-- what is remembered of a session holds for one legal day.
create function stand_in_moved() returns trigger language plpgsql as $$
begin
  update app_user set rights = rights + 1 where id in (old.deputy_id, new.deputy_id);
  return null;
end $$;
create trigger stand_in_moved after insert or update or delete on stand_in
  for each row execute function stand_in_moved();
