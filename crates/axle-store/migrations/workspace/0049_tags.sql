-- The tag that a word of the kind `tag` is about, as it was typed: 1 says that the member has it, 0 that they do not.
alter table member_word add column tag text;
create index member_word_identity on member_word (identity_id);
