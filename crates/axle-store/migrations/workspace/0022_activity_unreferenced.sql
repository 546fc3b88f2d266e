-- Activities without foreign keys: whoever writes one has resolved its numbers in the same transaction, and looking up five
-- of them again for each row took a seventh of an import's time. PostgreSQL would drop the constraints.
create table activity_unreferenced (
    seq integer primary key,
    activity_id blob not null unique,
    source_id bigint not null,
    external_id text not null,
    activity_type_id bigint not null,
    identity_id bigint not null,
    channel_id bigint not null,
    thread_id bigint,
    parent_id blob,
    occurred_at bigint not null,
    ingested_at bigint not null,
    version_at bigint,
    deleted_at bigint,
    weight bigint,
    title text,
    text text,
    url text,
    language text,
    counterparts text,
    properties text,
    content_hash bigint not null,
    is_derived bigint not null default 0
);
insert into activity_unreferenced
select seq, activity_id, source_id, external_id, activity_type_id, identity_id, channel_id, thread_id, parent_id,
       occurred_at, ingested_at, version_at, deleted_at, weight, title, text, url, language, counterparts, properties,
       content_hash, is_derived
from activity;
drop table activity;
alter table activity_unreferenced rename to activity;
create index activity_identity on activity (identity_id, occurred_at);
