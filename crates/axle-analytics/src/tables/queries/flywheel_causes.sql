-- Who brought whom into which flywheel, and when they came: what loop-back counts. `flywheel` is that of the member who
-- brought; whether they were through by then is for the definition to ask.
with entrants as (
  -- A lead is new with the signal, a key member with the naming, whichever steps came before or were passed over; others
  -- when they begin.
  select flywheel, member, opened_at as at
  from flywheel_runs
  where flywheel not in ('community_qualified_leads', 'key_account_champions')
  union all
  select flywheel, member, min(entered_at)
  from flywheel_visits
  where (flywheel = 'community_qualified_leads' and step = 'signals_need') or (flywheel = 'key_account_champions' and step = 'named')
  group by flywheel, member, run_id
),
-- Whoever was ever at an organization: few pairs are colleagues, and on which day is looked at for these alone.
places as (select distinct member, organization_id from affiliations)
select flywheel, member, entrant, at
from (
  -- Referred or introduced: into each flywheel that the other entered since.
  select entrants.flywheel, member_of(referrals.identity_id) as member, entrants.member as entrant, entrants.at
  from referrals join entrants on entrants.member = member_named(referrals.accepted_by)
  where entrants.at >= referrals.sent_at
  union all
  -- Answered: who asked came in by that question.
  select entrants.flywheel, answers.responder, entrants.member, entrants.at
  from replies answers
  join thread_facts asked on asked.thread = answers.thread
  join entrants on entrants.member = asked.asker and entrants.at = asked.opened_at
  where entrants.flywheel = 'knowledge_sharing' and answers.responder_kind = 'member'
  union all
  -- Colleagues of champions who begin, and of key members who are named.
  select distinct champions.flywheel, champions.member, entrants.member as entrant, entrants.at
  from (select distinct flywheel, member from flywheel_runs where flywheel in ('deal_champions', 'key_account_champions')) champions
  join places theirs on theirs.member = champions.member
  join places colleagues on colleagues.organization_id = theirs.organization_id
  join entrants on entrants.member = colleagues.member
    and entrants.flywheel = case when champions.flywheel = 'deal_champions' then 'onboarding_customers' else champions.flywheel end
  where organization_on(champions.member, local_day(entrants.at)) = organization_on(entrants.member, local_day(entrants.at))
) brought
where member is not null and entrant is not null and member <> entrant
