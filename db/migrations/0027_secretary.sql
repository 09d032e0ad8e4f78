-- The official for whom alone a case waits at the stage "secretary": named in the case, of whatever
-- role at its office. Null at every other stage.
alter table cases
  add column secretary_id bigint references app_user,
  drop constraint cases_milestone_role_check,
  add constraint cases_milestone_role check
    (milestone_role in ('', 'registrar', 'executor', 'secretary', 'head', 'branch_operator'));
create index cases_secretary on cases (secretary_id) where secretary_id is not null;

alter table alert
  drop constraint alert_role_check,
  add constraint alert_role check
    (role in ('registrar', 'executor', 'secretary', 'head', 'branch_operator')),
  add constraint alert_secretary check (role <> 'secretary' or user_id is not null);
