-- Files of activities have deleted ones too, which hold as of instants before: they are made anew from the record.
delete from segment where path like 'activities-%';
