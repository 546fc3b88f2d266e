-- Calls by people who are not teammates, with what came of each: the next call in which somebody spoke with the caller, the
-- next time that we called them, and the next time that they got through on their own.
select source, call_id, called_at, local_day(called_at) as day, is_inbound, is_held, kind, agent, call_source, campaign,
       score, scored_at, conversion, value, currency, ring_seconds, talk_seconds, caller, member,
       caller is not null and is_inbound
         and row_number() over (partition by caller, is_inbound order by called_at, source, call_id) = 1 as is_first,
       status = 'abandoned' as is_abandoned,
       case when caller is not null then min(case when is_held then called_at end) over later end as next_held_at,
       case when caller is not null then min(case when not is_inbound then called_at end) over later end as next_outbound_at,
       case when caller is not null then min(case when is_inbound and is_held then called_at end) over later end as next_through_at
from (
  select source, call_id, called_at, kind, status, agent, call_source, campaign, score, scored_at, conversion, value, currency,
         ring_seconds, talk_seconds, coalesce(direction, 'inbound') = 'inbound' as is_inbound,
         coalesce(status = 'answered', talk_seconds > 0, false) as is_held,
         member_of(identity_id) as member, coalesce(member_of(identity_id), identity_id) as caller
  from calls
)
where coalesce(kind_on(member, local_day(called_at)), 'member') = 'member'
window later as (partition by caller order by called_at, source, call_id rows between 1 following and unbounded following)
