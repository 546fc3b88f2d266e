-- Figures as they were published: what was asked, by which definition, and what was answered then. Never changed.
create table published (
    published_id integer primary key,
    kpi text not null,
    -- JSON: the definition, the request and the answer.
    definition text not null,
    request text not null,
    answer text not null,
    published_by text,
    published_at bigint not null
);
