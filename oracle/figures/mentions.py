"""What people outside say of us and of others (S12, S88)."""

import re
from collections import defaultdict
from datetime import timedelta
from math import exp

from figures.register import kpi

WEEKS, LEAST, CHANCE = 8, 10, 0.01


def spoken(db):
    """`(day, channel, brand, is_own)` of every brand that a mention names; `brand` is None where it names none."""
    brands = db.execute("""
        select distinct body->>'$.name' as name, cast(body->>'$.own' as boolean), cast(body->'$.terms' as varchar[]),
               coalesce(day_of(body->>'$.from'), date '0001-01-01'), coalesce(day_of(body->>'$.to'), date '9999-12-31')
        from known where kind = 'brand'""").fetchall()
    words = [(name, own, [whole(term) for term in [name, *(terms or [])]], start, end) for name, own, terms, start, end in brands]
    accounts = {name.lower() for name, *_ in brands}
    rows = db.execute("""
        with dated as (
            select k.member, body->>'$.text' as text, coalesce(body->>'$.channel', '(none)') as channel,
                   instant_of(body->>'$.at') as said_at, day_of(body->>'$.at') as day from known k where kind = 'mention')
        select dated.day, dated.channel, dated.text, member.name from dated left join member using (member)
        where said_at <= (select as_of from moment) and coalesce(is_bot, 0) = 0
          and not coalesce(is_teammate(dated.member, dated.day), false)""").fetchall()
    made = []
    for day, channel, text, author in rows:
        if (author or "").strip().lower() in accounts:
            continue
        named = {(brand, own) for brand, own, terms, start, end in words if start <= day < end and any(term.search(text or "") for term in terms)}
        made += [(day, channel, brand, own) for brand, own in named or {(None, True)}]
    return made


def whole(term):
    """Matches a term as whole words, whatever their case."""
    return re.compile(r"(?<!\w)" + re.escape(term) + r"(?!\w)", re.IGNORECASE)


@kpi("market_mentions", by=("channel",))
def market_mentions(db, question):
    counts = defaultdict(int)
    for place, (start, end) in enumerate(question.periods()):
        for day, channel, _, own in spoken(db):
            if own and start <= day < end:
                counts[place, channel if question.by else None] += 1
    return [{"i": place, "value": count} | ({"channel": channel} if question.by else {}) for (place, channel), count in counts.items()]


@kpi("market_topic_trend", by=("channel",), empty=None)
def market_topic_trend(db, question):
    rows, ours = [], [(day, channel) for day, channel, _, own in spoken(db) if own]
    known_from = min((day for day, _ in ours), default=None)
    for place, (start, end) in enumerate(question.periods()):
        last = min(end, question.today) - timedelta(days=1)
        if start > question.today or known_from is None or known_from > last - timedelta(days=7 * (WEEKS + 1) - 1):
            continue
        for channel in {channel for _, channel in ours} if question.by else {None}:
            days = [day for day, where in ours if channel in (None, where)]
            now = sum(last - timedelta(days=7) < day <= last for day in days)
            earlier = sum(last - timedelta(days=7 * (WEEKS + 1)) < day <= last - timedelta(days=7) for day in days)
            rises = now >= LEAST and tail(now, earlier / WEEKS) < CHANCE
            rows.append({"i": place, "value": float(rises)} | ({"channel": channel} if question.by else {}))
    return rows


def tail(count, mean):
    """The chance of a count or more where so many are expected (Poisson)."""
    term, below = exp(-mean), 0.0
    for k in range(count):
        below += term
        term *= mean / (k + 1)
    return 1 - below


@kpi("share_of_voice", by=("channel", "brand"), empty=None)
def share_of_voice(db, question):
    counts, totals, said = defaultdict(int), defaultdict(int), spoken(db)
    for place, (start, end) in enumerate(question.periods()):
        for day, channel, brand, own in said:
            if brand is None or not start <= day < end:
                continue
            group = (place, channel if question.by == "channel" else None)
            totals[group] += 1
            counts[group, brand if question.by == "brand" else None] += own or question.by == "brand"
    rows = []
    for (group, brand), count in counts.items():
        named = {"channel": {"channel": group[1]}, "brand": {"brand": brand}}.get(question.by, {})
        rows.append({"i": group[0], "value": 100 * count / totals[group], "numerator": count, "denominator": totals[group], **named})
    return rows
