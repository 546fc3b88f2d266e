-- What people say of members (programs, teammates) stands in the history of changes: nothing that was said is deleted, and undoing a
-- change takes its words back.
create table member_word_said (
    member_word_id integer primary key,
    -- The change that it belongs to; null of what was said before changes were kept.
    identity_change_id bigint,
    identity_id bigint not null,
    -- `bot`, `teammate`.
    kind text not null,
    -- 1: they are; 0: they are not; null: what was said before holds no longer.
    is_so bigint,
    -- Local days `[from, to)` on which it holds; null is an open end.
    from_day bigint,
    to_day bigint,
    said_by text,
    said_at bigint not null,
    revoked_at bigint
);
insert into member_word_said (identity_id, kind, is_so, from_day, to_day, said_by, said_at)
    select identity_id, kind, is_so, from_day, to_day, said_by, said_at from member_word order by said_at, identity_id;
drop table member_word;
alter table member_word_said rename to member_word;
create index member_word_change on member_word (identity_change_id);
