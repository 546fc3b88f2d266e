"""Answered questions that others read, and the tickets that these may have saved (S55)."""

from collections import defaultdict
from datetime import timedelta
from itertools import product

from currencies import told
from figures.questions import with_threads
from figures.register import column, fetch, kpi, share

# Who may ask support and since when: users of the product, customers, and members of organizations that were customers then.
ENTITLED = """
create or replace table product_account as
select member, min(instant_of(body->>'$.signup_at')) as from_at from known where kind = 'product_user' group by member;

create or replace table topic_ticket as
select ticket.*, unnest(coalesce(nullif(cast(body->'$.topics' as varchar[]), []), [null])) as topic, body->>'$.linked_thread' as linked_thread
from ticket join known using (fact_id);

create or replace table asked_there as
select q.thread, q.member, q.day, q.occurred_at, q.channel, q.any_reply, t.title, t.external_id, q.organization_id
from question q left join thread t using (thread_id) where q.any_reply is not null"""

RIGHT = """
    exists (select 1 from product_account p where p.member = {who}.member and p.from_at <= {who}.occurred_at)
    or exists (select 1 from customer c where c.who = 'member ' || {who}.member and c.from_day <= {who}.day and (c.to_day is null or c.to_day > {who}.day))
    or exists (select 1 from customer c where c.from_day <= {who}.day and (c.to_day is null or c.to_day > {who}.day)
               and c.who = {who}.organization_id)"""

# Before the day of the first ticket nobody knows what support was asked.
LOW = f"""
create or replace table saved as
select 'low' as estimate, q.thread, q.member, q.day, q.occurred_at, q.channel from asked_there q
where ({RIGHT.format(who="q")}) and q.day >= (select min(day) from ticket) and not exists (
    select 1 from topic_ticket t
    where t.opened_at >= q.occurred_at and t.opened_at <= q.occurred_at + interval 14 days
      and (t.member = q.member or t.linked_thread = q.external_id
           or (t.organization = q.organization_id and contains(lower(q.title), lower(t.topic)))))"""

# A read within 30 days of one of the same member is the same look, whatever came of that one.
READS = f"""
select r.member, r.thread_id, a.thread, r.day, r.occurred_at, a.channel,
       ({RIGHT.format(who="r")}) and r.day >= (select min(day) from ticket)
       and not exists (select 1 from ticket t where t.member = r.member and t.opened_at >= r.occurred_at and t.opened_at <= r.occurred_at + interval 48 hours)
       as saves
from act r join asked_there a on a.thread = 't' || r.thread_id
where r.activity_type = 'forum:topic:read' and r.is_counted and r.member <> a.member
  and r.occurred_at >= a.occurred_at + to_seconds(cast(a.any_reply as bigint))
order by r.member, a.thread, r.occurred_at"""


def with_saved(db):
    """Makes `saved`: questions and reads that may have saved a ticket, as of the moment asked for, once."""
    moment = db.execute("select as_of, zone from moment").fetchone()
    if MADE.get(id(db)) == moment:
        return
    with_threads(db)
    db.execute(ENTITLED)
    db.execute(LOW)
    for read in filter(lambda read: read["saves"], spaced(fetch(db, READS))):
        saved = [read[name] for name in ("thread", "member", "day", "occurred_at", "channel")]
        db.execute("insert into saved values ('high', ?, ?, ?, ?, ?)", saved)
    MADE[id(db)] = moment


def spaced(reads):
    """Of reads in their order, those that count: of one member and thread none within 30 days of the last one that did."""
    last = {}
    for read in reads:
        key, read_at = (read["member"], read["thread"]), read["occurred_at"]
        if key not in last or read_at >= last[key] + timedelta(days=30):
            last[key] = read_at
            yield read


MADE: dict = {}


@kpi("ticket_deflection_low", by=("channel",))
def ticket_deflection_low(db, question):
    with_saved(db)
    return f"select i, {column(question)} count(*) as value from period join saved on day >= s and day < e where estimate = 'low' group by all"


@kpi("ticket_deflection_high", by=("channel",))
def ticket_deflection_high(db, question):
    with_saved(db)
    return f"select i, {column(question)} count(*) as value from period join saved on day >= s and day < e group by all"


@kpi("ticket_deflection_saving", by=("estimate", "currency", "channel"), empty=None)
def ticket_deflection_saving(db, question):
    with_saved(db)
    prices = db.execute("""
        select day_of(body->>'$.at'), cast(body->>'$.amount' as double), coalesce(body->>'$.currency', '(none)') from known
        where kind = 'assumption' and body->>'$.name' = 'cost_per_ticket' order by 1""").fetchall()
    always = ("estimate", "currency")
    sums = defaultdict(float)
    for row in fetch(db, f"select i, day, {column(question, always)} estimate from period join saved on day >= s and day < e"):
        held = {currency: (since, amount) for since, amount, currency in prices if since <= row["day"]}
        costs = {}  # By the currency that each is told in; of several the one assumed last.
        for currency, (_, amount) in sorted(held.items(), key=lambda assumed: assumed[1][0]):
            amount, currency = told(amount, currency, row["day"])
            costs[currency] = amount
        for estimate, (currency, amount) in product(("low", "high") if row["estimate"] == "low" else ("high",), costs.items()):
            sums[row["i"], estimate, currency, row.get("channel")] += amount
    return [
        {"i": i, "value": value, "estimate": estimate, "currency": currency} | ({"channel": channel} if "channel" in question.names else {})
        for (i, estimate, currency, channel), value in sums.items()
    ]


@kpi("questions_escalated", by=("channel",))
def questions_escalated(db, question):
    """Answered questions of people who may ask support that are not among those that saved a ticket."""
    with_saved(db)
    return f"""
        with turned as (
            select q.day, q.channel from asked_there q
            where ({RIGHT.format(who="q")}) and q.day >= (select min(day) from ticket)
              and not exists (select 1 from saved where estimate = 'low' and saved.thread = q.thread))
        select i, {column(question)} count(*) as value from period join turned on day >= s and day < e group by all"""


# Reads of members' questions that others had answered by then, by whoever it was.
READS_OF_ANSWERED = """
    with answered as (select thread, min(occurred_at) as answered_at from reply group by thread)
    select r.member, thread, r.day, r.occurred_at, q.channel, r.occurred_at > answered_at + interval 365 days as is_old
    from question q join answered using (thread) join act r on 't' || r.thread_id = thread
    where r.activity_type = 'forum:topic:read' and r.is_counted and r.member <> q.member and r.occurred_at >= answered_at
    order by r.member, thread, r.occurred_at"""


@share("old_answers_read", by=("channel",))
def old_answers_read(db, question):
    with_threads(db)
    counts = defaultdict(lambda: [0, 0])
    periods = question.periods()
    for read in spaced(fetch(db, READS_OF_ANSWERED)):
        for place, (start, end) in enumerate(periods):
            if start <= read["day"] < end:
                count = counts[place, tuple(question.says(channel=read["channel"]).items())]
                count[0] += read["is_old"]
                count[1] += 1
    return [{"i": i, "numerator": old, "denominator": every, **dict(says)} for (i, says), (old, every) in counts.items()]
