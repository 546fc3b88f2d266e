-- Rises with every change of facts that the directory is not made of. Beside it `version` rises with the directory alone.
alter table directory_version add column facts bigint not null default 0;
