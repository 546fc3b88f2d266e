"""Visits of the website (S79, S86; decision record 33)."""

from figures.prepared import prepared
from figures.register import column, fetch, kpi

VISITS = """
create or replace table browser as
select body->>'$.visitor' as visitor, source, min_by(member, (instant_of(body->>'$.at'), fact_id)) as owner
from known where kind = 'visit' and member is not null group by all;

create or replace table hit as
select coalesce(cast(coalesce(k.member, owner) as varchar), k.source || ' ' || (body->>'$.visitor')) as who, instant_of(body->>'$.at') as hit_at,
       day_of(body->>'$.at') as day, body, fact_id
from known k left join browser on browser.visitor = body->>'$.visitor' and browser.source = k.source
left join member on member.member = coalesce(k.member, owner)
where kind = 'visit' and instant_of(body->>'$.at') <= as_of and not coalesce(cast(body->>'$.bot' as boolean), false)
  and coalesce(is_bot, 0) = 0 and not coalesce(is_teammate(coalesce(k.member, owner), day_of(body->>'$.at')), false);

-- Of two hits at one instant the one that is not direct is the first.
create or replace table visit as
with told as (
    select who, hit_at, fact_id, day, coalesce(body->>'$.landing', body->>'$.pages[0]') as landing,
           body->>'$.referrer' is null and body->>'$.utm' is null and body->>'$.click_id' is null
             and not coalesce(cast(body->>'$.app_link' as boolean), false)
             and not regexp_matches(coalesce(body->>'$.landing', ''), '^https?://(localhost|127[.]|10[.]|192[.]168[.])') as is_direct
    from hit),
begun as (
    select *, lag(hit_at) over (partition by who order by hit_at, is_direct, fact_id) as earlier_at from told)
select who, hit_at, day, landing, is_direct
from begun where earlier_at is null or hit_at >= earlier_at + interval 30 minutes;

create or replace table direct as
select day, hit_at, case when landing is null then '(none)' when path = '' then 'home' when path not like '%/%' then 'short' else 'deep' end as landing
from (select *, trim(regexp_replace(regexp_replace(landing, '^[a-z]+://[^/]*', ''), '[?#].*$', ''), '/') as path from visit) where is_direct"""


@kpi("daily_active_visitors")
def daily_active_visitors(db, question):
    prepared(db, VISITS)
    return "select i, count(distinct who) as value from period join visit on day = greatest(s, l) group by i"


@kpi("direct_visits", by=("landing",))
def direct_visits(db, question):
    prepared(db, VISITS)
    return f"select i, {column(question)} count(*) as value from period join direct on day >= s and day < e group by all"


@kpi("direct_traffic_growth", by=("landing",), empty=None)
def direct_traffic_growth(db, question):
    return growth(db, question, "day >= ps and day < pe and not partial")


@kpi("direct_traffic_growth_year", by=("landing",), empty=None)
def direct_traffic_growth_year(db, question):
    back = "interval 1 year"
    return growth(db, question, f"day >= s - {back} and day < e - {back} and hit_at <= (select as_of from moment) - {back}")


def growth(db, question, earlier):
    """By how much there are more direct visits than under the condition `earlier`."""
    prepared(db, VISITS)
    by, dimension = column(question), ", landing" if question.names else ""
    rows = fetch(
        db,
        f"""with now as (select i, {by} count(*) as n from period join direct on day >= s and day < e group by all),
                 earlier as (select i, {by} count(*) as n from period join direct on {earlier} group by all)
            select i{dimension}, coalesce(now.n, 0) as n, earlier.n as before from earlier left join now using (i{dimension})""",
    )
    return [
        {"i": row["i"], "value": 100 * (row["n"] - row["before"]) / row["before"], **{name: row[name] for name in row if name == "landing"}} for row in rows
    ]
