-- Sales calls that we made to members of the community: what had been given to them in the 90 days before, how often they were
-- called in these days, this call included, and whether they had allowed it.
with asks as (
  select l.source, l.call_id, l.member, l.called_at as at, l.day
  from call_log l join member_firsts f on f.member = l.member
  where not l.is_inbound and l.kind = 'sales' and f.first_at < l.called_at
),
given as (
  select asker as member, at from replies
  union all
  select d.member, d.first_at
  from member_days d join activity_types t on t.activity_type = d.activity_type
  where t.is_attendance or t.key = 'newsletter:issue:read'
  union all
  select member_named(subject), at
  from (select at, unnest(json_items(subjects)) as subject from pushes where kind = 'cs_touch')
),
counted as (
  select a.source, a.call_id, count(g.at) as given
  from asks a left join given g on g.member = a.member and g.at < a.at and g.at >= a.at - interval '90 days'
  group by a.source, a.call_id
),
allowed as (
  select distinct a.source, a.call_id
  from asks a join consents c on member_of(c.identity_id) = a.member
  where c.kind in ('contact', 'hand_off') and c.at <= a.at and (c.revoked_at is null or c.revoked_at > a.at)
)
select a.member, a.at, a.day, n.given, w.call_id is not null as is_allowed,
       count(*) over (partition by a.member order by a.at range between interval '90 days' preceding and current row) as asked
from asks a
join counted n on n.source = a.source and n.call_id = a.call_id
left join allowed w on w.source = a.source and w.call_id = a.call_id
