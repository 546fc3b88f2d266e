-- What somebody should respond to at once, and when a human first did: calls that nobody answered, interest in buying that
-- was said aloud, and questions whose words show it.
with contacts as (
  select member, called_at as at from call_log where is_held and member is not null
  union all
  select asker, at from replies where responder_kind = 'teammate'
  union all
  select member_named(subject), at
  from (select at, unnest(json_items(subjects)) as subject from pushes where kind in ('outreach', 'cs_touch'))
),
signal as (
  select source, signal_id, at, member_of(identity_id) as member
  from signals
  where kind = 'explicit' and kind_on(member_of(identity_id), local_day(at)) = 'member'
)
select 'call' as kind, called_at as at, next_held_at as responded_at from call_log where is_inbound and not is_held
union all
select 'signal', s.at, min(c.at)
from signal s left join contacts c on c.member = s.member and c.at >= s.at
group by s.source, s.signal_id, s.at
union all
select 'question', opened_at, first_teammate_reply_at
from thread_facts
where raises_hand and asker_kind = 'member'
