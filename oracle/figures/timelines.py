"""Whether what is on record of customers is on one person's timeline, and on one organization's at most (S105; decision records 29 and 48)."""

from figures.attribution import TOUCHES
from figures.deals import DEALS
from figures.employers import RANKS
from figures.prepared import prepared
from figures.register import column, share

RANK = f"coalesce(list_position({list(RANKS)}, {{}}), 0)"

# Where members worked: what sources state; and addresses at domains that sources state, while in use and, less surely, 180 days after,
# but no longer than a CRM says where they were in use before its end.
WORK = f"""
create or replace table address_use as
with used as (select identity_id, min(day) as first_day, max(day) as last_day from act group by identity_id),
domain as (select body->>'$.id' as organization, lower(unnest(cast(body->'$.domains' as varchar[]))) as domain from known where kind = 'organization'),
stay as (select member, organization, coalesce(day_of(body->>'$.to'), date '9999-12-31') as left_day from known
         where kind = 'affiliation' and coalesce(body->>'$.origin', 'crm') = 'crm'),
used_there as (
    select distinct member, organization, coalesce(email_verified, 0) = 1 as is_verified, first_day, last_day
    from identity join used using (identity_id) join domain on lower(split_part(email, '@', 2)) = domain)
select * replace (least(last_day, left_day - 1) as last_day)
from (select u.*, coalesce((select max(left_day) from stay s where s.member = u.member and s.organization = u.organization and left_day > first_day),
                           date '9999-12-31') as left_day from used_there u) u;

create or replace table works as
select member, organization, day_of(body->>'$.from') as from_day, day_of(body->>'$.to') as to_day, {RANK.format("body->>'$.origin'")} as rank, 0 as doubt
from known where kind = 'affiliation' and member is not null
union all
select member, organization, first_day, last_day + 1,
       if(is_verified, {RANK.format("'email'")}, {RANK.format("'inferred'")}), if(is_verified, 0, 1)
from address_use
union all
select member, organization, last_day + 1, least(last_day + 181, left_day, (
           select min(first_day) from address_use other
           where other.member = a.member and other.organization <> a.organization and other.last_day > a.last_day)),
       {RANK.format("'inferred'")}, 2
from address_use a;

create or replace table employed as
select member, day, organization, row_number() over (
           partition by member, day order by min((rank, doubt, -epoch(coalesce(from_day, date '0001-01-01')))), organization) as place
from (select distinct member, day from on_record) join works using (member)
where day >= coalesce(from_day, day) and (to_day is null or day < to_day) group by member, day, organization"""

RECORDS = """
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
    from known k join browser_of b on b.source = k.source and b.visitor = body->>'$.visitor'
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
           r.kind = 'visit' and (select count(distinct b.member) from browser_of b join fact f on cast(f.fact_id as varchar) = r.id
                                 join source using (source_id) where b.source = source.name and b.visitor = f.body->>'$.visitor') > 1 as is_shared
    from on_record r left join employed e on e.member = r.member and e.day = r.day and place = 1)
select *, member is not null and not is_shared and (kind <> 'activity' or employers <= 1) and coalesce(named = employer, true) as is_on_one from placed
where exists (select 1 from customer c where c.who in ('member ' || member, named, employer)
              and day >= coalesce(from_day, day) and (to_day is null or day < to_day))"""


@share("customers_on_one_timeline", by=("kind",))
def customers_on_one_timeline(db, question):
    for made in (DEALS, TOUCHES, RECORDS, WORK, JUDGED):
        prepared(db, made)
    return f"""select i, {column(question)} count_if(is_on_one) as numerator, count(*) as denominator
               from period join (select distinct on (kind, id, if(kind = 'visit', null, member)) * from judged_record) on day >= s and day < e group by all"""
