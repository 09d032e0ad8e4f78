-- The plain table model that the limits were measured with: one call per transition, no rules, no
-- rights, no history that proves itself. Changed only together with the targets.
create schema wf;
create table wf.instance(
  id bigint primary key, def_id int not null default 1, def_version int not null default 3,
  state smallint not null default 0, version int not null default 0,
  assignee int, due_at timestamptz, updated_at timestamptz not null default now(),
  data jsonb not null default '{}') with (fillfactor=80);
create table wf.event(
  instance_id bigint not null, seq int not null, at timestamptz not null default now(),
  kind smallint not null, actor int not null, from_state smallint, to_state smallint,
  payload jsonb not null, primary key(instance_id, seq));
create table wf.timer(
  id bigint generated always as identity primary key, instance_id bigint not null,
  due_at timestamptz not null, kind smallint not null, lease_until timestamptz, payload jsonb);
create index timer_due on wf.timer(due_at) where lease_until is null;

create function wf.transition(p_id bigint, p_expect int, p_kind smallint, p_actor int,
                              p_payload jsonb, p_due interval)
returns int language plpgsql as $$
declare v int; s smallint;
begin
  select version, state into v, s from wf.instance where id=p_id for update;
  if not found then raise exception 'no instance %', p_id; end if;
  if p_expect is not null and p_expect <> v then
    raise exception 'stale version' using errcode='40001';
  end if;
  update wf.instance set state=(s+1)%9, version=v+1, updated_at=now() where id=p_id;
  insert into wf.event(instance_id,seq,kind,actor,from_state,to_state,payload)
    values(p_id,v+1,p_kind,p_actor,s,(s+1)%9,p_payload);
  insert into wf.timer(instance_id,due_at,kind,payload) values(p_id,now()+p_due,1,null);
  return v+1;
end $$;
