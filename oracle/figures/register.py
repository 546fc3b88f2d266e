"""How a figure is said: a function that gives SQL, or rows; and how its rows become points."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from beginnings import is_unknown as is_unknown_of
from beginnings import is_unread
from periods import make_table, texts


@dataclass(frozen=True)
class Kpi:
    """A figure: how its rows are made, what it can be broken down by, and its value where nothing happened."""

    make: Callable
    by: tuple[str, ...]
    empty: float | None


KPIS: dict[str, Kpi] = {}

NOT_DIMENSIONS = {"i", "value", "numerator", "denominator"}


def kpi(name, by=(), empty=0.0):
    """Registers a figure under its id. `make(db, question)` gives SQL, or rows as dictionaries, with the columns `i`
    (the period's number), `value`, and if there are any `numerator`, `denominator`; all others are dimensions."""

    def register(make):
        KPIS[name] = Kpi(make, tuple(by), empty)
        return make

    return register


def share(name, by=()):
    """Registers a figure whose SQL gives `numerator` and `denominator`; its value is in percent."""
    return scaled(name, by, 100.0)


def ratio(name, by=()):
    """Registers a figure whose SQL gives `numerator` and `denominator`; its value is their ratio."""
    return scaled(name, by, 1.0)


def scaled(name, by, factor):
    def register(make):
        def rows(db, question):
            return [with_value(row, factor) for row in fetch(db, make(db, question))]

        KPIS[name] = Kpi(rows, tuple(by), None)
        return make

    return register


def with_value(row, factor):
    """The row with `numerator * factor / denominator`, null where nothing is below."""
    above, below = row["numerator"] or 0, row["denominator"]
    return {**row, "value": factor * above / below if below else None}


def fetch(db, made):
    """Rows as dictionaries, of SQL or of what is rows already."""
    if not isinstance(made, str):
        return made
    cursor = db.execute(made)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def evaluate(db, name, question):
    """`{(start, end, dimensions): (value, numerator, denominator)}` of a figure. Periods that have not begun are null."""
    make_table(db, question)
    figure = KPIS[name]
    periods = question.periods()
    points = {}
    if is_unread(db, name):
        return {(start.isoformat(), end.isoformat(), "{}"): (None, None, None) for start, end in periods}
    for row in fetch(db, figure.make(db, question)):
        dimensions = shown(row, question)
        if dimensions is None:
            continue
        start, end = periods[row["i"]]
        known = row if start <= question.today else {}
        key = (start.isoformat(), end.isoformat(), json.dumps(dimensions, sort_keys=True))
        points[key] = tuple(number(known.get(name)) for name in ("value", "numerator", "denominator"))
    if not question.by:
        for start, end in periods:
            key = (start.isoformat(), end.isoformat(), "{}")
            points.setdefault(key, (None if start > question.today else figure.empty, None, None))
    is_unknown = is_unknown_of(db, name, question)
    return {key: (None, None, None) if point[0] == 0 and is_unknown(date.fromisoformat(key[1])) else point for key, point in points.items()}


def shown(row, question):
    """The dimensions that the point of a row has; None where the condition does not hold. Of what its figure always says, such as a currency, the
    row has the value."""
    dimensions = {}
    for name, value in row.items():
        if name in NOT_DIMENSIONS:
            continue
        if not (value if isinstance(value, bool) else name not in question.where or str(value) in question.where[name]):
            return None
        if not isinstance(value, bool):
            dimensions[name] = str(value)
    return dimensions


def number(value):
    """As a float; what is not defined stays null."""
    return None if value is None else float(value)


def column(question, always=(), **columns):
    """The columns of the dimensions asked for, each with a comma behind it: the value of the breakdown, and whether each part of the condition holds.
    Without those that the figure has always."""
    made = ""
    for name in question.names:
        if name not in always:
            value = columns.get(name, name)
            part = f"coalesce(cast({value} as varchar), '(none)') in {texts(question.where[name])}" if name in question.where else value
            made += f"{part} as {name}, "
    return made


def tally(question, place, counts, name):
    """Rows of the counts of a dimension's values: together, but for what is asked for."""
    sums = Counter()
    for value, count in counts.items():
        sums[tuple(question.says(**{name: value}).items())] += count
    return [{"i": place, "value": count, **dict(says)} for says, count in sums.items()]
