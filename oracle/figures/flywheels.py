"""The physics of the flywheels (S97 to S104; decision records 40 and 43), over runs that are taken on trust."""

from collections import defaultdict

from figures.prepared import prepared
from figures.product_use import USE
from figures.register import column, fetch, kpi, with_value
from figures.survival import medians

# Stays at steps and runs, as far as they had come by the instant: a run as of then is the beginning of the run as of now.
RUNS = """
create or replace table stay as
select * exclude (became, left_at), if(left_at <= as_of, left_at, null) as left_at,
       case when how = 'implied' then 'implied' when left_at <= as_of then became when due_at <= as_of then 'stalled' else 'waiting' end as became
from every_stay, moment where entered_at <= as_of;

create or replace table run as
select * exclude (state, ended_at), if(ended_at <= as_of, ended_at, null) as ended_at, if(ended_at <= as_of, state, 'open') as state
from every_run, moment where opened_at <= as_of;

create or replace table due as
select *, local_day(due_at) as day from stay, moment where became not in ('implied', 'advanced') and due_at <= as_of;

create or replace table advance as
select *, local_day(left_at) as day from stay where became in ('in_time', 'late', 'advanced')"""


def runs(db):
    prepared(db, RUNS)
    prepared(db, USE)


@kpi("flywheel_friction", by=("flywheel", "step", "owner", "part"), empty=None)
def flywheel_friction(db, question):
    runs(db)
    if question.by == "part":
        rows = fetch(
            db,
            """with units as (select i, became from period join due on day >= s and day < e),
                    whole as (select i, count(*) as n from units group by i)
               select i, became as part, count(*) as numerator, any_value(n) as denominator from units join whole using (i) group by all""",
        )
    else:
        rows = fetch(
            db,
            f"""select i, {column(question)} count_if(became <> 'in_time') as numerator, count(*) as denominator
                from period join due on day >= s and day < e group by all""",
        )
    return [with_value(row, 100.0) for row in rows]


@kpi("flywheel_friction_whole", by=("flywheel",), empty=None)
def flywheel_friction_whole(db, question):
    runs(db)
    through = defaultdict(lambda: 1.0)
    for row in fetch(
        db,
        """select i, flywheel, step, count_if(became = 'in_time') / count(*) as went from period join due on day >= s and day < cut group by all""",
    ):
        through[row["i"], row["flywheel"] if question.by else None] *= row["went"]
    return [{"i": i, "value": 100 * (1 - went)} | ({"flywheel": name} if name else {}) for (i, name), went in through.items()]


@kpi("flywheel_time_friction", by=("flywheel", "step", "owner"))
def flywheel_time_friction(db, question):
    runs(db)
    return f"""select i, {column(question)} sum(greatest(0, date_diff('microsecond', due_at, coalesce(left_at, as_of)))) // 1000000 as value
               from period join due on day >= s and day < e group by all"""


TURNS = "turn as (select *, local_day(ended_at) as day from run where state = 'completed')"


@kpi("flywheel_turns", by=("flywheel",))
def flywheel_turns(db, question):
    runs(db)
    return f"with {TURNS} select i, {column(question)} count(*) as value from period join turn on day >= s and day < e group by all"


@kpi("flywheel_speed", by=("flywheel",))
def flywheel_speed(db, question):
    runs(db)
    return f"""with {TURNS}
        select i, {column(question)} count(*) / ((cut - s) / 7) as value from period join turn on day >= s and day < cut group by all, cut, s"""


@kpi("flywheel_turn_time", by=("flywheel",), empty=None)
def flywheel_turn_time(db, question):
    runs(db)
    return medians(
        fetch(
            db,
            f"""select i, {column(question)} state = 'completed' as happened,
                       date_diff('microsecond', opened_at, coalesce(ended_at, as_of)) // 1000000 as seconds
                from period join run on local_day(opened_at) >= s and local_day(opened_at) < e, moment""",
        )
    )


# Who reached delight and is with us on the last complete day, once in each flywheel.
WEIGHT = """
    present as (
        select distinct i, member from period join member_day on day > l - 90 and day <= l
        union select distinct i, member from period join product_use on day > l - 90 and day <= l),
    weighs as (
        select distinct i, flywheel, member from period
        join stay on segment = 'delight' and became <> 'implied' and entered_at < midnight(cut) join present using (i, member))"""


@kpi("flywheel_weight", by=("flywheel",))
def flywheel_weight(db, question):
    runs(db)
    return f"with {WEIGHT} select i, {column(question)} count(*) as value from weighs group by all"


@kpi("flywheel_momentum", by=("flywheel",), empty=None)
def flywheel_momentum(db, question):
    runs(db)
    wheel = ", flywheel" if question.by else ""
    rows = fetch(
        db,
        f"""with {WEIGHT},
            weight as (select i{wheel}, count(*) as n from weighs group by all),
            went as (select i{wheel}, count(*) as n from period join advance on day >= s and day < cut group by all),
            units as (
                select i{wheel}, sum(date_diff('microsecond', greatest(opened_at, midnight(s)), least(coalesce(ended_at, midnight(cut)), midnight(cut)))) as n
                from period join run on opened_at < midnight(cut) and coalesce(ended_at, midnight(cut)) > midnight(s) and s < cut group by all)
            select i{wheel}, coalesce(weight.n, 0) * coalesce(went.n, 0) as numerator, units.n / 604800e6 as denominator
            from units left join weight using (i{wheel}) left join went using (i{wheel})""",
    )
    return [with_value(row, 1.0) for row in rows]
