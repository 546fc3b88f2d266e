-- Keys of accounts are one however their letters' accents are stored. Accounts kept under two forms of one key are joined
-- when members are next made, which is now due.
update worked_out set resolved = null;
