-- What people said of organizations: where a member worked, and which sightings are one. Both stand in the history of changes.
alter table identity_change add column subject text not null default 'identity';

-- That a member was at an organization on these days, or was not. It hangs on identities: merges and splits of members keep it.
create table affiliation_word (
    affiliation_word_id integer primary key,
    -- The change that it belongs to: undoing that revokes it.
    identity_change_id bigint not null,
    identity_id bigint not null,
    -- The sighting that leads the organization, as `account:crm/a1`: merges and splits of organizations keep it.
    organization text not null,
    -- What the organization was called.
    name text not null,
    -- 1: they were there; 0: they were not.
    is_there bigint not null,
    -- Local days `[from, to)`; null is an open end.
    from_day bigint,
    to_day bigint,
    -- What they did there.
    title text,
    said_by text,
    said_at bigint not null,
    revoked_at bigint
);
create index affiliation_word_change on affiliation_word (identity_change_id);

-- That two sightings are one organization (`human`), or two (`cannot_link`).
create table organization_edge (
    a text not null,
    b text not null,
    kind text not null,
    reason text not null,
    -- Of a human edge: the sighting whose organization keeps its id.
    keeps text,
    created_by text,
    created_at bigint not null,
    revoked_at bigint,
    primary key (a, b, kind)
);
