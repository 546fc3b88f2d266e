"""Customers: how long they stay, whether they renew, whom they bring (S71, S72, S85; decision record 33)."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from figures.employers import AT_WORK
from figures.prepared import prepared
from figures.register import fetch, kpi, share
from figures.workplaces import only_stated, worked

GRACE, SILENCE = timedelta(days=30), timedelta(days=90)
MONTH = 30.4375 * 86400
HORIZON = 36.0
MEASURES = ("restricted mean", "restricted mean without horizon", "median", "mean of ended only", "inverse of end rate")

# Whose something is: an organization, or a person with a subscription of their own.
ROWS = """
create or replace table subscribed as
select coalesce('o' || organization, 'm' || member) as who, instant_of(body->>'$.started_at') as started_at, by_then(body->>'$.ended_at', as_of) as ended_at,
       cast(body->'$.renewals' as json[]) as renewals, fact_id, as_of
from known where kind = 'subscription' and coalesce(organization, cast(member as varchar)) is not null and instant_of(body->>'$.started_at') <= as_of;

create or replace table due as
select who, fact_id, instant_of(renewal->>'$.due_at') as due_at, by_then(renewal->>'$.renewed_at', as_of) as renewed_at, as_of
from (select *, unnest(renewals) as renewal from subscribed);

create or replace table bought as
select 'o' || (body->>'$.organization') as who, instant_of(body->>'$.closed_at') as bought_at
from known where kind = 'deal' and cast(body->>'$.won' as boolean) and instant_of(body->>'$.closed_at') <= as_of;

create or replace table account as
select 'o' || (body->>'$.id') as who, instant_of(body->>'$.customer_since') as since, by_then(body->>'$.churned_at', as_of) as churned_at
from known where kind = 'organization';"""

# A subscription ends when it says so, or on the first due day that was not renewed within 30 days.
RUNS = """
select who, started_at, least(ended_at, (
    select min(due_at) from due where due.fact_id = subscribed.fact_id and due_at + interval 30 days <= due.as_of
      and (renewed_at is null or renewed_at > due_at + interval 30 days)))
from subscribed"""


class Customers:
    """Everybody who ever was one, as far as was known by the instant: when they began and, if they did, ended."""

    def __init__(self, db):
        prepared(db, ROWS)
        self.as_of = db.execute("select as_of from moment").fetchone()[0]
        self.subscriptions, self.purchases, self.churned = defaultdict(list), defaultdict(list), {}
        self.begins = defaultdict(list)
        for who, start, end in db.execute(RUNS).fetchall():
            self.subscriptions[who].append((start, end))
            self.begins[who].append(start)
        for who, at in db.execute("select who, bought_at from bought").fetchall():
            self.purchases[who].append(at)
            self.begins[who].append(at)
        for who, since, churned in db.execute("select who, since, churned_at from account").fetchall():
            self.churned[who] = churned
            if since and since <= self.as_of:
                self.begins[who].append(since)
        self.uses = self.read_uses(db)
        self.spells = {who: (min(begins), self.end(who, min(begins))) for who, begins in self.begins.items()}

    def read_uses(self, db):
        """Days of use of the product by those who worked at an organization then."""
        uses = defaultdict(list)
        worked(db)
        rows = db.execute("""
            select distinct 'o' || works.organization, a.occurred_at from act a join works using (member)
            where a.is_product and a.day >= coalesce(from_day, a.day) and (to_day is null or a.day < to_day)
            union select 'o' || organization_id, occurred_at from act where is_product and organization_id is not null""").fetchall()
        for who, at in rows:
            uses[who].append(at)
        return uses

    def end(self, who, start):
        """When the first spell ended and when that was known; nothing while it lasts."""
        if who in self.subscriptions:
            return self.end_of_subscriptions(who)
        if self.churned.get(who):
            return self.churned[who], self.churned[who]
        used = sorted(at for at in self.uses.get(who, ()) if at >= start)
        for at, following in pairwise([*used, self.as_of]):
            if following - at > SILENCE:
                return at, at + SILENCE
        return None

    def end_of_subscriptions(self, who):
        """The first end of a subscription at which no other runs, and none begins within 30 days."""
        runs = self.subscriptions[who]
        for end in sorted(end for _, end in runs if end):
            if end + GRACE <= self.as_of and not any(start <= end + GRACE and (stop is None or stop > end) for start, stop in runs):
                return end, end + GRACE
        return None


def customers(db):
    moment = (db.execute("select as_of, zone from moment").fetchone(), id(db))
    if MADE.get("moment") != moment:
        MADE.update(moment=moment, customers=Customers(db))
    return MADE["customers"]


MADE: dict = {}


def instant(day, zone):
    """The local midnight at which a day begins, in UTC without saying so."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


@kpi("average_customer_lifespan", by=("measure",), empty=None)
def average_customer_lifespan(db, question):
    people, rows = customers(db), []
    for place, (start, end) in enumerate(question.periods()):
        if start > question.today:
            continue
        until = instant(min(end, question.today), question.zone)
        spells = []
        for begun, ended in people.spells.values():
            if begun < until:
                has_ended = ended is not None and ended[1] <= until
                spells.append((((ended[0] if has_ended else until) - begun).total_seconds() / MONTH, has_ended))
        count = sum(has_ended for _, has_ended in spells)
        for measure in MEASURES if question.by else MEASURES[:1]:
            dimension = {"measure": measure} if question.by else {}
            rows.append({"i": place, "value": lifespan(spells, measure), "numerator": count, "denominator": len(spells), **dimension})
    return rows


def lifespan(spells, measure):
    """A measure of `(months, ended)`."""
    ended = [months for months, has_ended in spells if has_ended]
    match measure:
        case "mean of ended only":
            return sum(ended) / len(ended) if ended else None
        case "inverse of end rate":
            return sum(months for months, _ in spells) / len(ended) if ended else None
        case "median":
            return next((months for months, left in curve(spells) if left <= 0.5 + 1e-12), None)
    if not spells:
        return None
    horizon = sorted(months for months, _ in spells)[-max(1, -(-len(spells) // 10))]
    return area(spells, min(HORIZON, horizon) if measure == MEASURES[0] else horizon)


def curve(spells):
    """Kaplan and Meier: times at which somebody ended and the share that is left then."""
    left, steps = 1.0, []
    for months in sorted({months for months, has_ended in spells if has_ended}):
        at_risk = sum(other >= months for other, _ in spells)
        left *= 1 - sum(has_ended and other == months for other, has_ended in spells) / at_risk
        steps.append((months, left))
    return steps


def area(spells, horizon):
    total, before, left = 0.0, 0.0, 1.0
    for months, after in curve(spells):
        if months >= horizon:
            break
        total, before, left = total + left * (months - before), months, after
    return total + left * (horizon - before)


LANDED = timedelta(days=90)


@kpi("customer_lifespan_landmark", by=("community",), empty=None)
def customer_lifespan_landmark(db, question):
    """From the 90th day on, of those who were customers still: with members before that day, and without."""
    only_stated(db)
    worked(db)
    first = dict(
        db.execute(f"""
            with {AT_WORK} select 'o' || organization_id, min(day) from at_work group by all
            union all select 'm' || member, min(day) from counted group by all""").fetchall()
    )
    people, rows = customers(db), []
    days = {begun: db.execute("select local_day(cast(? as timestamp))", [begun + LANDED]).fetchone()[0] for begun, _ in people.spells.values()}
    for place, (start, end) in enumerate(question.periods()):
        if start > question.today:
            continue
        until, parts = instant(min(end, question.today), question.zone), defaultdict(list)
        for who, (begun, ended) in people.spells.items():
            landed, has_ended = begun + LANDED, ended is not None and ended[1] <= until
            if landed < until and not (has_ended and ended[0] <= landed):
                part = "with members" if who in first and first[who] < days[begun] else "without members"
                parts[tuple(question.says(community=part).items())].append((((ended[0] if has_ended else until) - landed).total_seconds() / MONTH, has_ended))
        rows += [
            {"i": place, "value": lifespan(spells, MEASURES[0]), "numerator": sum(has_ended for _, has_ended in spells), "denominator": len(spells), **dict(part)}
            for part, spells in parts.items()
        ]
    return rows


@share("customer_loyalty")
def customer_loyalty(db, question):
    prepared(db, ROWS)
    return """
        with judged as (
            select who, local_day(due_at) as day, renewed_at <= due_at + interval 30 days
                   or exists (select 1 from subscribed s where s.who = due.who and s.fact_id <> due.fact_id
                       and started_at between due_at - interval 30 days and due_at + interval 30 days)
                   or exists (select 1 from bought b where b.who = due.who and bought_at between due_at - interval 30 days
                       and due_at + interval 30 days) as renewed
            from due where due_at <= as_of)
        select i, count(distinct who) filter (renewed) as numerator, count(distinct who) as denominator from period join judged on day >= s
            and day < e group by i"""


@share("customer_referral_rate")
def customer_referral_rate(db, question):
    people = customers(db)
    invites = fetch(
        db,
        """select k.member, instant_of(body->>'$.sent_at') as sent_at, day_of(body->>'$.sent_at') as day, a.organization_id
           from known k join activity a on a.source = k.source and a.activity_type = 'referral:sent' and a.external_id = 'invite:' || (body->>'$.id')
           left join (select fact_id, identity.member from fact_person join identity using (identity_id) where field = 'accepted_by') p using (fact_id)
           where k.kind = 'invite' and instant_of(body->>'$.sent_at') <= as_of and p.member is distinct from k.member""",
    )
    brought = defaultdict(set)
    for row in invites:
        for who in (f"m{row['member']}", f"o{row['organization_id']}"):
            begun, ended = people.spells.get(who, (people.as_of, None))
            if begun <= row["sent_at"] and (ended is None or row["sent_at"] < ended[0]):
                brought[who].add(row["day"])
    points = []
    for place, (start, end) in enumerate(question.periods()):
        first, last = instant(start, question.zone), instant(min(end, question.today + timedelta(days=1)), question.zone)
        here = [who for who, (begun, ended) in people.spells.items() if begun < last and begun <= people.as_of and (ended is None or ended[0] >= first)]
        asked = sum(any(start <= day < end for day in brought[who]) for who in here)
        points.append({"i": place, "numerator": asked, "denominator": len(here)})
    return points
