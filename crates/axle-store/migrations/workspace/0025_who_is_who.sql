-- What people decide about who is who stands beside what follows from the record. Kinds of edges: `verified_email`, `link` and
-- `mailmap` follow from it; `automatic` from the threshold that the administrator sets; `human` and `cannot_link` are
-- people's, and are left alone when the others are worked out anew.
alter table identity_edge add column confidence real not null default 1;
alter table identity_edge add column created_by text;
-- Of a human edge: the identity whose member keeps its id.
alter table identity_edge add column keeps bigint;

-- A member's former id, and an identity that it had: old links lead to whoever has that identity now. Its number is given to
-- it again if it comes back, so that sums are made in the order of before, to the last digit.
create table member_alias (
    member_id blob primary key,
    member_number bigint not null,
    identity_id bigint not null
);

-- Every change that people made, with all that is needed to undo it.
create table identity_change (
    identity_change_id integer primary key,
    -- `merge`, `split`, `accept`, `reject`.
    kind text not null,
    -- For people: `Ada Byron and ada_b`.
    summary text not null,
    -- JSON: the edges that it made, and those that it took back.
    edges text not null,
    changed_by text,
    changed_at bigint not null,
    undone_at bigint,
    undone_by text
);

-- What people said of a suggestion, by the two identities that it was about.
create table suggestion_decision (
    a bigint not null,
    b bigint not null,
    -- `accepted`, `rejected`, `skipped`.
    decision text not null,
    -- Before calibration, 0 to 1.
    probability real not null,
    decided_by text,
    decided_at bigint not null,
    primary key (a, b)
);
