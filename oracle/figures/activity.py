"""What members did, how much, and how deep (S1, S74, S75, S114, S115)."""

from figures.layers import with_layer
from figures.register import column, kpi, ratio, share

IN_PERIOD = "counted join period on day >= s and day < e"


@kpi("activities", by=("source", "channel", "activity_type", "layer"))
def activities(db, question):
    layered = ""
    if "layer" in question.names:
        db.execute("create or replace table asked as select distinct member, day from counted")
        with_layer(db)
        layered = "join layered using (member, day)"
    return f"select i, {column(question)} count(*) as value from {IN_PERIOD} {layered} group by all"


@ratio("activities_per_active_day")
def activities_per_active_day(db, question):
    return f"""select i, count(*) as numerator, count(distinct (member, day)) as denominator from {IN_PERIOD} group by all"""


@ratio("mean_activity_weight", by=("source",))
def mean_activity_weight(db, question):
    return f"""select i, {column(question)} sum(weight) as numerator, count(*) as denominator from {IN_PERIOD} group by all"""


@share("contribution_share")
def contribution_share(db, question):
    return f"select i, count_if(weight >= 7) as numerator, count(*) as denominator from {IN_PERIOD} group by all"


@ratio("burstiness")
def burstiness(db, question):
    return """
        with day_of_period as (
            select i, cut - s as days, cast(unnest(generate_series(s, l, interval 1 day)) as date) as day from period where cut - s >= 7),
        daily as (select i, day, count(counted.day) as acts from day_of_period left join counted using (day) group by all),
        spread as (select i, avg(acts) as mean, stddev_pop(acts) as deviation from daily group by i having sum(acts) > 0)
        select i, days * (deviation - mean) as numerator, days * (deviation + mean) as denominator
        from spread join (select distinct i, days from day_of_period) using (i)"""


@share("engagement_rate")
def engagement_rate(db, question):
    return """
        select i, (select count(distinct d.member) from member_day d join first_day f using (member)
                   where d.day >= s and d.day < e and f.day < s and d.weight >= 4) as numerator,
               (select count(*) from first_day f where f.day < s) as denominator
        from period"""


@kpi("absence_factor", empty=None)
def absence_factor(db, question):
    return smallest_half(f"select i, member as who, count(*) as acts from {IN_PERIOD} group by all")


@kpi("elephant_factor", empty=None)
def elephant_factor(db, question):
    return smallest_half(
        f"""select i, organization_id as who, count(*) as acts from {IN_PERIOD}
            where organization_id is not null group by all"""
    )


def smallest_half(counts):
    """SQL for the least number of those who do half of it all, given `i, who, acts`."""
    return f"""
        with c as ({counts}),
        ranked as (select i, acts, row_number() over (partition by i order by acts desc, who) as place,
                          sum(acts) over (partition by i) as everything,
                          sum(acts) over (partition by i order by acts desc, who rows unbounded preceding) as so_far
                   from c)
        select i, min(place) as value from ranked where 2 * so_far >= everything group by i"""
