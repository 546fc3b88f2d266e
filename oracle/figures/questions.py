"""Questions, answers and threads (S47 to S54, S74, S115; decision record 25)."""

from figures.activity import smallest_half
from figures.register import column, fetch, kpi, ratio, share
from figures.survival import medians

# Threads, those of one message that asks included, with who opened them; and every reply by somebody else who is no program.
# What replies opens none: a list's archive begins amid threads, and clocks differ.
THREADS = """
create or replace table post as
select *, coalesce('t' || thread_id, 'm' || stem) as own_thread from act where opens_thread or replies;

create or replace table lone_thread as
with recursive chain as (
    select stem, 'm' || stem as thread from post where thread_id is null and parent is null and words_ask and is_ours and not only_replies
    union
    select p.stem, chain.thread from post p join chain on p.parent = chain.stem where p.thread_id is null)
select stem, thread from chain;

create or replace table threaded as
select coalesce('t' || post.thread_id, lone_thread.thread) as thread, post.*
from post left join lone_thread on lone_thread.stem = post.stem and post.thread_id is null
where post.thread_id is not null or lone_thread.thread is not null;

create or replace table opening as
with first as (
    select *, row_number() over (partition by thread order by occurred_at, not opens_thread, seq) as place from threaded where not only_replies)
select first.* exclude (place, replies), to_micros.closed_at, coalesce(is_closed, 0) = 1 as is_closed,
       is_qa or type_asks or (words_ask and is_ours) as is_question
from first left join (select thread_id, is_closed, make_timestamp(closed_at) as closed_at from thread) to_micros using (thread_id)
where place = 1;

create or replace table reply as
select r.*, o.member as asker, o.day as asked_day, o.occurred_at as asked_at, o.is_question, o.is_counted as by_member,
       date_diff('microsecond', o.occurred_at, r.occurred_at) // 1000000 as seconds
from threaded r join opening o using (thread)
where r.replies and r.member <> o.member and not r.is_bot and r.weight >= 1 and r.occurred_at >= o.occurred_at;

create or replace table question as
select o.*, (select local_day(as_of) from moment) as today,
       date_diff('microsecond', occurred_at, (select as_of from moment)) // 1000000 as age,
       date_diff('microsecond', occurred_at, least((select as_of from moment), coalesce(closed_at, (select as_of from moment))))
         // 1000000 as watched,
       (select min(seconds) from reply r where r.thread = o.thread) as any_reply,
       (select min(seconds) from reply r where r.thread = o.thread and r.is_counted) as member_reply,
       (select arg_min(if(r.is_teammate, 'teammate', 'member'), (r.occurred_at, r.seq)) from reply r
        where r.thread = o.thread) as responder
from opening o where is_question and is_counted"""

IN_PERIOD = "period join question on day >= s and day < e"


def with_threads(db):
    """Makes `opening`, `reply` and `question` as of the moment asked for, once."""
    moment = db.execute("select as_of, zone from moment").fetchone()
    if MADE.get(id(db)) != moment:
        db.execute(THREADS)
        MADE[id(db)] = moment


MADE: dict = {}


@kpi("questions", by=("channel",))
def questions(db, question):
    with_threads(db)
    return f"select i, {column(question)} count(*) as value from {IN_PERIOD} group by all"


@share("questions_answered_by_community", by=("channel",))
def questions_answered_by_community(db, question):
    with_threads(db)
    return f"""select i, {column(question)} count_if(responder = 'member') as numerator, count(*) as denominator
               from {IN_PERIOD} where age >= 7 * 86400 group by all"""


@share("answered_within_24h", by=("channel",))
def answered_within_24h(db, question):
    with_threads(db)
    return f"""select i, {column(question)} count_if(member_reply <= 86400) as numerator, count(*) as denominator
               from {IN_PERIOD} where age >= 86400 group by all"""


@kpi("time_to_community_answer", by=("channel",), empty=None)
def time_to_community_answer(db, question):
    return medians(waits(db, question))


@kpi("time_to_community_answer_p90", by=("channel",), empty=None)
def time_to_community_answer_p90(db, question):
    return medians(waits(db, question), left=0.1)


def waits(db, question):
    """How long each question waited for a member's answer, or waits for one."""
    with_threads(db)
    return fetch(
        db,
        f"""
        select i, {column(question)} coalesce(member_reply, watched) as seconds, member_reply is not null as happened
        from {IN_PERIOD}""",
    )


@kpi("time_to_first_response", by=("responder", "channel"), empty=None)
def time_to_first_response(db, question):
    with_threads(db)
    return medians(
        fetch(
            db,
            f"""
        select i, {column(question, responder="coalesce(responder, '(none)')")}
               coalesce(any_reply, watched) as seconds, any_reply is not null as happened from {IN_PERIOD}""",
        )
    )


# What answers a program helps nobody.
HELPS = "is_question and is_counted and not exists (select 1 from member where member.member = r.asker and is_bot = 1)"


@share("asker_retention", by=("answered",))
def asker_retention(db, question):
    with_threads(db)
    when = "case when any_reply <= 86400 then 'within 24 h' when any_reply is not null then 'later' else 'never' end"
    return f"""
        select i, {column(question, answered=when)} count(distinct q.member) filter (exists (
                   select 1 from member_day d where d.member = q.member and d.day between q.day + 8 and q.day + 60)) as numerator,
               count(distinct q.member) as denominator
        from period join question q on q.day >= s and q.day < e where q.day + 60 < today group by all"""


@share("asker_to_answerer")
def asker_to_answerer(db, question):
    with_threads(db)
    return """
        with first as (select member, min(day) as day, min(occurred_at) as first_at, max(age) as age from question group by member)
        select i, count_if(exists (
                   select 1 from reply r where r.member = first.member and r.is_counted and r.is_question
                     and r.occurred_at > first_at and r.occurred_at <= first_at + interval 180 days)) as numerator,
               count(*) as denominator
        from period join first on day >= s and day < e where age >= 180 * 86400 group by i"""


ANSWERS = """
    answer as (
        select r.*, (select as_of from moment) as as_of,
               (select min(l.occurred_at) from act l
                where l.is_like and l.is_teammate and not l.is_bot and l.parent = r.stem and l.occurred_at >= r.occurred_at)
                 as signal_at
        from reply r where r.is_question and r.is_counted)"""


@share("positive_signal_coverage")
def positive_signal_coverage(db, question):
    with_threads(db)
    return f"""
        with {ANSWERS}
        select i, count_if(signal_at <= occurred_at + interval 7 days) as numerator, count(*) as denominator
        from period join answer on day >= s and day < e where occurred_at + interval 7 days <= as_of group by i"""


@kpi("time_to_positive_signal", empty=None)
def time_to_positive_signal(db, question):
    with_threads(db)
    return medians(
        fetch(
            db,
            f"""
        with {ANSWERS}
        select i, signal_at is not null as happened,
               date_diff('microsecond', occurred_at, coalesce(signal_at, as_of)) // 1000000 as seconds
        from period join answer on day >= s and day < e""",
        )
    )


@kpi("answer_concentration", empty=None)
def answer_concentration(db, question):
    with_threads(db)
    return smallest_half(f"""select i, member as who, count(*) as acts from period join reply r on day >= s and day < e
                             where {HELPS} group by all""")


@kpi("top_answerers", empty=None)
def top_answerers(db, question):
    with_threads(db)
    rows = fetch(
        db,
        f"""
        with thanked as (
            select r.seq, count(*) as thanks
            from reply r join act l on l.parent = r.stem and l.is_like and not l.is_bot and l.member <> r.member and l.occurred_at >= r.occurred_at
            where r.thread_id is not null group by r.seq),
        first as (select thread, member, arg_min(seq, (occurred_at, seq)) as seq, min(seconds) as seconds from reply group by all),
        given as (
            select i, r.member, count(*) as answers, count(distinct asker) as helped, median(first.seconds) as median_response_seconds,
                   count_if(exists (select 1 from act x where x.activity_type = 'answer:accepted' and x.parent = r.stem)) as accepted,
                   cast(coalesce(sum(thanks), 0) as bigint) as thanks
            from period join reply r on day >= s and day < e left join thanked on thanked.seq = r.seq left join first on first.seq = r.seq
            where {HELPS} group by i, r.member),
        ranked as (select given.*, name, row_number() over (
                       partition by i order by helped desc, accepted desc, answers desc, thanks desc, name, member_id) as rank
                   from given join member using (member))
        select i, accepted, answers, thanks, median_response_seconds, name as member, rank, helped as value from ranked where rank <= 50""",
    )
    return [{name: plain(value) for name, value in row.items() if value is not None} for row in rows]


def plain(value):
    """A number as it is written: without a fraction where it is whole."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@ratio("replies_per_thread", by=("channel",))
def replies_per_thread(db, question):
    with_threads(db)
    return f"""
        select i, {column(question)} sum((select count(*) from reply where reply.thread = o.thread)) as numerator,
               count(*) as denominator
        from period join opening o on day >= s and day < e where not is_bot group by all"""


# Threads and tickets by their source: when they were opened and, if they are, closed. Of a thread may only be known that it is.
CLOSING = """
    desk as (
        select k.source, t.day, t.opened_at,
               if(by_then(k.body->>'$.reopened_at', as_of) >= t.solved_at, null, t.solved_at) as closed_at
        from ticket t join known k using (fact_id) where not t.is_bot),
    closing as (
        select source, day, occurred_at as opened_at, if(closed_at <= as_of, closed_at, null) as closed_at, is_closed and closed_at is null as is_undated
        from opening, moment
        where not is_bot and weight >= 1 and source in (select source from opening where closed_at is not null)
        union all
        select source, day, opened_at, closed_at, false from desk where source in (select source from desk where closed_at is not null))"""


@share("closure_ratio", by=("source",))
def closure_ratio(db, question):
    with_threads(db)
    return f"""
        with {CLOSING},
        opened as (select i, {column(question)} count(*) as n from period join closing on day >= s and day < e group by all),
        closed as (select i, {column(question)} count(*) as n from period join closing
                   on local_day(closed_at) >= s and local_day(closed_at) < e group by all)
        select opened.* exclude (n), coalesce(closed.n, 0) as numerator, opened.n as denominator
        from opened left join closed using (i{", source" if question.names else ""})"""


@kpi("time_to_close", by=("source",), empty=None)
def time_to_close(db, question):
    with_threads(db)
    return medians(
        fetch(
            db,
            f"""
        with {CLOSING}
        select i, {column(question)} closed_at is not null as happened,
               date_diff('microsecond', opened_at, coalesce(closed_at, (select as_of from moment))) // 1000000 as seconds
        from period join closing on day >= s and day < e where not is_undated""",
        )
    )


@share("answered_within_1h", by=("channel",))
def answered_within_1h(db, question):
    with_threads(db)
    return f"""select i, {column(question)} count_if(member_reply <= 3600) as numerator, count(*) as denominator
               from {IN_PERIOD} where age >= 3600 group by all"""


@share("answered_within_7d", by=("channel",))
def answered_within_7d(db, question):
    with_threads(db)
    return f"""select i, {column(question)} count_if(member_reply <= 7 * 86400) as numerator, count(*) as denominator
               from {IN_PERIOD} where age >= 7 * 86400 group by all"""


@ratio("time_to_community_answer_mean", by=("channel",))
def time_to_community_answer_mean(db, question):
    with_threads(db)
    return f"""select i, {column(question)} sum(member_reply) as numerator, count(member_reply) as denominator
               from {IN_PERIOD} where member_reply is not null group by all"""


@share("answered_first_by_community", by=("channel",))
def answered_first_by_community(db, question):
    with_threads(db)
    return f"""select i, {column(question)} count_if(responder = 'member') as numerator, count(*) as denominator
               from {IN_PERIOD} where age >= 7 * 86400 and any_reply is not null group by all"""


@share("answered_only_by_community", by=("channel",))
def answered_only_by_community(db, question):
    with_threads(db)
    return f"""
        with judged as (
            select *, exists (select 1 from reply r where r.thread = question.thread and r.is_teammate) as by_teammate
            from question where any_reply is not null and age >= 7 * 86400)
        select i, {column(question)} count_if(member_reply is not null and not by_teammate) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by all"""
