"""Periods: the local dates that a question asks about, as rows of DuckDB."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from business_hours import BusinessHours

GRAINS = ("day", "week", "month", "quarter", "year", "total")


@dataclass(frozen=True)
class Question:
    """What is asked: the window's dates, half-open, as of when, by which dimension, and where: each dimension named is one of these values."""

    start: date
    end: date
    grain: str
    as_of: datetime
    zone: str
    hours: BusinessHours
    by: str | None = None
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self):
        """The dimensions that matter: those of the condition, and the one that is broken down by."""
        return [*self.where, *([self.by] if self.by else [])]

    @property
    def condition(self):
        """The condition as SQL; nothing where there is none."""
        parts = [f"{name} = {among[1:-1]}" if len(values) == 1 else f"{name} in {among}" for name, values in self.where.items() for among in [texts(values)]]
        return " and ".join(parts) or None

    def says(self, **values):
        """The dimensions of a row that has these values: of the breakdown the value, of the condition whether its part holds."""
        return {name: values[name] in self.where[name] if name in self.where else values[name] for name in self.names if name in values}

    @property
    def today(self):
        """The local date of the as-of instant."""
        return self.as_of.astimezone(ZoneInfo(self.zone)).date()

    def periods(self):
        """Whole periods that cover the window, each with the one before it."""
        if self.grain == "total":
            return [(self.start, self.end)]
        start = floor(self.grain, self.start)
        periods = []
        while start < self.end:
            periods.append((start, following(self.grain, start)))
            start = periods[-1][1]
        return periods


def texts(values):
    """Texts as a list of SQL."""
    quoted = ["'" + value.replace("'", "''") + "'" for value in values]
    return f"({', '.join(quoted)})"


def floor(grain, day):
    """The first date of the period that holds a day."""
    match grain:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case _:
            return day.replace(month=1, day=1)


def following(grain, start):
    """The first date of the period after the one that begins at `start`."""
    match grain:
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
        case "month":
            return add_months(start, 1)
        case "quarter":
            return add_months(start, 3)
        case _:
            return add_months(start, 12)


def add_months(day, count):
    """The first of the month `count` months after that of `day`."""
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def before(grain, start, end):
    """The period before: the one of the same grain, or as many days for a whole window."""
    if grain == "total":
        return start - (end - start), start
    return floor(grain, start - timedelta(days=1)), start


def make_table(db, question):
    """`period(i, s, e, ps, pe, l, partial)`: dates half-open, those of the period before, the last complete day so far."""
    rows = []
    for place, (start, end) in enumerate(question.periods()):
        cut = min(end, question.today)
        days = ", ".join(f"date '{day}'" for day in (start, end, *before(question.grain, start, end), cut - timedelta(days=1), cut))
        rows.append(f"({place}, {days}, {end > question.today})")
    db.execute(f"create or replace table period as select * from (values {', '.join(rows)}) as t(i, s, e, ps, pe, l, cut, partial)")
