"""What people outside say of us and of others (S12, S88)."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp

from figures.register import kpi

WEEKS, LEAST, CHANCE = 8, 10, 0.01


@dataclass(frozen=True, eq=False)
class Mention:
    """One thing that somebody said."""

    day: date
    channel: str
    words: str
    reach: int | None


def spoken(db):
    """`(mention, brand, is_own)` of every brand that a mention names; `brand` is None where it names none."""
    brands = db.execute("""
        select distinct body->>'$.name' as name, cast(body->>'$.own' as boolean), cast(body->'$.terms' as varchar[]),
               coalesce(day_of(body->>'$.from'), date '0001-01-01'), coalesce(day_of(body->>'$.to'), date '9999-12-31')
        from known where kind = 'brand'""").fetchall()
    words = [(name, own, [whole(term) for term in [name, *(terms or [])]], start, end) for name, own, terms, start, end in brands]
    accounts = {name.lower() for name, *_ in brands}
    rows = db.execute("""
        with dated as (
            select k.member, body->>'$.text' as text, coalesce(body->>'$.channel', '(none)') as channel,
                   cast(body->>'$.reach' as bigint) as reach, instant_of(body->>'$.at') as said_at, day_of(body->>'$.at') as day from known k where kind = 'mention')
        select dated.day, dated.channel, dated.text, dated.reach, member.name from dated left join member using (member)
        where said_at <= (select as_of from moment) and coalesce(is_bot, 0) = 0
          and not coalesce(is_teammate(dated.member, dated.day), false)""").fetchall()
    made = []
    for day, channel, text, reach, author in rows:
        if (author or "").strip().lower() in accounts:
            continue
        named = {(brand, own) for brand, own, terms, start, end in words if start <= day < end and any(term.search(text or "") for term in terms)}
        mention = Mention(day, channel, " ".join((text or "").lower().split()), reach)
        made += [(mention, brand, own) for brand, own in named or {(None, True)}]
    return made


def whole(term):
    """Matches a term as whole words, whatever their case."""
    return re.compile(r"(?<!\w)" + re.escape(term) + r"(?!\w)", re.IGNORECASE)


@kpi("market_mentions", by=("channel",))
def market_mentions(db, question):
    counts = defaultdict(int)
    said = [mention for mention, _, own in spoken(db) if own]
    for place, (start, end) in enumerate(question.periods()):
        for mention in said:
            if start <= mention.day < end:
                counts[place, tuple(question.says(channel=mention.channel).items())] += 1
    return [{"i": place, "value": count, **dict(says)} for (place, says), count in counts.items()]


def topics(db):
    """What tickets and feedback are about, in small letters."""
    rows = db.execute("""
        select unnest(cast(body->'$.topics' as varchar[])) from known where kind = 'ticket' and instant_of(body->>'$.opened_at') <= as_of
        union all select body->>'$.topic' from known where kind = 'feedback' and instant_of(body->>'$.at') <= as_of""").fetchall()
    return {topic.lower() for (topic,) in rows if topic}


def about(words, known):
    """The topic that stands first in the words; of those that begin together the longest."""
    return min((topic for topic in known if topic in words), key=lambda topic: (words.index(topic), -len(topic), topic), default="(none)")


@kpi("market_topic_trend", by=("channel", "topic"), empty=None)
def market_topic_trend(db, question):
    known = topics(db) if "topic" in question.names else set()
    ours = {mention for mention, _, own in spoken(db) if own}
    days = defaultdict(list)
    for mention in ours:
        says = question.says(channel=mention.channel, topic=about(mention.words, known))
        days[tuple(says.items())].append(mention.day)
    known_from, rows = min((mention.day for mention in ours), default=None), []
    for place, (start, end) in enumerate(question.periods()):
        last = min(end, question.today) - timedelta(days=1)
        if start > question.today or known_from is None or known_from > last - timedelta(days=7 * (WEEKS + 1) - 1):
            continue
        for part, said in days.items():
            now = sum(last - timedelta(days=7) < day <= last for day in said)
            earlier = sum(last - timedelta(days=7 * (WEEKS + 1)) < day <= last - timedelta(days=7) for day in said)
            rises = now >= LEAST and tail(now, earlier / WEEKS) < CHANCE
            rows.append({"i": place, "value": float(rises), **dict(part)})
    return rows


def tail(count, mean):
    """The chance of a count or more where so many are expected (Poisson)."""
    term, below = exp(-mean), 0.0
    for k in range(count):
        below += term
        term *= mean / (k + 1)
    return 1 - below


def voice(name, size):
    """Registers a figure: of what is said of all brands, each mention by its size, the part that is ours."""

    @kpi(name, by=("channel", "brand"), empty=None)
    def make(db, question):
        counts, totals = defaultdict(int), defaultdict(int)
        said = [(mention, brand, own) for mention, brand, own in spoken(db) if brand is not None and size(mention) is not None]
        for place, (start, end) in enumerate(question.periods()):
            for mention, brand, own in said:
                if not start <= mention.day < end:
                    continue
                group = (place, tuple(question.says(channel=mention.channel).items()))
                totals[group] += size(mention)
                counts[group, brand if question.by == "brand" else None] += size(mention) if own or question.by == "brand" else 0
        rows = []
        for (group, brand), count in counts.items():
            named = dict(group[1]) | ({"brand": brand} if question.by == "brand" else {})
            value = 100 * count / totals[group] if totals[group] else None
            rows.append({"i": group[0], "value": value, "numerator": count, "denominator": totals[group], **named})
        return rows


voice("share_of_voice", lambda mention: 1)
voice("share_of_voice_reach", lambda mention: mention.reach)
