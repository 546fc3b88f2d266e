-- One row: how far what follows from the record was worked out, so that a run which changed little need not do all of it again.
create table worked_out (
    -- The directory's version that members were made of, and the version of the program that made them: `12/0.1.0`. Null: they are to be made.
    resolved text,
    -- Activities up to this seq were looked at for what is told of bots.
    behaviour_seq bigint not null
);
insert into worked_out (behaviour_seq) values (0);
