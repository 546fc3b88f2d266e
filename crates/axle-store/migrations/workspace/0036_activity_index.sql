-- What holds the ids of activities unique gets a name, so that a large import can drop it and build it at its end: see activity_index.rs.
-- The index that SQLite made of the constraint stays where it is: copying the table would take minutes, and its size again.
-- PostgreSQL would drop the constraint and create the index.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, 'activity_id blob not null unique', 'activity_id blob not null')
where type = 'table' and name = 'activity';
update sqlite_schema set name = 'activity_id_unique', sql = 'CREATE UNIQUE INDEX activity_id_unique on activity (activity_id)'
where type = 'index' and name = 'sqlite_autoindex_activity_1';
pragma writable_schema = reset;
-- Other connections read the schema anew after a change that SQLite knows of.
create table schema_changed (version bigint);
drop table schema_changed;
