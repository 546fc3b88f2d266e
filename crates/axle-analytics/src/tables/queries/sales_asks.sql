-- Contacts that sales began with members of the community, a call or an outreach each: what had been given to them in the 90 days
-- before, how often sales had turned to them in these days, this time included, and whether they had allowed it: their last word
-- of a kind counts, so that taking one consent back ends those given before it.
with asks as (
  select 'call' as way, l.source, l.call_id as ask, l.member, l.called_at as at, l.day
  from call_log l join member_firsts f on f.member = l.member
  where not l.is_inbound and l.kind = 'sales' and f.first_at < l.called_at
  union all
  select distinct 'outreach', p.source, p.push_id, p.member, p.at, local_day(p.at)
  from (
    select source, push_id, at, member_named(subject) as member
    from (
      select source, push_id, at, unnest(json_items(subjects)) as subject
      from pushes where kind = 'outreach' and department = 'sales'
    )
  ) p join member_firsts f on f.member = p.member
  where f.first_at < p.at and kind_on(p.member, local_day(p.at)) = 'member'
),
given as (
  select asker as member, at from replies where is_qa
  union all
  select d.member, d.first_at
  from member_days d join activity_types t on t.activity_type = d.activity_type
  where t.is_attendance or t.key = 'newsletter:issue:read'
  union all
  select member_named(subject), at
  from (select at, unnest(json_items(subjects)) as subject from pushes where kind = 'cs_touch')
),
counted as (
  select a.way, a.source, a.ask, a.member, count(g.at) as given
  from asks a left join given g on g.member = a.member and g.at < a.at and g.at >= a.at - interval '90 days'
  group by a.way, a.source, a.ask, a.member
),
-- One consent that several sources tell of was taken back as soon as one of them says so.
consented as (
  select member_of(identity_id) as member, kind, consent_id, min(at) as at, min(revoked_at) as revoked_at
  from consents where kind in ('contact', 'hand_off') group by member_of(identity_id), kind, consent_id
),
-- What they had said of each kind by then: the last yes that still held, and the last time that they took one back.
told as (
  select a.way, a.source, a.ask, a.member,
         max(case when c.revoked_at is null or c.revoked_at > a.at then c.at end) as yes_at,
         max(case when c.revoked_at <= a.at then c.revoked_at end) as no_at
  from asks a join consented c on c.member = a.member and c.at <= a.at
  group by a.way, a.source, a.ask, a.member, c.kind
),
allowed as (
  select distinct way, source, ask, member from told where coalesce(yes_at > no_at, yes_at is not null)
)
select a.member, a.at, a.day, a.way, n.given, w.ask is not null as is_allowed,
       count(*) over (partition by a.member order by a.at range between interval '90 days' preceding and current row) as asked
from asks a
join counted n on n.way = a.way and n.source = a.source and n.ask = a.ask and n.member = a.member
left join allowed w on w.way = a.way and w.source = a.source and w.ask = a.ask and w.member = a.member
