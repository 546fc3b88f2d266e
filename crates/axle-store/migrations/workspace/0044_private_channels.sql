-- Whether a channel is not public, as its source or a person says; null where nobody says, and its kind decides.
alter table channel add column is_private bigint;
-- The person who said so, whatever the source says later.
alter table channel add column is_private_set_by text;
