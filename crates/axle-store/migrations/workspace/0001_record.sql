-- The record of one workspace. Times are microseconds since 1970 in UTC; public ids are 16 bytes; JSON is text.

create table setting (
    name text primary key,
    version bigint not null,
    value text not null,
    changed_at bigint not null,
    changed_by text
);
create table setting_version (
    name text not null,
    version bigint not null,
    value text not null,
    changed_at bigint not null,
    changed_by text,
    primary key (name, version)
);

-- One row: rises with every change of what the query engine's directory is made of.
create table directory_version (
    version bigint not null
);
insert into directory_version (version) values (1);

create table source (
    source_id integer primary key,
    name text not null unique,
    format text not null,
    created_at bigint not null
);

create table import_run (
    import_run_id integer primary key,
    source_id bigint references source,
    path text not null,
    state text not null check (state in ('running', 'done', 'failed')),
    started_at bigint not null,
    ended_at bigint,
    bytes_read bigint not null default 0,
    bytes_total bigint not null default 0,
    message text,
    receipt text
);

-- What sources sent, untouched: blocks of records, compressed together.
create table raw_block (
    raw_block_id integer primary key,
    source_id bigint not null references source,
    import_run_id bigint not null references import_run,
    stored_at bigint not null,
    records bigint not null,
    payload blob not null
);

-- Records that gave no entry, by hash, so that a second reading finds them unchanged.
create table raw_seen (
    raw_hash blob primary key
);

-- Records that could not be understood, kept with their reason. The same damage is kept once.
create table reject (
    reject_id blob primary key,
    source_id bigint not null references source,
    import_run_id bigint not null references import_run,
    place text not null,
    kind text not null,
    reason text not null,
    payload blob not null
);

create table member (
    member_number integer primary key,
    member_id blob not null unique,
    name text not null,
    is_bot bigint not null default 0
);

create table identity (
    identity_id integer primary key,
    platform text not null,
    natural_key text not null,
    uid text,
    username text,
    email text,
    email_verified bigint not null default 0,
    name text,
    phone text,
    visitor text,
    bot bigint,
    -- When each of these was last true at the source: the newest wins, whatever the order of reading.
    name_at bigint,
    username_at bigint,
    email_at bigint,
    member_number bigint references member,
    unique (platform, natural_key)
);
create index identity_member on identity (member_number);

create table identity_edge (
    a bigint not null references identity,
    b bigint not null references identity,
    kind text not null,
    reason text not null,
    created_at bigint not null,
    revoked_at bigint,
    primary key (a, b, kind)
);

create table activity_type (
    activity_type_id integer primary key,
    key text not null unique
);

create table channel (
    channel_id integer primary key,
    source_id bigint not null references source,
    external_id text not null,
    name text,
    kind text,
    ownership text,
    is_qa bigint,
    is_qa_set_by text,
    unique (source_id, external_id)
);

create table thread (
    thread_id integer primary key,
    source_id bigint not null references source,
    external_id text not null,
    channel_id bigint references channel,
    title text,
    is_closed bigint not null default 0,
    closed_at bigint,
    unique (source_id, external_id)
);

-- The current state of every activity. A changed activity moves to a new seq, so that what changed since a seq is one
-- range; the old state goes to activity_version and its seq to superseded.
create table activity (
    seq integer primary key,
    activity_id blob not null unique,
    source_id bigint not null references source,
    external_id text not null,
    activity_type_id bigint not null references activity_type,
    identity_id bigint not null references identity,
    channel_id bigint not null references channel,
    thread_id bigint references thread,
    parent_id blob,
    occurred_at bigint not null,
    ingested_at bigint not null,
    version_at bigint,
    deleted_at bigint,
    weight bigint,
    title text,
    text text,
    url text,
    language text,
    counterparts text,
    properties text,
    content_hash bigint not null,
    is_derived bigint not null default 0
);
create index activity_identity on activity (identity_id, occurred_at);

create table activity_version (
    activity_id blob not null,
    version_at bigint,
    recorded_at bigint not null,
    content_hash bigint not null,
    occurred_at bigint not null,
    deleted_at bigint,
    title text,
    text text,
    properties text,
    primary key (activity_id, content_hash)
);

create table superseded (
    seq bigint primary key,
    by_seq bigint not null
);
create index superseded_by on superseded (by_seq);

-- Everything else that sources state, one row a statement: see interchange.
create table fact (
    fact_id integer primary key,
    source_id bigint not null references source,
    kind text not null,
    natural_key text not null,
    identity_id bigint references identity,
    organization text,
    state text,
    at bigint,
    until bigint,
    body text not null,
    content_hash bigint not null,
    ingested_at bigint not null,
    unique (source_id, kind, natural_key)
);
create index fact_kind on fact (kind, at);
create index fact_natural_key on fact (natural_key);
create index fact_identity on fact (identity_id);

-- Everybody whom a fact names besides its subject.
create table fact_person (
    fact_id bigint not null references fact on delete cascade,
    field text not null,
    identity_id bigint not null references identity,
    primary key (fact_id, field, identity_id)
);

create table member_score (
    member_number bigint primary key references member,
    member_id blob not null,
    as_of_day bigint not null,
    step_raw bigint not null,
    step bigint not null,
    held_since_day bigint,
    love double precision not null,
    love_continuous double precision not null,
    presence text not null,
    reach double precision not null,
    active_days_30 bigint not null,
    active_days_90 bigint not null,
    active_days_365 bigint not null,
    activities bigint not null,
    first_day bigint,
    last_day bigint,
    explanation text not null,
    settings_version bigint not null
);
create index member_score_love on member_score (love);
create index member_score_step on member_score (step, love);

create table segment (
    path text primary key,
    sha256 text not null,
    rows bigint not null,
    min_seq bigint not null,
    max_seq bigint not null,
    min_at bigint not null,
    max_at bigint not null
);
