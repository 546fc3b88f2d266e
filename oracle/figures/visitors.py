"""Visits of the website (S73, S78, S79)."""

from figures.register import kpi, share

# A visit without a name is that of the member whom its browser's first named visit names, else the browser's. Two websites' ids are two browsers'. Half an hour ends a visit.
VISITS = """
create or replace table visit as
with hit as (
    select source, body->>'$.visitor' as visitor, instant_of(body->>'$.at') as seen_at, member from known
    where kind = 'visit' and not coalesce(cast(body->>'$.bot' as boolean), false)),
owner as (
    select source, body->>'$.visitor' as visitor, arg_min(member, instant_of(body->>'$.at')) as owner from known
    where kind = 'visit' and member is not null group by source, visitor),
known_hit as (
    select seen_at, local_day(seen_at) as day, coalesce(member, owner) as member, coalesce('m' || coalesce(member, owner), 'v' || source || ' ' || visitor) as who
    from hit left join owner using (source, visitor) where seen_at <= (select as_of from moment)),
peoples as (
    select who, seen_at, day, seen_at - lag(seen_at) over (partition by who order by seen_at) as gap
    from known_hit left join member using (member)
    where coalesce(is_bot, 0) = 0 and not coalesce(is_teammate(known_hit.member, day), false))
select who, seen_at, day from peoples where gap is null or gap >= interval 30 minutes"""


def visited_within(days):
    """A figure that counts visitors of the window that ends with the period's last complete day."""

    def make(db, question):
        db.execute(VISITS)
        return f"""select i, count(distinct who) as value
                   from period join visit on day > l - {days} and day <= l group by i"""

    return make


kpi("weekly_active_visitors")(visited_within(7))
kpi("monthly_active_visitors")(visited_within(30))


@share("repeated_visitors")
def repeated_visitors(db, question):
    db.execute(VISITS)
    return """
        with first as (select who, min(seen_at) as first_at, min(day) as day from visit group by who)
        select i, count_if(exists (select 1 from visit v where v.who = first.who and v.seen_at > first_at
                                     and v.seen_at <= first_at + interval 30 days)) as numerator,
               count(*) as denominator
        from period join first on day >= s and day < e where first_at + interval 30 days <= (select as_of from moment) group by i"""


@share("returning_visitors")
def returning_visitors(db, question):
    db.execute(VISITS)
    return """with n as (select i, who, count(*) as visits from period join visit on day >= s and day < e group by all)
              select i, count_if(visits > 1) as numerator, count(*) as denominator from n group by i"""


@share("returning_visitors_prior")
def returning_visitors_prior(db, question):
    db.execute(VISITS)
    return """with n as (select distinct i, who, s from period join visit on day >= s and day < e)
              select i, count_if(exists (select 1 from visit v where v.who = n.who and v.day < s)) as numerator, count(*) as denominator
              from n group by i"""
