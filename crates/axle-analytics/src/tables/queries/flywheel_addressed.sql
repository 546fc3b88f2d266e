-- A row for each push and member whom it addressed by name.
select member_named(subject) as member, push_id, at, kind, channel
from (select push_id, at, kind, channel, unnest(json_items(subjects)) as subject from pushes) named
where at is not null and member_named(subject) is not null
