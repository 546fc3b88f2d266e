-- When the newest statement about a thread's state was made, microseconds: whichever is newer holds, however often it
-- was closed and reopened.
alter table thread add column stated_at bigint;
