-- What people said of members that outranks what Axle concludes. It hangs on identities: merges and splits keep it.
create table member_word (
    identity_id bigint not null,
    -- `bot`, `teammate`.
    kind text not null,
    -- 1: they are; 0: they are not.
    is_so bigint not null,
    -- Local days `[from, to)` on which it holds; null is an open end.
    from_day bigint,
    to_day bigint,
    said_by text,
    said_at bigint not null,
    primary key (identity_id, kind, said_at)
);
