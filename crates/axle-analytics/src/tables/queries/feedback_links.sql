-- Which feedback was answered by what was shipped, each pair once, from whichever side it is told: the item names the feedback, or
-- the feedback the item. A name is one of its own source, else of the only other source that knows it: trackers number from 1.
with lone_feedback as (
  select feedback_id, min(source) as source from feedback group by feedback_id having count(*) = 1
), lone_items as (
  select shipped_item_id, min(source) as source from shipped_items group by shipped_item_id having count(*) = 1
), named as (
  select source, shipped_item_id, unnest(json_items(feedback)) as feedback_id from shipped_items
), links as (
  select coalesce(own.source, lone.source) as source, n.feedback_id, n.source as item_source, n.shipped_item_id
  from named n
  left join feedback own on own.source = n.source and own.feedback_id = n.feedback_id
  left join lone_feedback lone on lone.feedback_id = n.feedback_id
  union
  select f.source, f.feedback_id, coalesce(own.source, lone.source), f.shipped_item
  from feedback f
  left join shipped_items own on own.source = f.source and own.shipped_item_id = f.shipped_item
  left join lone_items lone on lone.shipped_item_id = f.shipped_item
)
select l.source, l.feedback_id, l.item_source, l.shipped_item_id, i.shipped_at
from links l join shipped_items i on i.source = l.item_source and i.shipped_item_id = l.shipped_item_id
where l.source is not null
