-- Which models read words here, by the number that stands in `activity.reading_code`: another version of the models, other
-- names to look for and heads learnt anew from corrections each have a number of their own.
create table reading_model (
    number bigint primary key,
    fingerprint text not null unique
);

-- What the large models make of an activity's words, so that others like it are found: one scale and signed bytes.
create table text_vector (
    activity_id blob primary key,
    vector blob not null
);

-- What corrections changed in the shipped heads: the last time that they were refitted.
create table refit (
    refit_id bigint primary key,
    -- Of the weights, to tell refits apart; null when nothing was taken.
    fingerprint text,
    body text not null,
    -- How many corrections there were.
    corrections bigint not null,
    made_at bigint not null
);
