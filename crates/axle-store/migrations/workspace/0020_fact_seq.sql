-- Facts get sequence numbers of their own, rising within each kind: a fact that is stored or changed gets the next, so that
-- the query engine reads what is new since it last looked.
alter table fact add column seq bigint not null default 0;
update fact set seq = fact_id;
create index fact_seq on fact (kind, seq);
