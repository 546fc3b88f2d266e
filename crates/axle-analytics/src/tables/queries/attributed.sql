-- Won deals and what touched their contacts in the 180 days before, by deal and instant: visits, calls to us, and what they did
-- in the community. Two contacts who did the same at the same instant are two touches; a browser may be several people's, and
-- its visit is one. A lead is somebody who spoke with sales, showed interest in buying, or agreed to be handed over.
with pieces as (select content_id, min(campaign) as campaign from content group by content_id),
browsers as (select distinct source, visitor, member_of(identity_id) as member from visits where identity_id is not null),
touched as (
  select cast(d.member as varchar) as which, d.member, d.at, 'community' as touch,
         nullif(cast(name_of_channel(d.channel) as varchar), '(none)') as channel,
         coalesce(d.campaign, p.campaign) as campaign, d.content
  from deal_doings d left join pieces p on p.content_id = d.content
  union all
  select v.source || '/' || v.visit_id, b.member, v.at, 'visit', coalesce(json_text(v.utm, 'source'), 'web'),
         coalesce(json_text(v.utm, 'campaign'), p.campaign), json_text(v.utm, 'content')
  from visits v join browsers b on b.source = v.source and b.visitor = v.visitor
  left join pieces p on p.content_id = json_text(v.utm, 'content')
  where not coalesce(v.bot, false)
  union all
  select source || '/' || call_id, member, called_at, 'call', coalesce(call_source, 'call'), campaign, null
  from call_log where is_inbound
),
leads as (
  select p.deal, min(s.at) as lead_at
  from deal_people p join (
    select member, called_at as at from call_log where kind = 'sales' and is_held
    union all
    select member_of(identity_id), at from signals
    union all
    select member_of(identity_id), at from consents where kind = 'hand_off'
  ) s on s.member = p.member and s.at <= p.closed_at
  group by p.deal
),
touches as (
  select distinct p.deal, t.which, t.at, t.touch, t.channel, t.campaign, t.content
  from deal_people p join touched t on t.member = p.member
  where t.at <= p.closed_at and t.at >= p.closed_at - interval '180 days'
    and coalesce(kind_on(t.member, local_day(t.at)), 'member') = 'member'
)
select d.deal, d.day, d.closed_at, d.created_at, d.currency, d.value, d.converted_by, l.lead_at,
       t.at, t.touch, t.channel, t.campaign, t.content
from (
  select source || '/' || deal_id as deal, local_day(closed_at) as day, closed_at, created_at,
         told_currency(currency, local_day(closed_at)) as currency,
         cast(told_amount(cast(amount as double), currency, local_day(closed_at)) as bigint) as value,
         told_rate(currency, local_day(closed_at)) as converted_by
  from deals
  where won and closed_at is not null and amount is not null
) d
left join leads l on l.deal = d.deal
left join touches t on t.deal = d.deal
order by d.deal, t.at, t.touch, t.channel, t.campaign, t.content
