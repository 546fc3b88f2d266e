-- Whom a change is about, as JSON: the first cases, each as sides of identities, and how many there are. Null of changes from before:
-- `edges` tells it of them.
alter table identity_change add column whom text;
