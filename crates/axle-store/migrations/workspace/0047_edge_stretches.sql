-- An edge has a row for each stretch in which it holds, so that who was one person at an instant is not forgotten when an edge is
-- made or let hold again.
create table identity_edge_stretch (
    a bigint not null references identity,
    b bigint not null references identity,
    kind text not null,
    reason text not null,
    -- When it was said or found: an edge that holds again is as old as it was.
    created_at bigint not null,
    -- Since when it holds, microseconds since 1970, and until when; null: it holds.
    held_from bigint not null,
    revoked_at bigint,
    confidence real not null default 1,
    created_by text,
    -- Of a human edge: the identity whose member keeps its id.
    keeps bigint,
    primary key (a, b, kind, held_from)
);
insert into identity_edge_stretch (a, b, kind, reason, created_at, held_from, revoked_at, confidence, created_by, keeps)
    select a, b, kind, reason, created_at, created_at, revoked_at, confidence, created_by, keeps from identity_edge;
drop table identity_edge;
alter table identity_edge_stretch rename to identity_edge;
create unique index identity_edge_held on identity_edge (a, b, kind) where revoked_at is null;
