-- Who brought whom into which flywheel, and when they came: what loop-back counts. `flywheel` is that of the member who
-- brought; whether they were through by then is for the definition to ask.
select flywheel, member, entrant, at
from (
  -- Referred or introduced: into each flywheel that the other entered since.
  select runs.flywheel, member_of(referrals.identity_id) as member, runs.member as entrant, runs.opened_at as at
  from referrals join flywheel_runs runs on runs.member = member_named(referrals.accepted_by)
  where runs.opened_at >= referrals.sent_at
  union all
  -- Answered: who asked came in by that question.
  select runs.flywheel, answers.responder, runs.member, runs.opened_at
  from replies answers
  join thread_facts asked on asked.thread = answers.thread
  join flywheel_runs runs on runs.member = asked.asker and runs.opened_at = asked.opened_at
  where runs.flywheel = 'knowledge_sharing' and answers.responder_kind = 'member'
  union all
  -- Colleagues of champions who begin, and of key members who are named.
  select champions.flywheel, champions.member, runs.member, runs.opened_at
  from (select distinct flywheel, member from flywheel_runs where flywheel in ('deal_champions', 'key_account_champions')) champions
  join flywheel_runs runs
    on runs.flywheel = case when champions.flywheel = 'deal_champions' then 'onboarding_customers' else champions.flywheel end
  where organization_on(champions.member, local_day(runs.opened_at)) = organization_on(runs.member, local_day(runs.opened_at))
) brought
where member is not null and entrant is not null and member <> entrant
