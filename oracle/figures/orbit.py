"""Steps, levels, gravity, movement, the gauge and love (S14 to S16, S19; decision records 10 to 13)."""

from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from math import exp, lgamma
from statistics import median

from figures.register import kpi, tally
from periods import add_months, floor

LEVELS = ("Exploring", "Participating", "Contributing", "Leading")
LOOK_BACK = 365
DECAY = 0.9


class Community:
    """Every member's active days, with the weights, and the steps that follow."""

    def __init__(self, db):
        self.days = defaultdict(list)
        self.weights = defaultdict(list)
        self.totals = defaultdict(list)
        rows = db.execute("select member, day, max(weight), sum(weight) from counted group by all order by day").fetchall()
        for member, day, weight, total in rows:
            self.days[member].append(day)
            self.weights[member].append(weight)
            self.totals[member].append(int(total))
        self.teammates = defaultdict(list)
        for member, start, end in db.execute("select member, from_day, to_day from teammate").fetchall():
            self.teammates[member].append((start or date.min, end or date.max))
        self.held = cache(self.held_step)
        self.raw = cache(self.raw_step)

    def is_teammate(self, member, day):
        return any(start <= day < end for start, end in self.teammates.get(member, ()))

    def within(self, member, start, end):
        """Places of the member's days in `[start, end)`."""
        days = self.days[member]
        return bisect_left(days, start), bisect_left(days, end)

    def raw_step(self, member, day):
        """The step that the look-back `[day - 365, day)` earns."""
        first, last = self.within(member, day - timedelta(days=LOOK_BACK), day)
        if first == last:
            return 0
        days = self.days[member][first:last]
        return max(*self.weights[member][first:last], presence_step(days))

    def held_step(self, member, day):
        """The step held at the midnight that begins a day: that of the month's first, or what was reached since."""
        check = day.replace(day=1)
        first, last = self.within(member, check, day)
        since = (self.raw(member, active + timedelta(days=1)) for active in self.days[member][first:last])
        return max([self.raw(member, check), *since])

    def steps(self, day):
        """Members in orbit at the midnight that begins a day, with their steps."""
        steps = {member: self.held(member, day) for member in self.days if not self.is_teammate(member, day)}
        return {member: step for member, step in steps.items() if step}

    def both(self, start, end):
        """Steps at both ends of a period, without those who became or stopped being teammates in it."""
        moved = {member for member in self.teammates if self.is_teammate(member, start) != self.is_teammate(member, end)}
        return tuple({member: step for member, step in self.steps(day).items() if member not in moved} for day in (start, end))


def month_of(day):
    return day.year * 12 + day.month - 1


def presence_step(days):
    """3 + weeks with two active days, 6 + months with seven, 9 + quarters with thirty; each up to three."""
    best = 0
    for base, grain, least in ((3, "week", 2), (6, "month", 7), (9, "quarter", 30)):
        reached = sum(count >= least for count in Counter(floor(grain, day) for day in days).values())
        best = max(best, base + min(reached, 3)) if reached else best
    return best


def level_of(step):
    """0 for Exploring to 3 for Leading; -1 out of orbit."""
    return (step - 1) // 3 if step else -1


def community(db):
    """The community as of the moment asked for; made once for each."""
    moment = db.execute("select as_of, zone from moment").fetchone()
    if MADE.get("moment") != (moment, id(db)):
        MADE.update(moment=(moment, id(db)), community=Community(db))
    return MADE["community"]


MADE: dict = {}


def ends(question):
    """Number, first midnight and last midnight of each period that has begun; the last is today's at most."""
    for place, (start, end) in enumerate(question.periods()):
        if start <= question.today:
            yield place, start, min(end, question.today)


@kpi("orbit_levels", by=("level",))
def orbit_levels(db, question):
    people, rows = community(db), []
    for place, _, end in ends(question):
        rows += tally(question, place, Counter(LEVELS[level_of(step)] for step in people.steps(end).values()), "level")
    return rows


@kpi("orbit_movement", by=("level", "movement"), empty=None)
def orbit_movement(db, question):
    rows = []
    for place, start, end in ends(question):
        before, after = community(db).both(start, end)
        moves = Counter((level_of(step), movement(step, after.get(member, 0))) for member, step in before.items())
        sizes = Counter(level_of(step) for step in before.values())
        rows += [
            {"i": place, "value": 100 * count / sizes[level], "numerator": count, "denominator": sizes[level], "level": LEVELS[level], "movement": move}
            for (level, move), count in moves.items()
        ]
    return rows


def movement(before, after):
    """What became of a member between two steps."""
    if not after:
        return "left"
    if level_of(after) == level_of(before):
        return "held"
    return "up" if level_of(after) > level_of(before) else "down"


@kpi("readiness_to_grow", by=("level",))
def readiness_to_grow(db, question):
    rows = []
    for place, start, end in ends(question):
        before, after = community(db).both(start, end)
        moved = Counter(LEVELS[level_of(step)] for member, step in before.items() if level_of(after.get(member, 0)) > level_of(step))
        rows += tally(question, place, moved, "level")
    return rows


@kpi("gravity", empty=None)
def gravity(db, question):
    rows = []
    for place, start, end in ends(question):
        before, after = community(db).both(start, end)
        members = len(before.keys() | after.keys())
        change = sum(step**2 for step in after.values()) - sum(step**2 for step in before.values())
        rows.append({"i": place, "value": change / members if members else None, "numerator": change, "denominator": members})
    return rows


@kpi("gravity_existing", empty=None)
def gravity_existing(db, question):
    rows = []
    for place, start, end in ends(question):
        before, after = community(db).both(start, end)
        change = sum(after.get(member, 0) ** 2 - step**2 for member, step in before.items())
        value = change / len(before) if before else None
        rows.append({"i": place, "value": value, "numerator": change, "denominator": len(before)})
    return rows


@kpi("love_total")
def love_total(db, question):
    people, rows = community(db), []
    for place, _, end in ends(question):
        month, total = month_of(end), 0.0
        for member, first in ((member, days[0]) for member, days in people.days.items()):
            if first < end and not people.is_teammate(member, end):
                total += love(people, member, end, month)
        rows.append({"i": place, "value": total})
    return rows


def love(people, member, day, month):
    """Weights of twelve calendar months before the midnight that begins a day, each month's a tenth less."""
    first, last = people.within(member, add_months(day, -11), day)
    dated = zip(people.days[member][first:last], people.totals[member][first:last], strict=True)
    return sum(total * DECAY ** (month - month_of(active)) for active, total in dated)


@kpi("presence_gauge", by=("gauge",))
def presence_gauge(db, question):
    people, rows = community(db), []
    for place, _, end in ends(question):
        rows += tally(question, place, gauges(people, end), "gauge")
    return rows


WINDOW, BASELINE, MIN_TENURE, PRIOR = 30, 180, 60, 30


def gauges(people, day):
    """How many members are low, neutral or high at a midnight, or have no baseline."""
    baselines = {member: baseline(people, member, day) for member, days in people.days.items() if days[0] < day and not people.is_teammate(member, day)}
    rates = defaultdict(list)
    for member, (active, length) in baselines.items():
        if length:
            rates[level_of(people.held(member, day))].append(active / length)
    counts = Counter()
    for member, (active, length) in baselines.items():
        if not length:
            counts["no baseline"] += 1
            continue
        first, last = people.within(member, day - timedelta(days=WINDOW), day)
        counts[gauge(last - first, active, length, median(rates[level_of(people.held(member, day))]))] += 1
    return counts


def baseline(people, member, day):
    """Active days and length of the member's own 180 days before the window; no length below 60 days of tenure."""
    first_day = people.days[member][0]
    if (day - first_day).days < MIN_TENURE:
        return 0, 0
    end = day - timedelta(days=WINDOW)
    start = max(first_day, end - timedelta(days=BASELINE))
    first, last = people.within(member, start, end)
    return last - first, (end - start).days


def gauge(observed, active, length, rate):
    """Observed active days against a Beta-Binomial belief."""
    alpha, beta = PRIOR * rate + active, PRIOR * (1 - rate) + length - active
    expected = WINDOW * alpha / (alpha + beta)
    chances = beta_binomial(alpha, beta)
    if sum(chances[: observed + 1]) < 0.05 and observed <= 0.5 * expected:
        return "low"
    if sum(chances[observed:]) < 0.05 and observed >= 1.5 * expected:
        return "high"
    return "neutral"


@cache
def beta_binomial(alpha, beta):
    """Chances of 0 to 30 active days."""
    if alpha == 0 or beta == 0:
        certain = 0 if alpha == 0 else WINDOW
        return [float(days == certain) for days in range(WINDOW + 1)]

    def log_beta(a, b):
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    def log_choose(k):
        return lgamma(WINDOW + 1) - lgamma(k + 1) - lgamma(WINDOW - k + 1)

    return [exp(log_choose(k) + log_beta(alpha + k, beta + WINDOW - k) - log_beta(alpha, beta)) for k in range(WINDOW + 1)]
