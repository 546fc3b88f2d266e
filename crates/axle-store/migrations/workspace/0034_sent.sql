-- What was sent to people and other servers: each message once to each place.
create table sent (
    -- What it was about, as `hand:<task>` or `digest:<day>`.
    what text not null,
    -- The place: an address of a person, or the hash of a server's.
    place text not null,
    sent_at bigint not null,
    -- Why it did not arrive; null when it did.
    failure text,
    primary key (what, place)
);
