"""Key members, their programmes and what they are taught, and colleagues of new customers (S39, S67, S69)."""

from figures.newcomers import cohort
from figures.register import column, kpi, ratio, share
from figures.roles import held

# Key members of key accounts, and of any, on a period's last day so far.
NAMED = """
    account as (
        select body->>'$.id' as organization, day_of(body->>'$.key_account.from') as from_day, day_of(body->>'$.key_account.to') as to_day
        from known where kind = 'organization' and body->>'$.key_account' is not null),
    named as (
        select distinct i, l, k.member, k.organization
        from period join held_role k on k.role = 'key_member'
        where l >= s - 1 and not is_teammate(k.member, cut) and k.from_day <= l and (k.to_day is null or k.to_day > l))"""


@kpi("key_members_active", by=("organization",))
def key_members_active(db, question):
    held(db)
    return f"""
        with {NAMED}
        select i, {column(question, organization="organization.name")} count(distinct member) as value
        from named join account using (organization) left join organization on organization_id = named.organization
        where coalesce(from_day <= l, true) and (to_day is null or to_day > l)
          and exists (select 1 from member_day d where d.member = named.member and d.day > l - 90 and d.day <= l) group by all"""


@share("programme_freshness")
def programme_freshness(db, question):
    held(db)
    return f"""
        with {NAMED},
        living as (
            select e.member, day_of(e.body->>'$.at') as from_day, day_of(p.body->>'$.starts_at') as starts, day_of(p.body->>'$.last_session_at') as met
            from known e join known p on p.kind = 'program' and p.body->>'$.id' = e.body->>'$.program'
            where e.kind = 'enrollment' and coalesce(e.body->>'$.state', '') <> 'left')
        select i, count(distinct named.member) filter (exists (
                   select 1 from living v where v.member = named.member and coalesce(v.from_day, l) <= l and coalesce(v.starts, l) <= l
                     and v.met > l - 90)) as numerator,
               count(distinct named.member) as denominator
        from named group by i"""


# Visits of customer success, and what people were taught in person: each once for everybody.
IN_DEPTH = """
    depth as (
        select identity.member, 'push ' || fact_id as what, pushed_at as had_at
        from push join fact_person using (fact_id) join identity on identity.identity_id = fact_person.identity_id
        where field = 'subjects' and push.kind = 'cs_touch'
        union
        select a.member, 'event ' || v.fact_id, instant_of(coalesce(a.body->>'$.at', v.body->>'$.starts_at'))
        from known a join known v on v.kind = 'event' and v.source = a.source and v.body->>'$.id' = a.body->>'$.event'
        where a.kind = 'attendance' and a.body->>'$.state' = 'attended'
          and v.body->>'$.kind' in ('tutorial', 'workshop', 'training', 'one_to_one', 'use_case', 'review'))"""


@ratio("depth_acts_per_key_member")
def depth_acts_per_key_member(db, question):
    held(db)
    return f"""
        with {NAMED}, {IN_DEPTH},
        key_person as (select distinct named.i, member, midnight(cut) as end_at from named join period using (i)),
        had as (
            select distinct i, member, what from key_person join depth using (member) where had_at >= end_at - interval 90 days and had_at < end_at)
        select i, (select count(*) from had where had.i = key_person.i) as numerator, count(*) as denominator from key_person group by i"""


@share("teammates_onboarded")
def teammates_onboarded(db, question):
    cohort(db)
    return """
        with won as (
            select organization, min(instant_of(body->>'$.closed_at')) as won_at from known
            where kind = 'deal' and cast(body->>'$.won' as boolean) and instant_of(body->>'$.closed_at') <= as_of group by organization),
        user as (
            select distinct won.organization, won_at, local_day(won_at) as day, u.member
            from won join sign_up u on u.signup_at < won_at + interval 30 days and u.organization = won.organization
            where won_at + interval 30 days <= as_of),
        judged as (
            select organization, day, u.member, count(*) as asked, count(first_at) as had
            from user u join milestone_named n on named_at < won_at + interval 30 days
                 left join milestone_reached r on r.member = u.member and r.milestone = n.milestone and first_at < won_at + interval 30 days
            group by all)
        select i, count_if(had = asked) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by i"""


@share("win_rate_without_champion")
def win_rate_without_champion(db, question):
    held(db)
    return """
        with ended as (
            select body->>'$.id' as id, organization, cast(body->>'$.won' as boolean) as won, instant_of(body->>'$.created_at') as created_at,
                   instant_of(body->>'$.closed_at') as closed_at, day_of(body->>'$.closed_at') as day
            from known where kind = 'deal' and body->>'$.won' is not null and instant_of(body->>'$.closed_at') <= as_of),
        halfway as (select *, created_at + (closed_at - created_at) / 2 as middle from ended),
        alone as (
            select * from halfway d where not exists (
                select 1 from held_role r where r.role = 'deal_champion'
                  and (r.deal = d.id or (r.deal is null and r.organization = d.organization))
                  and not coalesce(is_teammate(r.member, d.day), false)
                  and r.from_day <= local_day(middle) and (r.to_day is null or r.to_day > local_day(middle))))
        select i, count_if(won) as numerator, count(*) as denominator from period join alone on day >= s and day < e group by i"""
