-- The text of a paper of ours as HTML, made beside its PDF from the same blocks; sealed.

create table document_page (
  document       text primary key references document on delete cascade,
  content_sealed bytea not null
);
create trigger document_page_guard before update on document_page
  for each row execute function refuse_change();
