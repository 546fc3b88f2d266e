-- What the community may have earned, by section and estimate: the margin of deals that were handed over from it, of deals
-- that it had a part in, and tickets that it may have saved. What `gone_at` says no longer holds from then on. `lower` counts
-- what it alone began; `central` gives it the linear part of what its members' deals were worth; `upper` gives it all of that.
with deal as (
  select deal, day, closed_at, currency, converted_by, sum(value) as value,
         sum(case when touch = 'community' then value else 0 end) as given
  from attributed
  where model = 'linear'
  group by deal, day, closed_at, currency, converted_by
),
begun as (select source || '/' || deal_id as deal, created_at, organization_of(source, organization_id) as organization from deals),
sourced as (
  select p.deal
  from deal_people p join begun b on b.deal = p.deal join hand_offs h on member_of(h.identity_id) = p.member
  where h.sent_at < b.created_at
  union
  select b.deal
  from begun b join hand_offs h on organization_of('', h.organization_id) = b.organization
  where h.sent_at < b.created_at
),
earned as (
  select d.deal, d.day, d.closed_at as at, d.currency, d.converted_by, m.amount / 100 as margin, d.value, d.given, s.deal is not null as is_sourced
  from deal d
  join assumed m on m.name = 'gross_margin' and d.closed_at >= m.from_at and (m.until_at is null or d.closed_at < m.until_at)
  left join sourced s on s.deal = d.deal
),
estimates as (select estimate from (values ('lower'), ('central'), ('upper')) e(estimate))
select 'sourced deals' as section, e.estimate, d.day, d.at, arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))') as gone_at, d.currency,
       d.margin * case when d.is_sourced then d.value else 0 end as value, d.converted_by, d.deal,
       arrow_cast(null, 'UInt32') as thread, arrow_cast(null, 'UInt32') as member
from earned d cross join estimates e
union all
select 'influenced deals', e.estimate, d.day, d.at, null, d.currency,
       d.margin * case when d.is_sourced or d.given = 0 or e.estimate = 'lower' then 0
                       when e.estimate = 'central' then d.given else d.value end,
       d.converted_by, d.deal, null, null
from earned d cross join estimates e
union all
select 'deflected tickets', e.estimate, d.day, d.at, d.escalated_at, d.currency,
       d.value * case when d.kind = 'question' or e.estimate = 'upper' then 1.0 when e.estimate = 'central' then 0.5 else 0.0 end,
       d.converted_by, null, d.thread, d.member
from deflection_costs d cross join estimates e
