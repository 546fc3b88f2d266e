-- Tokens by which programs act as a user. Only a hash is stored.
create table api_token (
    token_hash blob primary key,
    -- Public, to revoke it by.
    token_id text not null unique,
    user_id blob not null references app_user,
    name text not null,
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint
);
