-- What proves a signature when its certificates have ended: the material of its verification and an
-- evidence record (RFC 4998) over it, which is prolonged from time to time.
create table archive (
  signature       text primary key references signature,
  material_sealed bytea,                -- certificates and revocation data, of the first round
  record          bytea,                -- DER; only digests and timestamps
  due             timestamptz not null, -- of the next archive timestamp, in legal time
  check ((material_sealed is null) = (record is null))
);
create index archive_due on archive (due);
insert into archive (signature, due) select digest, qyzmet_now() from signature;

-- The material stays, and a record only grows.
create function archive_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.signature = old.signature
     and (old.record is null or (new.material_sealed = old.material_sealed
                                 and length(new.record) >= length(old.record))) then
    return new;
  end if;
  raise exception 'an archive stays' using errcode = 'check_violation', constraint = 'append_only';
end $$;
create trigger archive_guard before update or delete on archive
  for each row execute function archive_guard();
create trigger archive_no_truncate before truncate on archive
  for each statement execute function refuse_change();
