"""Alerts about champions, and what became of them (S62; decision records 34, 40 and 62), over runs that are taken on trust."""

from figures.flywheels import runs
from figures.register import column, fetch, kpi, share, with_value
from figures.roles import held
from figures.survival import medians

# An alert is a stay at the step `watch`; what follows it in its run, up to the next stay there.
ALERTS = """
    step as (
        select *, lead(step) over run_order as next_step, lead(entered_at) over run_order as next_at
        from stay where flywheel = 'champion_health' and how <> 'implied' window run_order as (partition by run_id order by visit)),
    outreach as (
        select run_id, visit, member, entered_at as contacted_at, next_step,
               (select max(w.entered_at) from step w where w.run_id = step.run_id and w.step = 'watch' and w.visit < step.visit) as alerted_at
        from step where step = 'contacted')"""


@share("champion_alert_precision")
def champion_alert_precision(db, question):
    """An alert has an outcome when somebody decided about it; no reply that sends it back, and what came of asking again, are of one alert."""
    runs(db)
    return """with alert as (
            select run_id, observed_at as given_at, lead(observed_at) over (partition by run_id order by observed_at) as next_at
            from every_evidence join run using (run_id), moment
            where flywheel = 'champion_health' and every_evidence.step = 'watch' and every_evidence.kind = 'drop' and observed_at <= as_of),
        judged as (
            select alert.run_id, given_at, bool_or(said.step = 'concern') as has_cause
            from alert join every_evidence said on said.run_id = alert.run_id and said.observed_at >= given_at
                 and (next_at is null or said.observed_at < next_at), moment
            where said.kind = 'decided' and said.step in ('contacted', 'concern') and said.observed_at <= as_of
              and given_at + interval 30 days <= as_of
            group by alert.run_id, given_at)
        select i, count_if(has_cause) as numerator, count(*) as denominator
        from period join judged on local_day(given_at) >= s and local_day(given_at) < e group by i"""


# Champions with when they were, and who looks after each: whoever gave the first role of which that is known.
LOOKED_AFTER = """
    champion as (
        select held_role.member, from_at, to_at, body->>'$.by' as builder from held_role join known using (fact_id), moment
        where role in ('champion', 'deal_champion') and from_at <= moment.as_of),
    whose as (select member, arg_min(builder, (from_at, builder)) as builder from champion where builder is not null group by member)"""


@kpi("champion_alerts_per_builder", by=("builder",), empty=None)
def champion_alerts_per_builder(db, question):
    runs(db)
    held(db)
    by = column(question, builder="coalesce(builder, '(none)')")
    rows = fetch(
        db,
        f"""with {LOOKED_AFTER},
            builder_week as (
                select distinct i, whose.builder, (cut - s) / 7 as weeks from period
                join champion on from_at < midnight(cut) and (to_at is null or to_at > midnight(s)) left join whose using (member)
                where not is_teammate(champion.member, cut)),
            pushed as (
                select distinct run_id, member, observed_at from every_evidence join run using (run_id), moment
                where flywheel = 'champion_health' and step = 'watch' and kind = 'pushed' and observed_at <= as_of),
            told as (
                select i, builder, weeks, 0 as alerts from builder_week
                union all
                select i, whose.builder, 0, 1 from period join pushed on local_day(observed_at) >= s and local_day(observed_at) < cut
                left join whose using (member))
            select i, {by} sum(alerts) as numerator, sum(weeks) as denominator from told group by all""",
    )
    return [with_value(row, 1.0) for row in rows]


@share("champion_alert_recall")
def champion_alert_recall(db, question):
    runs(db)
    held(db)
    return """with champion as (select * from held_role where role in ('champion', 'deal_champion')),
        ended as (
            select distinct c.member, c.to_at, local_day(c.to_at) as day from champion c, moment
            where c.to_at <= as_of and not is_teammate(c.member, local_day(c.to_at)) and not exists (
                select 1 from champion o where o.member = c.member and o.from_at <= c.to_at and (o.to_at is null or o.to_at > c.to_at))),
        silent as (
            select * from ended where not exists (
                select 1 from member_day d where d.member = ended.member and d.day >= ended.day - 60 and d.day < ended.day)),
        alert as (
            select run.member, observed_at from every_evidence e join run using (run_id), moment
            where flywheel = 'champion_health' and e.step = 'watch' and kind = 'drop' and observed_at <= as_of)
        select i, count_if(exists (
                   select 1 from alert a where a.member = silent.member
                     and a.observed_at <= to_at - interval 14 days and a.observed_at >= to_at - interval 180 days)) as numerator, count(*) as denominator
        from period join silent on day >= s and day < e group by i"""


@share("champion_recovery_rate")
def champion_recovery_rate(db, question):
    runs(db)
    return f"""with {ALERTS},
        judged as (
            select outreach.*, local_day(contacted_at) as day, (
                select count(*) from member_day d where d.member = outreach.member
                  and d.day >= local_day(alerted_at) - 210 and d.day < local_day(alerted_at) - 30) / 180 as usual, (
                select count(*) from member_day d where d.member = outreach.member
                  and d.day >= local_day(contacted_at) and d.day < local_day(contacted_at) + 60) / 60 as now
            from outreach, moment where contacted_at + interval 60 days < as_of)
        select i, count_if(now >= usual / 2) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by i"""


@kpi("champion_outreach_time", empty=None)
def champion_outreach_time(db, question):
    runs(db)
    return medians(
        fetch(
            db,
            """
        select i, left_at is not null and exists (
                   select 1 from stay follows where follows.run_id = stay.run_id and follows.step = 'contacted' and follows.entered_at = stay.left_at) as happened,
               date_diff('microsecond', entered_at, coalesce(left_at, as_of)) // 1000000 as seconds
        from period join stay on local_day(entered_at) >= s and local_day(entered_at) < e, moment
        where flywheel = 'champion_health' and step = 'watch' and how <> 'implied'""",
        )
    )


@share("graduation_rate")
def graduation_rate(db, question):
    runs(db)
    return """
        with came as (
            select run_id, min(entered_at) as came_at from stay
            where flywheel = 'onboarding_customers' and step = 'graduates' and how <> 'implied' group by run_id)
        select i, count_if(state = 'completed' and ended_at <= came_at + interval 180 days) as numerator, count(*) as denominator
        from period join came on local_day(came_at) >= s and local_day(came_at) < e join run using (run_id), moment
        where came_at + interval 180 days < as_of group by i"""
