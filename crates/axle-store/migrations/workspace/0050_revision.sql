-- When what happened in a quarter of an hour changed after it was over: something of it was read late, again otherwise, or deleted. Days
-- of every time zone begin with such a quarter.
create table revision (
    -- Quarters of an hour since 1970, UTC.
    quarter bigint not null,
    -- `activity`, or the kind of fact.
    kind text not null,
    -- When the import began that changed it, or when somebody corrected it: microseconds since 1970.
    at bigint not null,
    primary key (quarter, kind, at)
);
-- Who was joined or parted since an instant, and in which import.
create index identity_edge_from on identity_edge (held_from);
create index identity_edge_until on identity_edge (revoked_at) where revoked_at is not null;
create index import_run_began on import_run (started_at);
-- What the record knows of before: when each state that stands was read, by the import that read it; what people said, by itself. Of
-- what was read several times the last alone.
with read as materialized (
    select ingested_at, coalesce(
        (select max(started_at) from import_run where started_at <= ingested_at and (ended_at is null or ended_at >= ingested_at)),
        ingested_at) as at
    from (select ingested_at from activity union select ingested_at from fact)
),
known as (
    select occurred_at / 900000000 as quarter, 'activity' as kind, read.at from activity cross join read using (ingested_at)
    union all
    select fact.at / 900000000, kind, read.at from fact cross join read using (ingested_at) where fact.at is not null
    union all
    select until / 900000000, kind, read.at from fact cross join read using (ingested_at) where until is not null
)
insert into revision (quarter, kind, at)
select quarter, kind, at from known where at >= (quarter + 1) * 900000000
on conflict do nothing;
