"""Calls: where they come from, how they end, what they are worth (S106, S107, S109)."""

from figures.register import column, fetch, kpi, ratio, share
from figures.survival import medians

IN_PERIOD = "period join call on day >= s and day < e"


def labelled(question):
    """The column asked for; what is not stated is `(none)`."""
    return column(question, **{name: f"coalesce({name}, '(none)')" for name in ("call_source", "campaign", "agent", "kind")})


@kpi("calls", by=("call_source", "campaign"))
def calls(db, question):
    return f"select i, {labelled(question)} count(*) as value from {IN_PERIOD} group by all"


@kpi("first_time_callers", by=("call_source", "campaign"))
def first_time_callers(db, question):
    return f"""
        with first as (select *, row_number() over (partition by member order by called_at, fact_id) as place
                       from call where direction = 'inbound' and member is not null)
        select i, {labelled(question)} count(*) as value from period join first on day >= s and day < e
        where place = 1 group by all"""


@share("call_source_coverage", by=("call_source", "campaign"))
def call_source_coverage(db, question):
    """By source: the share that each has in all calls to us."""
    if question.by == "call_source":
        return f"""
            with counted_call as (select i, {labelled(question)} count(*) as numerator from {IN_PERIOD} where direction = 'inbound' group by all)
            select *, sum(numerator) over (partition by {", ".join(["i", *question.where])}) as denominator from counted_call"""
    return f"""select i, {labelled(question)} count(call_source) as numerator, count(*) as denominator
               from {IN_PERIOD} where direction = 'inbound' group by all"""


@share("calls_scored_share", by=("agent", "call_source"))
def calls_scored_share(db, question):
    return f"""select i, {labelled(question)} count(score) as numerator, count(*) as denominator
               from {IN_PERIOD} where status = 'answered' group by all"""


@ratio("mean_call_score", by=("agent", "call_source"))
def mean_call_score(db, question):
    return f"""select i, {labelled(question)} sum(score) as numerator, count(score) as denominator
               from {IN_PERIOD} where score is not null group by all"""


@share("call_conversion_rate", by=("agent", "call_source", "kind"))
def call_conversion_rate(db, question):
    return f"""select i, {labelled(question)} count_if(conversion) as numerator, count(*) as denominator
               from {IN_PERIOD} where status = 'answered' and conversion is not null group by all"""


@kpi("time_to_score", by=("agent", "call_source"), empty=None)
def time_to_score(db, question):
    return medians(
        fetch(
            db,
            f"""
        select i, {labelled(question)} scored_at is not null as happened,
               greatest(0, date_diff('microsecond', ended_at, coalesce(scored_at, (select as_of from moment))) // 1000000)
                 as seconds
        from {IN_PERIOD} where status = 'answered' and not is_scored_sometime""",
        )
    )


@share("missed_call_rate", by=("hours", "call_source"))
def missed_call_rate(db, question):
    hours = f"if({question.hours.is_open('local_time')}, 'business', 'after')"
    by = column(question, hours=hours, call_source="coalesce(call_source, '(none)')")
    return f"""select i, {by} count_if(status in ('missed', 'abandoned', 'voicemail')) as numerator, count(*) as denominator
               from {IN_PERIOD} where direction = 'inbound' group by all"""


@share("abandoned_call_rate", by=("call_source",))
def abandoned_call_rate(db, question):
    return f"""select i, {labelled(question)} count_if(status = 'abandoned') as numerator, count(*) as denominator
               from {IN_PERIOD} where direction = 'inbound' group by all"""


@kpi("sales_complaints", by=("agent",))
def sales_complaints(db, question):
    return f"""select i, {labelled(question)} count(*) as value from {IN_PERIOD}
               where kind = 'sales' and exists (select 1 from unnest(tags) as said(tag) where lower(tag) = 'complaint') group by all"""


@kpi("call_tags", by=("tag", "agent", "call_source"))
def call_tags(db, question):
    """A call for each of its tags, however written, and once in all."""
    return f"""with tagged as (select *, lower(word) as tag from (select *, unnest(tags) as word from call))
               select i, {labelled(question)} count(distinct fact_id) as value from period join tagged on day >= s and day < e group by all"""


@kpi("callback_time", empty=None)
def callback_time(db, question):
    return medians(
        fetch(
            db,
            f"""
        with waits as (
            select i, called_at, member,
                   (select min(c.called_at) from call c where c.member = call.member and c.called_at > call.called_at
                      and c.direction = 'outbound') as back_at,
                   (select min(c.called_at) from call c where c.member = call.member and c.called_at > call.called_at
                      and c.direction = 'inbound' and c.status = 'answered') as through_at
            from {IN_PERIOD} where direction = 'inbound' and member is not null
              and status in ('missed', 'abandoned', 'voicemail'))
        select i, back_at is not null and (through_at is null or back_at <= through_at) as happened,
               date_diff('microsecond', called_at, least(back_at, through_at, (select as_of from moment))) // 1000000 as seconds
        from waits""",
        )
    )
