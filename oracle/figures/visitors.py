"""Visits of the website (S73, S78, S79)."""

from figures.register import kpi, share

# A browser is the member whom one of its visits names, else itself; half an hour without a hit ends a visit.
VISITS = """
create or replace table visit as
with hit as (
    select visitor, instant_of(seen) as seen_at, member, is_bot from (
        select body->>'$.visitor' as visitor, body->>'$.at' as seen, k.member, coalesce(is_bot, 0) = 1 as is_bot,
               coalesce(cast(body->>'$.bot' as boolean), false) as is_robot
        from known k left join member using (member) where kind = 'visit') where not is_robot),
gapped as (
    select visitor, seen_at, is_bot, coalesce(member, max(member) over (partition by visitor)) as member, local_day(seen_at) as day, seen_at - lag(seen_at) over (partition by visitor order by seen_at) as gap from hit
    where seen_at <= (select as_of from moment)),
numbered as (select *, sum(if(gap is null or gap > interval 30 minutes, 1, 0)) over (partition by visitor order by seen_at rows unbounded preceding) as n
             from gapped),
gathered as (select visitor, n, min(seen_at) as seen_at, min(day) as day, max(member) as member, bool_or(is_bot) as is_bot from numbered group by all)
select coalesce('m' || member, 'v' || visitor) as who, seen_at, day from gathered
where not is_bot and (member is null or not is_teammate(member, day))"""


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
