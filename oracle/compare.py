"""Asks Axle and the oracle the same questions, and says where they differ.

`compare.py --axle BINARY --data DIR [--workspace W]`; exit code 1 when anything differs.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from itertools import product

import currencies
import population
from business_hours import BusinessHours
from client import Server
from figures import KPIS, evaluate
from figures.register import is_unread
from periods import GRAINS, Question
from record import Axle, load

TOLERANCE = 1e-9

# Figures that the oracle leaves out, each with the reason; a name that ends in `*` is all that begin so.
LEFT_OUT = {
    "question_answer_levels": "what answers a question is told by words, and `axle sql` tells it as of now only",
    "time_to_answer_levels": "what answers a question is told by words, and `axle sql` tells it as of now only",
}


def main():
    arguments = parse()
    axle = Axle(arguments.axle, arguments.data, arguments.workspace)
    db = load(axle, arguments.data, arguments.workspace)
    settings = axle.run("settings", "show")
    zone = settings["time_zone"]
    hours = BusinessHours(settings["business_hours"], zone)
    currencies.use(settings["currencies"])
    with Server(arguments.axle, arguments.data, arguments.workspace) as server:
        catalogue = {line["kpi"]: line for line in server.get("")}
        wanted = [name for name in catalogue if not arguments.kpi or name in arguments.kpi]
        report = Report(arguments.show)
        wanted = [name for name in wanted if arguments.kpi or not is_left_out(name)]
        moments = instants(db, arguments.as_of)
        grains = arguments.grain or (GRAINS[:-1] if arguments.fast else GRAINS)
        implemented = [catalogue[name] for name in wanted if name in KPIS]
        for as_of in moments[1:2] if arguments.fast else moments:
            population.prepare(db, as_of, zone)
            spans = [(start, end, grain, as_of, zone, hours) for grain, start, end in windows(as_of, grains)]
            compare(db, server, report, [question for line in implemented for question in breakdowns(db, line, spans)])
            if arguments.where:
                narrow = next((span for span in spans if span[2] == "month"), spans[0])
                compare(db, server, report, [question for line in implemented for question in conditions(line, report.values, narrow)])
    return report.finish(wanted)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axle", required=True, metavar="BINARY", help="the program")
    parser.add_argument("--data", required=True, metavar="DIR", help="its data folder")
    parser.add_argument("--workspace", default="demo")
    parser.add_argument("--kpi", action="append", help="only this figure; may be repeated")
    parser.add_argument("--as-of", action="append", type=datetime.fromisoformat, help="instants; three of the record's unless given")
    parser.add_argument("--grain", action="append", choices=GRAINS, help="only periods of this grain; may be repeated")
    parser.add_argument("--where", action="store_true", help="conditions over the dimensions as well, by month if that is asked for")
    parser.add_argument("--fast", action="store_true", help="one instant, and no whole windows unless asked for")
    parser.add_argument("--show", type=int, default=3, help="differences shown for each figure")
    return parser.parse_args()


# Of what members did; where they did nothing, as far as is known, of what facts tell.
ENDS = """
    with happened as (
        select occurred_at as happened_at from activity where weight > 0
        union all
        select make_timestamp(began_at) from fact where not exists (select 1 from activity where weight > 0))
    select min(happened_at), max(happened_at) from happened"""


def instants(db, given):
    """When to ask as of: at the end of the record, on its last day at noon, and in the middle of a day two thirds through."""
    if given:
        return given
    first, last = db.execute(ENDS).fetchone()
    first, last = first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)
    middle = (first + (last - first) * 2 / 3).replace(hour=15, minute=30, second=0, microsecond=0)
    return [last + timedelta(days=3), last.replace(hour=12, minute=0, second=0, microsecond=0), middle]


def windows(as_of, grains):
    """Grain, first date, date after: long windows of coarse periods, short ones of fine periods."""
    end = as_of.date() + timedelta(days=2)
    lengths = {"day": 40, "week": 200, "month": 800, "quarter": 1100, "year": 1500, "total": 330}
    return [(grain, end - timedelta(days=lengths[grain]), end) for grain in grains]


def breakdowns(db, line, spans):
    """A figure's questions by each of its dimensions and as a whole. What no source tells is not defined, whatever it is broken down by."""
    dimensions = [] if is_unread(db, line["kpi"]) else line["dimensions"]
    return [(line["kpi"], Question(*span, by)) for by, span in product([None, *dimensions], spans)]


# What a figure is divided into, over which Axle takes no condition: a part is a part of all.
PARTS = {
    "average_customer_lifespan": "measure",
    "call_source_coverage": "call_source",
    "flywheel_friction": "part",
    "orbit_movement": "movement",
    "sentiment_share": "mood",
    "share_of_voice": "brand",
    "share_of_voice_reach": "brand",
}


def conditions(line, values, span):
    """A figure's questions with a condition, of values that its points had: the rarest of each dimension, that or the usual one, of two dimensions
    at once, and of one while it is broken down by another."""
    name = line["kpi"]
    dimensions = [dimension for dimension in line["dimensions"] if values[name, dimension] and dimension != PARTS.get(name)]
    ranked = {dimension: sorted(values[name, dimension], key=lambda value: (values[name, dimension][value], value)) for dimension in dimensions}
    asked = [(None, {dimension: (ranked[dimension][0],)}) for dimension in dimensions]
    if dimensions:
        first, last = dimensions[0], dimensions[-1]
        either = {first: tuple(dict.fromkeys((ranked[first][0], ranked[first][-1])))}
        if first != last:
            asked += [(last, {first: (ranked[first][-1],)}), (None, either | {last: (ranked[last][-1],)})]
        elif len(ranked[first]) > 2:
            asked.append((None, either))
    return [(name, Question(*span, by, where)) for by, where in asked]


def compare(db, server, report, questions):
    """Compares the answers to `(figure, question)`. Axle answers ahead while the oracle computes."""
    with ThreadPoolExecutor(max_workers=1) as ahead:
        try:
            for (name, question), theirs in zip(questions, ahead.map(lambda one: asked(server, *one), questions), strict=True):
                try:
                    ours = evaluate(db, name, question)
                except NotImplementedError as reason:
                    report.leave_out(f"{name} by {question.by}", str(reason))
                    continue
                report.compare(name, question, without_rank(ours), without_rank(theirs))
        finally:
            ahead.shutdown(wait=False, cancel_futures=True)


def is_left_out(name):
    return any(fnmatch(name, pattern) for pattern in LEFT_OUT)


def asked(server, name, question):
    """Axle's points, keyed as the oracle's."""
    answer = server.get(
        f"/{name}",
        **{
            "from": question.start,
            "to": question.end,
            "grain": question.grain,
            "as_of": question.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "by": question.by,
            "where": question.condition,
            "receipt": "false",
        },
    )
    points = {}
    for point in answer["points"]:
        key = (point["start"], point["end"], json.dumps(point["dimensions"], sort_keys=True))
        points[key] = (point["value"], point["numerator"], point["denominator"])
    return points


def without_rank(points):
    """The points without the places in a ranking: whom of two equals it names first says nothing. Namesakes are counted."""
    if not any('"rank"' in key[2] for key in points):
        return points
    seen, plain = Counter(), {}
    for (start, end, dimensions), point in sorted(points.items()):
        rest = {name: value for name, value in json.loads(dimensions).items() if name != "rank"}
        key = (start, end, json.dumps(rest, sort_keys=True))
        seen[key] += 1
        plain[*key[:2], f"{key[2]} {seen[key]}"] = point
    return plain


class Report:
    """Counts what was compared and keeps what differs."""

    def __init__(self, shown):
        self.shown = shown
        self.points = Counter()
        self.differences = Counter()
        self.left_out = {}
        # How often each value of a figure's dimension is at a point that says something.
        self.values = defaultdict(Counter)

    def leave_out(self, what, reason):
        self.left_out[what] = reason

    def compare(self, name, question, ours, theirs):
        for key in theirs if question.by and not question.where else ():
            if any(theirs[key]):
                self.values[name, question.by][json.loads(key[2])[question.by]] += 1
        for key in sorted(ours.keys() | theirs.keys()):
            self.points[name] += 1
            mine, other = ours.get(key), theirs.get(key)
            if not agree(mine, other):
                self.differences[name] += 1
                if self.differences[name] <= self.shown:
                    asked_for = f"{question.grain} by {question.by} where {question.condition} as of {question.as_of.isoformat()}"
                    print(f"{name}  {asked_for}  {key}: axle {other}, oracle {mine}")

    def finish(self, wanted):
        missing = [name for name in wanted if name not in KPIS]
        print(f"\n{sum(self.points.values())} points of {len(self.points)} figures compared")
        for name, count in self.differences.items():
            print(f"  {name}: {count} of {self.points[name]} points differ")
        for what, reason in (LEFT_OUT | self.left_out).items():
            print(f"  left out: {what}: {reason}")
        for name in missing:
            print(f"  not implemented: {name}")
        return 1 if self.differences or missing else 0


def agree(mine, other):
    """Whether two points say the same; a broken-down one that is not there says that nothing happened."""
    if mine is None or other is None:
        return (mine or other)[0] in (None, 0.0)
    value = equal(mine[0], other[0])
    given = [pair for pair in zip(mine[1:], other[1:], strict=True) if None not in pair]
    return value and all(equal(a, b) for a, b in given)


def equal(a, b):
    """To 1e-9 of the greater; whole numbers exactly, since they are represented exactly."""
    if a is None or b is None:
        return a is b
    return a == b or (abs(a - b) <= TOLERANCE * max(abs(a), abs(b)) and not (a.is_integer() and b.is_integer()))


if __name__ == "__main__":
    sys.exit(main())
