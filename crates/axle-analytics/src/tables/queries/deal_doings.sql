-- The people of whom it matters what they did.
select distinct member from deal_people
