-- Revocation lists as they were fetched last, one for each configured address: whichever process
-- fetches, all read them. Public data, so nothing is sealed.
create table revocation_list (
  address       text primary key,
  sha256        text check (sha256 ~ '^[0-9a-f]{64}$'),  -- null before the first answer
  content       bytea,
  this_update   timestamptz,
  etag          text not null default '',
  last_modified text not null default '',
  due           timestamptz not null,  -- of the next request, in legal time
  check ((sha256 is null) = (content is null) and (sha256 is null) = (this_update is null))
);
alter table revocation_list alter content set storage external; -- signed bytes hardly compress

-- A timestamp over a signature that came without one, beside the CMS, which must stay what it is.
-- Without a token it is still owed: the authority was silent at receipt.
create table signature_timestamp (
  signature text primary key references signature,
  token     bytea,
  stamped   timestamptz,            -- genTime of the token
  due       timestamptz not null,   -- of the next attempt, in legal time
  check ((token is null) = (stamped is null))
);
create index signature_timestamp_due on signature_timestamp (due) where token is null;
create function signature_timestamp_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.signature = old.signature and old.token is null then
    return new;
  end if;
  raise exception 'a timestamp stays' using errcode = 'check_violation',
    constraint = 'append_only';
end $$;
create trigger signature_timestamp_guard before update or delete on signature_timestamp
  for each row execute function signature_timestamp_guard();
create trigger signature_timestamp_no_truncate before truncate on signature_timestamp
  for each statement execute function refuse_change();

-- An application that waits for its certificate check was stamped when it came.
alter table submission add token bytea;
