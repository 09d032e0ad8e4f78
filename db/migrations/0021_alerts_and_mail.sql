-- What officials are told of milestones: a reminder before the last day, an escalation to the head
-- after it was missed (R77-53). Nothing here blocks anything.
create table alert (
  id         bigint generated always as identity primary key,
  case_id    bigint not null references cases,
  milestone  text not null check (milestone <> ''),
  kind       text not null check (kind in ('reminder', 'escalation')),
  due        date,  -- the last day of the milestone, of a reminder
  role       text not null check (role in
               ('registrar', 'executor', 'head', 'branch_operator')),
  user_id    bigint references app_user,  -- who alone is meant; null: all of the role
  office_id  bigint not null references office,
  branch_id  bigint references branch,
  raised_at  timestamptz not null default qyzmet_now(),
  constraint alert_day check ((kind = 'reminder') = (due is not null)),
  constraint alert_head check (kind = 'reminder' or role = 'head')
);
-- Whoever the case waits for on these days is reminded, each once.
create unique index alert_reminder_once on alert
  (case_id, milestone, due, role, coalesce(user_id, 0)) where kind = 'reminder';
create unique index alert_escalation_once on alert (case_id, milestone) where kind = 'escalation';
create index alert_office on alert (office_id, raised_at);
create trigger alert_guard before update or delete on alert
  for each row execute function refuse_change();

-- Messages by e-mail on their way: of a notice to the applicant, or of an alert to an official. The
-- address is that of the person when it is sent. Like the outbox: leases with fencing tokens.
create table mail (
  id        bigint generated always as identity primary key,
  person_id bigint not null references person,
  notice_id bigint constraint mail_notice unique references notice,
  alert_id  bigint references alert,
  status    text not null default 'waiting'
              check (status in ('waiting', 'leased', 'sent', 'failed', 'no_address')),
  attempts  int not null default 0,
  ready_at  timestamptz not null default clock_timestamp(),
  fence     bigint not null default 0,
  reason    text not null default '',
  queued_at timestamptz not null default qyzmet_now(),
  sent_at   timestamptz,  -- taken over by the mail server
  constraint mail_subject check ((notice_id is null) <> (alert_id is null)),
  constraint mail_sent check ((status = 'sent') = (sent_at is not null)),
  constraint mail_alert unique (alert_id, person_id)
);
create index mail_ready on mail (ready_at) where status in ('waiting', 'leased');
