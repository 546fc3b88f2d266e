-- Topics of tickets that an answered question in the community has in its title.
select distinct topic
from (select distinct unnest(json_items(topics)) as topic from tickets where topics is not null)
join (
  select lower(n.title) as title
  from thread_facts f join thread_names n on n.thread = f.thread
  where f.is_qa and f.first_reply_at is not null and n.title is not null
) on strpos(title, lower(topic)) > 0
