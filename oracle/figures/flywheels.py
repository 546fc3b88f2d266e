"""The physics of the flywheels (S97 to S104; decision records 40 and 43), over runs that are taken on trust."""

from collections import defaultdict

from figures.prepared import prepared
from figures.product_use import USE
from figures.register import column, fetch, kpi, with_value
from figures.survival import medians

# Stays at steps and runs, as far as they had come by the instant: a run as of then is the beginning of the run as of now.
RUNS = """
create or replace table stay as
select every_stay.* exclude (became, left_at), if(left_at <= as_of, left_at, null) as left_at,
       case when how = 'implied' then 'implied' when left_at <= as_of then became when due_at <= as_of then 'stalled' else 'waiting' end as became
from every_stay, moment where entered_at <= as_of;

create or replace table run as
select every_run.* exclude (state, ended_at), if(ended_at <= as_of, ended_at, null) as ended_at, if(ended_at <= as_of, state, 'open') as state
from every_run, moment where opened_at <= as_of;

create or replace table due_visit as
select stay.*, as_of, local_day(due_at) as day from stay, moment where became not in ('implied', 'advanced') and due_at <= as_of;

create or replace table advance as
select *, local_day(left_at) as day from stay where became in ('in_time', 'late', 'advanced')"""


# What our teams did, and to whom by name.
PUSHES = """
create or replace table dated_push as select *, local_day(pushed_at) as day from push;

create or replace table addressed as
select distinct identity.member, pushed_at from push join fact_person using (fact_id) join identity on identity.identity_id = fact_person.identity_id
where field = 'subjects'"""

PUSHED = "exists (select 1 from addressed a where a.member = {who}.member and a.pushed_at <= {at} and a.pushed_at >= {at} - interval 14 days)"

STEP = "flywheel || '/' || step"


def runs(db):
    prepared(db, RUNS)
    prepared(db, USE)
    prepared(db, PUSHES)


@kpi("flywheel_friction", by=("flywheel", "step", "owner", "part"), empty=None)
def flywheel_friction(db, question):
    runs(db)
    if question.by == "part":
        rows = fetch(
            db,
            """with units as (select i, became from period join due_visit on day >= s and day < e),
                    whole as (select i, count(*) as n from units group by i)
               select i, became as part, count(*) as numerator, any_value(n) as denominator from units join whole using (i) group by all""",
        )
    else:
        rows = fetch(
            db,
            f"""select i, {column(question, step=STEP)} count_if(became <> 'in_time') as numerator, count(*) as denominator
                from period join due_visit on day >= s and day < e group by all""",
        )
    return [with_value(row, 100.0) for row in rows]


@kpi("flywheel_friction_whole", by=("flywheel",), empty=None)
def flywheel_friction_whole(db, question):
    runs(db)
    through = defaultdict(lambda: 1.0)
    for row in fetch(
        db,
        """select i, flywheel, step, count_if(became = 'in_time') / count(*) as went from period join due_visit on day >= s and day < cut group by all""",
    ):
        through[row["i"], row["flywheel"]] *= row["went"]
    return [{"i": i, "value": 100 * (1 - went), "flywheel": name} for (i, name), went in through.items()]


@kpi("flywheel_time_friction", by=("flywheel", "step", "owner"))
def flywheel_time_friction(db, question):
    runs(db)
    return f"""select i, {column(question, step=STEP)} sum(greatest(0, date_diff('microsecond', due_at, coalesce(left_at, as_of))) // 1000000) as value
               from period join due_visit on day >= s and day < e group by all"""


TURNS = "turn as (select *, local_day(ended_at) as day from run where state = 'completed')"


@kpi("flywheel_turns", by=("flywheel",))
def flywheel_turns(db, question):
    runs(db)
    return f"with {TURNS} select i, {column(question)} count(*) as value from period join turn on day >= s and day < e group by all"


@kpi("flywheel_speed", by=("flywheel",))
def flywheel_speed(db, question):
    runs(db)
    return f"""with {TURNS}
        select i, {column(question)} count(*) / any_value((cut - s) / 7) as value from period join turn on day >= s and day < cut group by all"""


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


@kpi("flywheel_retention", by=("flywheel",), empty=None)
def flywheel_retention(db, question):
    runs(db)
    rows = fetch(
        db,
        f"""with {WEIGHT},
            reached as (select distinct i, flywheel, member from period
                        join stay on segment = 'delight' and became <> 'implied' and entered_at < midnight(cut))
            select i, {column(question)} count(weighs.member) as numerator, count(*) as denominator
            from reached left join weighs using (i, flywheel, member) group by all""",
    )
    return [with_value(row, 100.0) for row in rows]


@kpi("flywheel_momentum", by=("flywheel",), empty=None)
def flywheel_momentum(db, question):
    """Of each flywheel: momenta of several are not added up."""
    runs(db)
    rows = fetch(
        db,
        f"""with {WEIGHT},
            weight as (select i, flywheel, count(*) as n from weighs group by all),
            went as (select i, flywheel, count(*) as n from period join advance on day >= s and day < cut group by all),
            units as (
                select i, flywheel, sum(date_diff(
                    'microsecond', greatest(opened_at, midnight(s)), least(coalesce(ended_at, midnight(cut)), midnight(cut))) // 1000000) as n
                from period join run on opened_at < midnight(cut) and coalesce(ended_at, midnight(cut)) > midnight(s) and s < cut group by all)
            select i, flywheel, coalesce(weight.n, 0) * coalesce(went.n, 0) as numerator, units.n / 604800 as denominator
            from units left join weight using (i, flywheel) left join went using (i, flywheel)""",
    )
    return [with_value(row, 1.0) for row in rows]


@kpi("flywheel_pushes", by=("kind", "channel"))
def flywheel_pushes(db, question):
    runs(db)
    by = column(question, channel="coalesce(channel, '(none)')")
    return f"select i, {by} count(*) / any_value((cut - s) / 7) as value from period join dated_push on day >= s and day < cut group by all"


@kpi("flywheel_entrants_per_push", empty=None)
def flywheel_entrants_per_push(db, question):
    runs(db)
    rows = fetch(
        db,
        f"""select i, (select count(*) from run where local_day(opened_at) >= s and local_day(opened_at) < e
                                and {PUSHED.format(who="run", at="opened_at")}) as numerator,
                   (select count(*) from dated_push where day >= s and day < e) as denominator
            from period""",
    )
    return [with_value(row, 1.0) for row in rows]


@kpi("flywheel_output_per_push", empty=None)
def flywheel_output_per_push(db, question):
    runs(db)
    rows = fetch(
        db,
        """select i, (select count(*) from advance where day >= s and day < e) as numerator,
                  (select count(*) from dated_push where day >= s and day < e) as denominator
           from period""",
    )
    return [with_value(row, 1.0) for row in rows]


@kpi("prospect_to_champion", empty=None)
def prospect_to_champion(db, question):
    runs(db)
    return medians(
        fetch(
            db,
            """
        with came as (
            select run_id, min(entered_at) filter (step = 'prospect') as came_at, min(entered_at) filter (step = 'introduced') as appointed_at
            from stay where flywheel = 'deal_champions' and how <> 'implied' group by run_id),
        lasted as (
            select came.*, coalesce(appointed_at, ended_at, as_of) as until_at from came join run using (run_id), moment where came_at is not null)
        select i, appointed_at is not null as happened, greatest(0, date_diff('microsecond', came_at, until_at)) // 1000000 as seconds
        from period join lasted on local_day(came_at) >= s and local_day(came_at) < e""",
        )
    )


@kpi("flywheel_self_propelled_share", by=("flywheel", "step", "owner"), empty=None)
def flywheel_self_propelled_share(db, question):
    runs(db)
    rows = fetch(
        db,
        f"""select i, {column(question, step=STEP)} count_if(not {PUSHED.format(who="advance", at="left_at")}) as numerator, count(*) as denominator
            from period join advance on day >= s and day < e where exists (select 1 from push) group by all""",
    )
    return [with_value(row, 100.0) for row in rows]


@kpi("flywheel_loop_back", by=("flywheel",), empty=None)
def flywheel_loop_back(db, question):
    """Who brought whom is taken on trust."""
    runs(db)
    rows = fetch(
        db,
        f"""with {TURNS},
            brought as (
                select turn.*, (
                    select count(distinct entrant) from cause c where c.flywheel = turn.flywheel and c.member = turn.member
                      and c.caused_at >= ended_at and c.caused_at <= ended_at + interval 180 days) as units
                from turn, moment where ended_at + interval 180 days <= as_of)
            select i, {column(question)} sum(units) as numerator, count(*) as denominator from period join brought on day >= s and day < e group by all""",
    )
    return [with_value(row, 1.0) for row in rows]
