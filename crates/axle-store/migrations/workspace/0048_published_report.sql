-- Reports as they were published: `published` has the figures that one showed. Never changed.
create table published_report (
    published_report_id integer primary key,
    -- Length of the periods, the first date after the last of them, and the instant asked as of.
    grain text not null,
    until_date text not null,
    as_of bigint not null,
    published_by text,
    published_at bigint not null
);

-- The report that a figure was published with; null for one that was published by itself.
alter table published add column published_report_id bigint;

create index published_by_report on published (published_report_id) where published_report_id is not null;
