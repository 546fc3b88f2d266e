"""How many go on from the steps of flywheels, in time or not, over runs that are taken on trust (decision record 43)."""

from figures.flywheels import LABELS, STEP, runs
from figures.register import column, fetch, kpi, with_value

# Stays that are over, or that should be: whoever may still go on in time is not judged.
JUDGED = """
    judged as (
        select *, local_day(entered_at) as day from stay
        where became <> 'implied' and (left_at is not null or due_at <= (select as_of from moment)))"""


@kpi("flywheel_conversion", by=LABELS, empty=None)
def flywheel_conversion(db, question):
    runs(db)
    rows = fetch(
        db,
        f"""with {JUDGED}
            select i, {column(question, step=STEP)} count_if(became in ('in_time', 'late', 'advanced')) as numerator, count(*) as denominator
            from period join judged on day >= s and day < e group by all""",
    )
    return [with_value(row, 100.0) for row in rows]
