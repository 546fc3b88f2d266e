"""How long people wait who want something of us (S108)."""

from figures.questions import with_threads
from figures.register import column, fetch, kpi, with_value
from figures.survival import medians

# Missed calls, spoken interest, hand-offs, and questions whose words show it, each with the first response to it.
INQUIRIES = """
create or replace table explicit as
select * from (select k.member, instant_of(body->>'$.at') as said_at, day_of(body->>'$.at') as day from known k join member using (member)
               where kind = 'signal' and body->>'$.kind' = 'explicit' and is_bot = 0)
where said_at <= (select as_of from moment) and not is_teammate(member, day);

create or replace table human_contact as
select member, called_at as met_at from call where status = 'answered'
union all
select identity.member, pushed_at from push join fact_person using (fact_id) join identity on identity.identity_id = fact_person.identity_id
where field = 'subjects' and push.kind in ('outreach', 'cs_touch')
union all
select asker, occurred_at from reply where is_teammate
union all
select member, by_then(body->>'$.done_at', (select as_of from moment)) from known
where kind = 'task' and body->>'$.kind' in ('check_in', 'remind', 'first_contact', 'say_hi') and body->>'$.outcome' = 'done';

create or replace table inquiry as
select 'call' as kind, member, called_at as asked_at, day,
       (select min(c.called_at) from call c where c.member = call.member and c.status = 'answered' and c.called_at > call.called_at) as heard_at,
       cast(null as timestamp) as gone_at
from call where direction = 'inbound' and status in ('missed', 'abandoned', 'voicemail')
union all
select 'signal', member, said_at, day, (select min(met_at) from human_contact c where c.member = explicit.member and met_at >= said_at), null from explicit
union all
select 'hand_off', member, sent_at, day, (select min(met_at) from human_contact c where c.member = handed.member and met_at >= sent_at), gone_at
from (select member, instant_of(body->>'$.sent_at') as sent_at, day_of(body->>'$.sent_at') as day,
             by_then(body->>'$.returned_at', (select as_of from moment)) as gone_at from known where kind = 'hand_off') handed
where sent_at <= (select as_of from moment)
union all
select 'question', member, occurred_at, day,
       (select min(occurred_at) from reply r where r.thread = question.thread and r.is_teammate), null
from question where raises_hand"""


# Whoever was given back before anybody got in touch waits no longer.
STAYED = "(gone_at is null or coalesce(heard_at <= gone_at, false))"


def with_inquiries(db):
    with_threads(db)
    db.execute(INQUIRIES)


@kpi("response_time", by=("kind",), empty=None)
def response_time(db, question):
    with_inquiries(db)
    return medians(
        fetch(
            db,
            f"""
        select i, {column(question)} heard_at is not null and {STAYED} as happened,
               date_diff('microsecond', asked_at, if({STAYED}, coalesce(heard_at, (select as_of from moment)), gone_at)) // 1000000 as seconds
        from period join inquiry on day >= s and day < e""",
        )
    )


@kpi("never_answered_share", by=("kind",), empty=None)
def never_answered_share(db, question):
    with_inquiries(db)
    rows = fetch(
        db,
        f"""select i, {column(question)} count_if(heard_at is null) as numerator, count(*) as denominator
            from period join inquiry on day >= s and day < e where asked_at + interval 7 days <= (select as_of from moment) and {STAYED} group by all""",
    )
    return [with_value(row, 100.0) for row in rows]


def responded(name, limit):
    """Registers a figure: the share who heard from us within so many seconds of business hours."""

    @kpi(name, by=("kind",), empty=None)
    def make(db, question):
        with_inquiries(db)
        as_of = question.as_of.replace(tzinfo=None)
        groups = {}
        by = column(question)
        for row in fetch(db, f"select i, {by} asked_at, heard_at from period join inquiry on day >= s and day < e where {STAYED}"):
            waited = question.hours.seconds(row["asked_at"], row["heard_at"] or as_of)
            if row["heard_at"] is None and waited < limit:
                continue
            count = groups.setdefault((row["i"], row.get("kind")), [0, 0])
            count[0] += row["heard_at"] is not None and waited <= limit
            count[1] += 1
        rows = [{"i": i, "numerator": above, "denominator": below} | ({"kind": kind} if by else {}) for (i, kind), (above, below) in groups.items()]
        return [with_value(row, 100.0) for row in rows]


responded("responded_within_5min", 300)
responded("responded_within_1h", 3600)


# Whoever was handed over to sales, with the first thing that sales did about it: what others wrote or said is not of sales.
HANDED = """
    reaction as (
        select member, called_at as met_at from call where status = 'answered' and kind = 'sales'
        union all
        select identity.member, pushed_at from push join fact_person using (fact_id) join identity on identity.identity_id = fact_person.identity_id
        where field = 'subjects' and push.kind = 'outreach' and department = 'sales'
        union all
        select member, by_then(body->>'$.done_at', as_of) from known
        where kind = 'task' and body->>'$.kind' = 'first_contact' and body->>'$.outcome' = 'done'),
    handed as (
        select member, instant_of(body->>'$.sent_at') as sent_at, day_of(body->>'$.sent_at') as day, by_then(body->>'$.returned_at', as_of) as returned_at
        from known where kind = 'hand_off' and instant_of(body->>'$.sent_at') <= as_of),
    heard as (
        select handed.*, least(returned_at, (
            select min(met_at) from reaction r where r.member = handed.member and met_at >= sent_at and met_at <= (select as_of from moment))) as reacted_at
        from handed)"""


@kpi("cold_hand_offs", empty=None)
def cold_hand_offs(db, question):
    as_of, limit = question.as_of.replace(tzinfo=None), 3
    counts = {}
    for row in fetch(db, f"with {HANDED} select i, sent_at, reacted_at from period join heard on day >= s and day < e"):
        waited = question.hours.days(row["sent_at"], row["reacted_at"] or as_of)
        if row["reacted_at"] is None and waited < limit:
            continue
        count = counts.setdefault(row["i"], [0, 0])
        count[0] += row["reacted_at"] is None or waited > limit
        count[1] += 1
    return [with_value({"i": i, "numerator": cold, "denominator": all_of_them}, 100.0) for i, (cold, all_of_them) in counts.items()]
