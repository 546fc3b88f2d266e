"""What check-ins with champions found out, and what became of champions whom nobody asked (decision record 49); runs are taken on trust."""

from figures.flywheels import runs
from figures.register import column, kpi, share

# Alerts that were pushed, waited for a week and that nobody followed up in the 60 days after it, with the champion's active days before and after.
LEFT_ALONE = """
    alert as (
        select run_id, member, observed_at as alerted_at, local_day(observed_at) as alerted_on,
               local_day(observed_at + interval 7 days) as day
        from every_evidence join run using (run_id), moment
        where flywheel = 'champion_health' and every_evidence.step = 'watch' and every_evidence.kind = 'pushed' and observed_at + interval 67 days <= as_of),
    left_alone as (
        select * from alert where not exists (
            select 1 from every_evidence c where c.run_id = alert.run_id and c.step = 'contacted'
              and c.observed_at >= alerted_at and c.observed_at < alerted_at + interval 67 days)
          and not exists (
            select 1 from stay w where w.run_id = alert.run_id and w.step = 'watch'
              and w.entered_at <= alerted_at and w.left_at >= alerted_at and w.left_at < alerted_at + interval 7 days)),
    judged as (
        select *, (select count(*) from member_day d where d.member = left_alone.member and d.day >= alerted_on - 210 and d.day < alerted_on - 30) as usual,
               (select count(*) from member_day d where d.member = left_alone.member
                and d.day >= left_alone.day and d.day < left_alone.day + 60) as now
        from left_alone)"""


@share("champion_recovery_left_alone")
def champion_recovery_left_alone(db, question):
    """Half of the usual presence in a third of the days; who was never present cannot come back to it."""
    runs(db)
    return f"""
        with {LEFT_ALONE}
        select i, count_if(usual > 0 and 6 * now >= usual) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by all"""


OUTCOME = "if(outcome = 'concern', 'concern: ' || coalesce(reason, 'other'), outcome)"


@kpi("check_in_outcomes", by=("outcome",))
def check_in_outcomes(db, question):
    return f"""
        with told as (
            select body->>'$.outcome' as outcome, body->>'$.reason' as reason, day_of(body->>'$.done_at') as day
            from known where kind = 'task' and body->>'$.flywheel' = 'champion_health' and instant_of(body->>'$.done_at') <= as_of),
        said as (select {OUTCOME} as outcome, day from told where outcome in ('busy', 'no_reply', 'false_alarm', 'concern'))
        select i, {column(question)} count(*) as value from period join said on day >= s and day < e group by all"""
