-- Who saw or changed what of a person. Only added to.
create table audit (
    audit_id integer primary key,
    at bigint not null,
    -- Name of the user, or what stood for one: the command line.
    who text not null,
    role text not null,
    -- `viewed`, `sent`, …
    what text not null,
    -- What it was about: `hand_off` and its public id, `consent` and the member's.
    kind text not null,
    subject text not null,
    -- In words, if there is more to say.
    detail text
);
create index audit_of_subject on audit (kind, subject, audit_id);
