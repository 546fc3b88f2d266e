-- Former states of facts, so that figures can be asked for as they were known at an instant. A state that was replaced before
-- this table was there is not kept.
create table fact_version (
    fact_id bigint not null references fact on delete cascade,
    seq bigint not null,
    kind text not null,
    identity_id bigint references identity,
    body text not null,
    -- When this state was read; the next one says until when it held.
    ingested_at bigint not null,
    primary key (fact_id, seq)
);
create index fact_version_seq on fact_version (kind, seq);
-- Files of facts say from now on when each state was read: they are made anew from the record.
delete from segment where path like 'facts-%';
