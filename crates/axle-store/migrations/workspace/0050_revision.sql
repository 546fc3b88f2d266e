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
-- What the record knows of before: when each state that stands was read, by import. Of what was read several times the last alone.
insert into revision (quarter, kind, at)
select distinct quarter, kind, coalesce((select max(started_at) from import_run where started_at <= ingested_at), ingested_at)
from (
    select distinct occurred_at / 900000000 as quarter, 'activity' as kind, ingested_at from activity
    union
    select at / 900000000, kind, ingested_at from fact where at is not null
    union
    select until / 900000000, kind, ingested_at from fact where until is not null
) known
where coalesce((select max(started_at) from import_run where started_at <= ingested_at), ingested_at) >= (quarter + 1) * 900000000;
