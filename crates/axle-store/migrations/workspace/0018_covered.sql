-- What exports showed whole: a channel or thread from its first to its last activity in that export, and which activities
-- of one type were in it. What an older export had there and a newer one lacks was deleted: see missing_activity.
create table covered (
    source_id bigint not null references source,
    -- When the export was made.
    as_of bigint not null,
    -- 0: the channel with its threads; 1: the channel without its threads; 2: one thread.
    extent bigint not null,
    -- channel_id, or thread_id when the extent is one thread.
    place_id bigint not null,
    activity_type text not null,
    -- When from_at is after to_at, the export shows nothing whole, but what it has was there.
    from_at bigint not null,
    to_at bigint not null,
    -- A roaring treemap of the seqs that the activities had then; superseded leads to those that they have now.
    seen blob not null,
    primary key (source_id, as_of, extent, place_id, activity_type, from_at, to_at)
);

-- Activities that a newer export of their place lacks, and when the first such export was made: tombstones, as if the
-- source had said so. activity.deleted_at is what a source said itself.
create table missing_activity (
    activity_id blob primary key,
    missing_at bigint not null
);
