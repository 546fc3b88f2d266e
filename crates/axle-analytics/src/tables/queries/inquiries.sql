-- What somebody should respond to at once, and when a human first did: calls that nobody answered, interest in buying that
-- was said aloud, hand-offs that were sent, and questions whose words show it. Which one it is stands in `inquiry`, of a question
-- in `thread`. From `gone_at` on nobody waits any more: sales gave the hand-off back.
with contacts as (
  select member, called_at as at from call_log where is_held and member is not null
  union all
  select asker, at from replies where responder_kind = 'teammate'
  union all
  select member_named(subject), at
  from (select at, unnest(json_items(subjects)) as subject from pushes where kind in ('outreach', 'cs_touch'))
  union all
  select member_of(identity_id), done_at
  from tasks where kind in ('check_in', 'remind', 'first_contact', 'say_hi') and outcome = 'done' and done_at is not null
),
signal as (
  select source, signal_id, at, member_of(identity_id) as member
  from signals
  where kind = 'explicit' and kind_on(member_of(identity_id), local_day(at)) = 'member'
)
select 'call' as kind, called_at as at, next_held_at as responded_at,
       arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))') as gone_at,
       source || '/' || call_id as inquiry, arrow_cast(null, 'UInt32') as thread
from call_log where is_inbound and not is_held
union all
select 'signal', s.at, min(c.at), null, s.source || '/' || s.signal_id, null
from signal s left join contacts c on c.member = s.member and c.at >= s.at
group by s.source, s.signal_id, s.at
union all
select 'hand_off', h.sent_at, min(c.at), min(h.returned_at), h.source || '/' || h.hand_off_id, null
from hand_offs h left join contacts c on c.member = member_of(h.identity_id) and c.at >= h.sent_at
where h.sent_at is not null
group by h.source, h.hand_off_id, h.sent_at
union all
select 'question', opened_at, first_teammate_reply_at, null, null, thread
from thread_facts
where is_qa and raises_hand and asker_kind = 'member'
