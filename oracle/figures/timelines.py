"""Whether what is on record of customers is on one person's timeline, and on one organization's at most (S105; decision records 29 and 48)."""

from figures.deals import with_deals
from figures.prepared import prepared
from figures.register import column, share
from figures.workplaces import worked

EMPLOYED = """
create or replace table employed as
select member, day, organization, row_number() over (
           partition by member, day order by min((rank, doubt, -epoch(coalesce(from_day, date '0001-01-01')))), organization) as place
from (select distinct member, day from on_record) join works using (member)
where day >= coalesce(from_day, day) and (to_day is null or day < to_day) group by member, day, organization"""

# Whom each browser was known to be by the instant asked as of: touches of deals ask who it is known to be at all.
RECORDS = """
create or replace table seen_browser as
select distinct source, body->>'$.visitor' as visitor, member
from known where kind = 'visit' and member is not null and instant_of(body->>'$.at') <= as_of;

create or replace table on_record as
with stated as (
    select if(kind = 'survey_response', 'survey', kind) as kind, cast(fact_id as varchar) as id, member, organization,
           coalesce(body->>'$.called_at', body->>'$.opened_at', body->>'$.at') as told_at
    from known where kind in ('call', 'ticket', 'survey_response')
    union all
    select 'deal_stage', fact_id || '/' || place, p.member, k.organization, stage->>'$.at'
    from (select *, unnest(cast(body->'$.stages' as json[])) as stage, generate_subscripts(cast(body->'$.stages' as json[]), 1) as place
          from known where kind = 'deal') k
    left join (select distinct fact_id, identity.member from fact_person join identity using (identity_id) where field = 'contacts') p using (fact_id)
    union all
    select 'visit', cast(fact_id as varchar), b.member, null, body->>'$.at'
    from known k join seen_browser b on b.source = k.source and b.visitor = body->>'$.visitor'
    where kind = 'visit' and not coalesce(cast(body->>'$.bot' as boolean), false) and (k.member is null or k.member = b.member)),
every as (
    select 'activity' as kind, activity_id as id, member, null as organization, day from counted
    union all
    select kind, id, member, organization, day_of(told_at) from stated, moment where instant_of(told_at) <= as_of)
select every.* from every left join member using (member) where every.member is null or (is_bot = 0 and not is_teammate(member, day))"""

# A record is of the organization that it names, of the one that gets what the person does, or of the person.
JUDGED = """
create or replace table judged_record as
with placed as (
    select r.kind, r.id, r.member, r.day, r.organization as named, e.organization as employer,
           (select count(*) from employed o where o.member = r.member and o.day = r.day) as employers,
           r.kind = 'visit' and (select count(distinct b.member) from seen_browser b join fact f on cast(f.fact_id as varchar) = r.id
                                 join source using (source_id) where b.source = source.name and b.visitor = f.body->>'$.visitor') > 1 as is_shared
    from on_record r left join employed e on e.member = r.member and e.day = r.day and place = 1)
select *, member is not null and not is_shared and (kind <> 'activity' or employers <= 1) and coalesce(named = employer, true) as is_on_one from placed
where exists (select 1 from customer c where c.who in ('member ' || member, named, employer)
              and day >= coalesce(from_day, day) and (to_day is null or day < to_day))"""


@share("customers_on_one_timeline", by=("kind",))
def customers_on_one_timeline(db, question):
    with_deals(db)
    prepared(db, RECORDS)
    worked(db)
    prepared(db, EMPLOYED)
    prepared(db, JUDGED)
    return f"""select i, {column(question)} count_if(is_on_one) as numerator, count(*) as denominator
               from period join (select distinct on (kind, id, if(kind = 'visit', null, member)) * from judged_record) on day >= s and day < e group by all"""
