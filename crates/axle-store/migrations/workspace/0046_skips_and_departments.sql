-- Suggestions of organizations that may be one, which somebody put off: they come last.
create table organization_skip (
    suggestion_id text primary key,
    skipped_by text,
    -- Microseconds since 1970.
    skipped_at bigint not null
);
-- Where a teammate works with us, as people say with their days; null where they say nothing of it.
alter table member_word add column department text;
