-- What the community may have kept from becoming tickets: answered questions of people who may ask support (`question`),
-- and their reads of answered threads (`read`), with the first ticket that says that it did not. A question is followed by
-- a ticket within 14 days by the same member, linked to the thread, or of the same organization on a topic in the
-- thread's title; a read by one of the same member within 48 hours. What lies before the day of the first ticket of all is not
-- there: nobody knows what support was asked then.
with answered as (
  select f.thread, f.channel, f.asker, f.day, f.opened_at, f.first_reply_at, n.thread_id, lower(n.title) as title
  from thread_facts f left join thread_names n on n.thread = f.thread
  where f.is_qa and f.asker_kind = 'member' and f.weight >= 1 and f.first_reply_at is not null
),
turned as (
  select 'question' as kind, thread, channel, asker as member, opened_at as at, day, organization_on(asker, day) as organization,
         thread_id, title
  from answered
  union all
  select 'read', a.thread, a.channel, r.member, r.at, local_day(r.at), organization_on(r.member, local_day(r.at)), null, null
  from thread_reads r join answered a on a.thread = r.thread and a.first_reply_at <= r.at and a.asker <> r.member
),
mine as (
  select t.kind, t.thread, t.member, t.at
  from turned t join entitled e on e.member = t.member
  where t.at >= e.from_at and (e.until_at is null or t.at < e.until_at)
  union
  select t.kind, t.thread, t.member, t.at
  from turned t join entitled e on e.organization = t.organization
  where t.at >= e.from_at and (e.until_at is null or t.at < e.until_at)
),
asked as (
  select t.* from turned t join mine m on m.kind = t.kind and m.thread = t.thread and m.member = t.member and m.at = t.at
),
desk as (
  select opened_at, linked_thread, member_of(identity_id) as member, organization_of(source, organization_id) as organization,
         lower(topics) as topics
  from tickets
),
followed as (
  select a.kind, a.thread, a.member, a.at, d.opened_at
  from asked a join desk d on d.member = a.member
  where d.opened_at >= a.at
    and d.opened_at < a.at + case when a.kind = 'question' then interval '14 days' else interval '48 hours' end
  union all
  select a.kind, a.thread, a.member, a.at, d.opened_at
  from asked a join desk d on d.linked_thread = a.thread_id
  where d.opened_at >= a.at and d.opened_at < a.at + interval '14 days'
  union all
  select a.kind, a.thread, a.member, a.at, d.opened_at
  from asked a
  join (select opened_at, organization, unnest(json_items(topics)) as topic from desk where topics is not null) d
    on d.organization = a.organization
  where strpos(a.title, d.topic) > 0 and d.opened_at >= a.at and d.opened_at < a.at + interval '14 days'
)
select a.kind, a.thread, a.channel, a.member, a.at, a.day, min(f.opened_at) as escalated_at
from asked a
join (select min(local_day(opened_at)) as day from tickets) first_ticket on a.day >= first_ticket.day
left join followed f on f.kind = a.kind and f.thread = a.thread and f.member = a.member and f.at = a.at
group by a.kind, a.thread, a.channel, a.member, a.at, a.day
