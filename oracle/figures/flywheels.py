"""The physics of the flywheels (S97 to S104; decision records 40 and 43), over runs that are taken on trust."""

from collections import defaultdict
from math import prod

from figures.prepared import prepared
from figures.product_use import USE
from figures.register import column, fetch, kpi, ratio, with_value
from figures.roles import KEY_MEMBERS, held
from figures.survival import medians
from figures.workplaces import only_stated, worked

# Stays at steps and runs, as far as they had come by the instant: a run as of then is the beginning of the run as of now.
RUNS = """
create or replace table stay as
select every_stay.* exclude (became, left_at), if(left_at <= as_of, left_at, null) as left_at,
       case when how = 'implied' then 'implied' when left_at <= as_of then became when due_at <= as_of then 'stalled' else 'waiting' end as became
from every_stay, moment where entered_at <= as_of;

create or replace table run as
select every_run.* exclude (state, ended_at), if(ended_at <= as_of, ended_at, null) as ended_at, if(ended_at <= as_of, state, 'open') as state
from every_run, moment where opened_at <= as_of;

create or replace table delight as
select s.flywheel, s.member, s.run_id, s.visit, s.step, s.owner, s.entered_at,
       coalesce(min(beyond.entered_at), any_value(if(run.state in ('lost', 'released'), run.ended_at, null)), timestamp '9999-01-01') as gone_at
from stay s join run using (run_id)
left join stay beyond on beyond.run_id = s.run_id and beyond.visit > s.visit and beyond.segment <> 'delight' and beyond.became <> 'implied'
where s.segment = 'delight' and s.became <> 'implied' group by all;

create or replace table due_visit as
select stay.*, as_of, local_day(due_at) as day from stay, moment where became not in ('implied', 'advanced') and due_at <= as_of;

create or replace table advance as
select *, local_day(left_at) as day from stay where became in ('in_time', 'late', 'advanced')"""


# What our teams did, and to whom by name.
PUSHES = """
create or replace table dated_push as select *, local_day(pushed_at) as day from push;

create or replace table addressed as
select distinct identity.member, pushed_at, push_id, kind, channel from push join fact_person using (fact_id) join identity on identity.identity_id = fact_person.identity_id
where field = 'subjects'"""

PUSHED = "exists (select 1 from addressed a where a.member = {who}.member and a.pushed_at <= {at} and a.pushed_at >= {at} - interval 14 days)"

STEP = "flywheel || '/' || step"

# What is known of a step.
LABELS = ("flywheel", "step", "owner", "segment", "function")


def runs(db):
    prepared(db, RUNS)
    prepared(db, USE)
    prepared(db, PUSHES)


@kpi("flywheel_friction", by=(*LABELS, "part"), empty=None)
def flywheel_friction(db, question):
    runs(db)
    if question.by == "part":
        rows = fetch(
            db,
            f"""with parts as (select i, {column(question, step=STEP, part="became")} count(*) as numerator from period join due_visit on day >= s and day < e group by all)
                select *, sum(numerator) over (partition by {", ".join(["i", *question.where])}) as denominator from parts""",
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
    steps = defaultdict(list)
    for row in fetch(
        db,
        """select i, flywheel, step, count_if(became = 'in_time') / count(*) as went, count(*) as due from period join due_visit on day >= s and day < cut group by all""",
    ):
        steps[row["i"], row["flywheel"]].append((row["went"], row["due"]))
    rows = []
    for (i, name), of_steps in steps.items():
        fewest = min(due for _, due in of_steps)
        stuck = 1 - prod(went for went, _ in of_steps)
        rows.append({"i": i, "value": 100 * stuck, "numerator": fewest * stuck, "denominator": fewest, "flywheel": name})
    return rows


@kpi("flywheel_time_friction", by=LABELS)
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


# Who reached delight, once in each flywheel and at the step of delight that they came to last; of them, who has not left it again for
# another step, or lost or released, and is with us on the last complete day.
WEIGHT = """
    present as (
        select distinct i, member from period join member_day on day > l - 90 and day <= l
        union select distinct i, member from period join product_use on day > l - 90 and day <= l),
    reached as (
        select i, flywheel, member, arg_max(step, (entered_at, run_id, visit)) as step, arg_max(owner, (entered_at, run_id, visit)) as owner,
               arg_max(gone_at, (entered_at, run_id, visit)) as gone_at
        from period join delight on entered_at < midnight(cut) group by all),
    weighs as (
        select reached.* from reached join present using (i, member) join period using (i) where gone_at >= midnight(cut))"""


@kpi("flywheel_weight", by=("flywheel", "step", "owner"))
def flywheel_weight(db, question):
    runs(db)
    return f"with {WEIGHT} select i, {column(question, step=STEP)} count(*) as value from weighs group by all"


@ratio("key_champions_weight")
def key_champions_weight(db, question):
    """Of all key accounts those that have an active key member, times the members who weigh."""
    runs(db)
    held(db)
    return f"""with {WEIGHT}, {KEY_MEMBERS},
        heavy as (select i, count(*) as n from weighs where flywheel = 'key_account_champions' group by i),
        covered as (select i, count(active.members) as covered, count(*) as accounts from account left join active using (i, organization) group by i)
        select i, coalesce(heavy.n, 0) * covered as numerator, accounts as denominator from covered left join heavy using (i)"""


@kpi("flywheel_retention", by=("flywheel", "step", "owner"), empty=None)
def flywheel_retention(db, question):
    runs(db)
    rows = fetch(
        db,
        f"""with {WEIGHT}
            select i, {column(question, step=STEP)} count(weighs.member) as numerator, count(*) as denominator
            from reached left join weighs using (i, flywheel, member, step, owner) group by all""",
    )
    return [with_value(row, 100.0) for row in rows]


@kpi("flywheel_ambassadors", by=("flywheel", "step", "owner"))
def flywheel_ambassadors(db, question):
    runs(db)
    held(db)
    return f"""with {WEIGHT},
        speaks as (select distinct i, member from period join held_role on from_at < midnight(cut) and (to_at is null or to_at >= midnight(cut))
                   where role in ('champion', 'deal_champion', 'advocate'))
        select i, {column(question, step=STEP)} count(*) as value from weighs join speaks using (i, member) group by all"""


@kpi("flywheel_experience", by=("flywheel", "step", "owner"), empty=None)
def flywheel_experience(db, question):
    """Of each flywheel: what is written is that of several."""
    runs(db)
    rows = fetch(
        db,
        f"""with {WEIGHT},
            written as (select i, member, count_if(sentiment = 'positive') - count_if(sentiment = 'negative') as balance, count(*) as texts
                        from period join act on day > l - 90 and day <= l
                        where sentiment in ('positive', 'neutral', 'negative') and not is_bot and not is_teammate group by all)
            select i, flywheel, {column(question, ("flywheel",), step=STEP)} sum(balance) as numerator, sum(texts) as denominator
            from weighs join written using (i, member) group by all""",
    )
    return [with_value(row, 1.0) for row in rows]


@kpi("flywheel_recurring_revenue", by=("flywheel", "currency"), empty=None)
def flywheel_recurring_revenue(db, question):
    """Of each flywheel and currency: those of several are not added up. Somebody works where the surest statement says, of equals the later one."""
    runs(db)
    only_stated(db)
    worked(db)
    return f"""with {WEIGHT},
        at_work as (
            select i, member, arg_min(organization, (rank, doubt, -epoch(coalesce(from_day, date '0001-01-01')), organization)) as organization
            from (select distinct i, member from weighs) join period using (i) join works using (member)
            where coalesce(from_day, l) <= l and (to_day is null or to_day > l) group by all),
        subscription as (
            select fact_id, organization, member, coalesce(body->>'$.currency', '(none)') as currency, cast(body->>'$.mrr' as bigint) as mrr,
                   instant_of(body->>'$.started_at') as started_at, instant_of(body->>'$.ended_at') as ended_at
            from known where kind = 'subscription' and body->>'$.mrr' is not null),
        theirs as (
            select i, flywheel, subscription.* from weighs join subscription on subscription.member = weighs.member
            union
            select i, flywheel, subscription.* from weighs join at_work using (i, member)
            join subscription on subscription.organization = at_work.organization)
        select i, flywheel, currency, sum(12 * mrr) as value
        from theirs join period using (i)
        where started_at < midnight(cut) and (ended_at is null or ended_at >= midnight(cut)) group by all"""


# Weight times advances from each step by unit-weeks, of the windows of `span(i, place, from_at, until_day, until_at)`.
MOMENTA = """
    present as (
        select distinct i, place, member from span join member_day on day >= until_day - 90 and day < until_day
        union select distinct i, place, member from span join product_use on day >= until_day - 90 and day < until_day),
    reached as (
        select i, place, until_day, flywheel, member, arg_max(gone_at, (entered_at, run_id, visit)) as gone_at
        from span join delight on entered_at < midnight(until_day) group by all),
    weight as (
        select i, place, flywheel, count(distinct member) as n from reached join present using (i, place, member)
        where gone_at >= midnight(until_day) group by all),
    went as (select i, place, flywheel, step, count(*) as n from span join advance on left_at >= from_at and left_at < until_at group by all),
    units as (
        select i, place, flywheel, sum(date_diff('microsecond', greatest(opened_at, from_at), least(coalesce(ended_at, until_at), until_at)) // 1000000) / 604800 as n
        from span join run on opened_at < until_at and coalesce(ended_at, until_at) > from_at where from_at < until_at group by all),
    label as (select distinct flywheel, step, owner, segment, function from stay),
    momentum as (
        select i, place, label.*, coalesce(weight.n, 0) * coalesce(went.n, 0) / units.n as moved
        from span cross join label join units using (i, place, flywheel)
        left join weight using (i, place, flywheel) left join went using (i, place, flywheel, step))"""


@kpi("flywheel_momentum", by=LABELS, empty=None)
def flywheel_momentum(db, question):
    """Of each flywheel: momenta of several are not added up."""
    runs(db)
    return f"""with span as (select i, 0 as place, midnight(s) as from_at, cut as until_day, midnight(cut) as until_at from period), {MOMENTA}
        select i, flywheel, {column(question, ("flywheel",), step=STEP)} sum(moved) as value from momentum group by all"""


@kpi("flywheel_momentum_change", by=LABELS, empty=None)
def flywheel_momentum_change(db, question):
    runs(db)
    return f"""with span as (
            select i, place, midnight(cut) - to_days(28 * place + 28) as from_at, cut - 28 * place as until_day,
                   midnight(cut) - to_days(28 * place) as until_at
            from period, (values (0), (1)) as t(place)), {MOMENTA},
        change as (
            select now.* replace (now.moved - before.moved as moved) from momentum now
            join momentum before using (i, flywheel, step) where now.place = 0 and before.place = 1)
        select i, flywheel, {column(question, ("flywheel",), step=STEP)} sum(moved) as value from change group by all"""


@kpi("flywheel_pushes", by=("kind", "channel"))
def flywheel_pushes(db, question):
    runs(db)
    by = column(question, channel="coalesce(channel, '(none)')")
    return f"select i, {by} count(*) / any_value((cut - s) / 7) as value from period join dated_push on day >= s and day < cut group by all"


@kpi("flywheel_push_channels", by=("kind",))
def flywheel_push_channels(db, question):
    runs(db)
    return f"select i, {column(question)} count(distinct channel) as value from period join dated_push on day >= s and day < e group by all"


@kpi("flywheel_entrants_per_push", by=("flywheel", "kind", "channel"), empty=None)
def flywheel_entrants_per_push(db, question):
    """Of each flywheel: all pushes stand against those who came into it."""
    runs(db)
    by = column(question, ("flywheel",), channel="coalesce(channel, '(none)')")
    rows = fetch(
        db,
        f"""with wheel as (select distinct flywheel from run),
            led as (
                select run.flywheel, local_day(opened_at) as day, arg_max({{'kind': kind, 'channel': channel}}, (pushed_at, push_id)) as last
                from run join addressed a on a.member = run.member and pushed_at <= opened_at and pushed_at >= opened_at - interval 14 days
                group by run_id, run.flywheel, opened_at),
            counted_row as (
                select day, flywheel, kind, channel, 0 as led, 1 as pushed from dated_push, wheel
                union all select day, flywheel, last.kind, last.channel, 1, 0 from led)
            select i, wheel.flywheel, {by} sum(led) as numerator, sum(pushed) as denominator
            from period join counted_row wheel on day >= s and day < e group by all""",
    )
    return [with_value(row, 1.0) for row in rows]


@kpi("flywheel_output_per_push", by=LABELS, empty=None)
def flywheel_output_per_push(db, question):
    runs(db)
    return f"""
        with given as (select i, count(*) as n from period join dated_push on day >= s and day < cut group by i),
        label as (select distinct flywheel, step, owner, segment, function from stay),
        went as (select i, flywheel, step, count(*) as n from period join advance on day >= s and day < cut group by all)
        select i, {column(question, step=STEP)} sum(coalesce(went.n, 0) / given.n) as value
        from given cross join label left join went using (i, flywheel, step) group by all"""


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


@kpi("flywheel_self_propelled_share", by=LABELS, empty=None)
def flywheel_self_propelled_share(db, question):
    runs(db)
    rows = fetch(
        db,
        f"""select i, {column(question, step=STEP)} count_if(not {PUSHED.format(who="advance", at="left_at")}) as numerator, count(*) as denominator
            from period join advance on day >= s and day < e where exists (select 1 from push) group by all""",
    )
    return [with_value(row, 100.0) for row in rows]


# When a unit is new in its flywheel: a lead with the signal, a key member with the naming, also where these were passed over.
ENTRIES = """
    entry as (
        select flywheel, member, opened_at as entered_at from run where flywheel not in ('community_qualified_leads', 'key_account_champions')
        union
        select flywheel, member, min(entered_at) from stay
        where step = case flywheel when 'community_qualified_leads' then 'signals_need' when 'key_account_champions' then 'named' end
        group by flywheel, member, run_id)"""


@kpi("flywheel_loop_back", by=("flywheel",), empty=None)
def flywheel_loop_back(db, question):
    """Who brought whom is taken on trust, as far as the brought one entered then."""
    runs(db)
    rows = fetch(
        db,
        f"""with {TURNS}, {ENTRIES},
            came as (
                select distinct c.* from cause c
                join entry on entry.flywheel = c.flywheel and entry.member = c.entrant and entry.entered_at = c.caused_at),
            brought as (
                select turn.*, (
                    select count(distinct entrant) from came c where c.flywheel = turn.flywheel and c.member = turn.member
                      and c.caused_at >= ended_at and c.caused_at <= ended_at + interval 180 days) as units
                from turn, moment where ended_at + interval 180 days <= as_of)
            select i, {column(question)} sum(units) as numerator, count(*) as denominator from period join brought on day >= s and day < e group by all""",
    )
    return [with_value(row, 1.0) for row in rows]
