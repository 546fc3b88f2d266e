-- Blocks of raw records that were stored whole, so that reading the same file again need not understand them again.
create table block_read (
    block_hash blob primary key,
    counts text not null
);
