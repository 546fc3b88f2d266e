-- Instants of a member's first and latest counted activity: what lists show and sort by.
alter table member_score add column first_at bigint;
alter table member_score add column last_at bigint;

-- At most one row: what the scores in member_score were made from. Written with them, in one transaction.
create table scoring (
    generation bigint not null,
    made_by text not null,
    as_of_day bigint not null,
    directory_version bigint not null,
    last_seq bigint not null
);
