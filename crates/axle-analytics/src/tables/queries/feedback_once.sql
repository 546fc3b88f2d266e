-- Feedback, each thing once: records that name one activity, or are it, tell of one thing, in whichever tracker they are. It was
-- said when the first of them says so, and what any of them says of a decision, an answer or what was shipped is said of it.
with shipped as (
  select source, feedback_id, min(shipped_at) as shipped_at from feedback_links group by source, feedback_id
), told as (
  select f.source, f.feedback_id, f.identity_id, f.kind, f.topic, f.at, f.decided_at, f.communicated_at, f.shipped_item, s.shipped_at,
         thing_named(f.source, coalesce(f.activity, concat('feedback:', f.feedback_id))) as thing
  from feedback f left join shipped s on s.source = f.source and s.feedback_id = f.feedback_id
), ranked as (
  select source, feedback_id, identity_id, kind, topic, at, min(decided_at) over (partition by thing) as decided_at,
         min(communicated_at) over (partition by thing) as communicated_at, max(shipped_item) over (partition by thing) as shipped_item,
         min(shipped_at) over (partition by thing) as shipped_at,
         row_number() over (partition by thing order by at, source, feedback_id) as number
  from told
)
select source, feedback_id, identity_id, kind, topic, at, decided_at, communicated_at, shipped_item, shipped_at
from ranked where number = 1
