-- Contacts of deals that were won, and when the deal was.
select distinct deal, closed_at, member
from (
  select source || '/' || deal_id as deal, closed_at, member_named(json_text(contact, 'identity')) as member
  from (select source, deal_id, closed_at, unnest(json_items(contacts)) as contact from deals where won)
)
where member is not null and closed_at is not null
