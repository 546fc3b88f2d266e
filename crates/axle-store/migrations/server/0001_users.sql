-- Who may sign in, everywhere on this server.
create table app_user (
    user_id blob primary key,
    email text not null unique,
    name text not null,
    password_hash text not null,
    role text not null,
    created_at bigint not null,
    disabled_at bigint
);

create table session (
    token_hash blob primary key,
    user_id blob not null references app_user,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null
);

create table sign_in_attempt (
    subject text primary key,
    failures bigint not null,
    last_at bigint not null
);

create table workspace (
    slug text primary key,
    name text not null,
    created_at bigint not null
);
