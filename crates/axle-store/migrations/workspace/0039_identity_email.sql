-- Every address that an identity had, so that a new one neither inherits what was proven of an old one nor moves the past.
create table identity_email (
    identity_id bigint not null references identity,
    -- As it is compared: without spaces around it, in lower case.
    email text not null,
    verified bigint not null default 0,
    -- First and last activity that carried it, microseconds since 1970; null where none did.
    first_at bigint,
    last_at bigint,
    -- When a profile that tells no time first said so; null where none did.
    heard_at bigint,
    primary key (identity_id, email)
);
-- Addresses are kept without what stands around them from now on: space, tab, line breaks, no-break space.
update identity set email = nullif(trim(email, char(9, 10, 13, 32, 160)), '') where email is not null;
-- 4611686018427387903 stood for a profile without a time, the least instant for a record that merely mentions somebody.
insert into identity_email (identity_id, email, verified, first_at, last_at, heard_at)
    select identity_id, lower(email), email_verified,
        case when email_at > -4611686018427387903 and email_at < 4611686018427387903 then email_at end,
        case when email_at > -4611686018427387903 and email_at < 4611686018427387903 then email_at end,
        case when email_at = 4611686018427387903 then 0 end
    from identity where email <> '';
alter table identity drop column email_verified;
-- Who is who follows other rules from now on.
update worked_out set resolved = null;
