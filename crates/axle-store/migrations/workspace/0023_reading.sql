-- What was read in an activity's words, null where nothing was: labels, mood and the model's version as one number; the
-- probabilities behind them, a byte each; the language; and a JSON list of brands and products named. What a person
-- corrected is in these already.
alter table activity add column reading_code bigint;
alter table activity add column reading_scores blob;
alter table activity add column reading_language text;
alter table activity add column reading_mentions text;

-- A person's word against the model's: it holds for every later reading, and is what models can be trained on.
create table correction (
    activity_id blob not null,
    -- A label's name, or `sentiment`.
    label text not null,
    -- `true` or `false`; for the sentiment, its name.
    value text not null,
    corrected_by text,
    corrected_at bigint not null,
    primary key (activity_id, label)
);

-- Files of activities have columns for it: they are made anew.
delete from segment;
