-- What the activities of those who do much look like in time: programs give themselves away by it. Made anew when they did more.
create table identity_behaviour (
    identity_id bigint primary key,
    -- How many activities there were, and when the latest was: the state that it was made from.
    activities bigint not null,
    last_at bigint not null,
    is_constant bigint not null,
    is_round_the_clock bigint not null
);
