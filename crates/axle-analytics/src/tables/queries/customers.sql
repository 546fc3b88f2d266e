-- Customers, and from when to when: organizations as sources state it, and whoever has a subscription. The key is the
-- organization, else the member.
select coalesce('organization ' || organization, 'member ' || member, source || ' ' || organization_id) as customer,
       organization, member, from_at, until_at
from (
  select source, organization_id, organization_of(source, organization_id) as organization, cast(null as int unsigned) as member,
         customer_since as from_at, churned_at as until_at
  from accounts
  where customer_since is not null
  union all
  select source, organization_id, organization_of(source, organization_id), member_of(identity_id), started_at, ended_at
  from subscriptions
)
