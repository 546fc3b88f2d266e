-- What proves two accounts to be one person is read more carefully, and telephone numbers are one however they are set out: members
-- are due to be made anew.
update worked_out set resolved = null;
