"""The questions that are asked of Axle and of its peers, in each peer's own SQL.

`events` is a view over Axle's column files: moment, member, weight; only what counts.
`year` is the year asked by day. Each answer is rows of (key, value); a key is a date, or a cohort
and its age. PostgreSQL is asked what DuckDB is, with its own names of functions."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A KPI at a grain, and how a peer is asked for it."""

    name: str
    kpi: str
    grain: str
    duckdb: str
    clickhouse: str | None

    @property
    def postgresql(self) -> str:
        """DuckDB's query in PostgreSQL's words."""
        text = self.duckdb
        for pattern, words in IN_POSTGRESQL:
            text = re.sub(pattern, words, text)
        return text


# What PostgreSQL names otherwise than DuckDB.
IN_POSTGRESQL = [
    (r"interval (\d+) (day|month)", r"interval '\1 \2'"),
    (r"select \(cohort, (date_diff\([^)]*\))\), ", r"select array[cohort::text, (\1)::text], "),
    (r"date_diff\('month', ([\w.]+), ([\w.]+)\)", r"((extract(year from \2) - extract(year from \1)) * 12 + extract(month from \2) - extract(month from \1))::int"),
    (r"unnest\((generate_series\(.*?\))\) as", r"\1 as"),
    (r"year\(day\)", r"extract(year from day)"),
    (r"0\.9 \*\*", r"0.9::float8 ^"),
    (r"any_value\(", r"max("),
]


def monthly(name: str, kpi: str, duckdb: str, clickhouse: str) -> Question:
    """A question by month."""
    return Question(name, kpi, "month", duckdb, clickhouse)


def rolling(kpi: str, days: int) -> list[Question]:
    """Distinct members on the days up to and with each day of the year: as one first writes it, and at its best."""
    period = {1: "daily", 7: "weekly", 30: "monthly"}[days]
    first = f"""
        select d::date, count(distinct member)
        from generate_series(date '{{year}}-01-01', date '{{year}}-12-31', interval 1 day) days(d)
        left join events on moment >= d - interval {days - 1} day and moment < d + interval 1 day
        group by 1 order by 1"""
    best = f"""
        select day::date, count(distinct member) from (
            select member, unnest(generate_series(active, active + interval {days - 1} day, interval 1 day)) as day
            from (select distinct member, moment::date as active from events
                  where moment >= date '{{year}}-01-01' - interval {days - 1} day) active_days) covered
        where year(day) = {{year}} group by 1 order by 1"""
    clickhouse = f"""
        select day, uniqExact(member) from (
            select member, addDays(active, number) as day
            from (select distinct member, toDate(moment) as active from events) days
            array join range({days}) as number)
        where toYear(day) = {{year}} group by day order by day"""
    return [
        Question(f"{period} actives of a year, as first written", kpi, "day", first, None),
        Question(f"{period} actives of a year, at its best", kpi, "day", best, clickhouse),
    ]


QUESTIONS = [
    monthly(
        "active members",
        "members_active",
        "select date_trunc('month', moment)::date, count(distinct member) from events group by 1 order by 1",
        "select toStartOfMonth(moment) as m, uniqExact(member) from events group by m order by m",
    ),
    monthly(
        "new members",
        "members_new",
        """select m, count(*) from (select date_trunc('month', min(moment))::date as m from events group by member) firsts
           group by 1 order by 1""",
        """select m, count() from (select toStartOfMonth(min(moment)) as m from events group by member)
           group by m order by m""",
    ),
    monthly(
        "retention",
        "member_retention",
        """with active as (select distinct member, date_trunc('month', moment)::date as m from events)
           select before.m + interval 1 month, 100.0 * count(now.member) / count(*)
           from active before left join active now on now.member = before.member and now.m = before.m + interval 1 month
           group by 1 order by 1""",
        """with active as (select distinct member, toStartOfMonth(moment) as m from events),
                before as (select member, addMonths(m, 1) as m from active)
           select before.m, 100.0 * countIf(active.member is not null) / count()
           from before left join active on active.member = before.member and active.m = before.m
           group by before.m order by before.m settings join_use_nulls = 1""",
    ),
    monthly(
        "retention cohorts",
        "member_retention_cohorts",
        """with active as (select distinct member, date_trunc('month', moment)::date as m from events),
                first as (select member, min(m) as cohort from active group by 1),
                size as (select cohort, count(*) as members from first group by 1)
           select (cohort, date_diff('month', cohort, m)), 100.0 * count(*) / any_value(members)
           from active join first using (member) join size using (cohort) group by 1 order by 1""",
        """with active as (select distinct member, toStartOfMonth(moment) as m from events),
                first as (select member, min(m) as cohort from active group by member),
                size as (select cohort, count() as members from first group by cohort)
           select (cohort, dateDiff('month', cohort, m)) as k, 100.0 * count() / any(members)
           from active join first using (member) join size using (cohort) group by k order by k""",
    ),
    *rolling("daily_active_members", 1),
    *rolling("weekly_active_members", 7),
    *rolling("monthly_active_members", 30),
    # At the end of a month its weights are a month old: the month that begins has none yet. A year counts.
    monthly(
        "love of all",
        "love_total",
        """with weights as (select date_trunc('month', moment)::date as m, member, sum(weight) as w from events group by 1, 2),
                ends as (select distinct m from weights)
           select ends.m, sum(w * 0.9 ** (date_diff('month', weights.m, ends.m) + 1))
           from ends join weights on weights.m <= ends.m and date_diff('month', weights.m, ends.m) <= 10 group by 1 order by 1""",
        """with weights as (select toStartOfMonth(moment) as m, member, sum(weight) as w from events group by m, member),
                ends as (select distinct m as e from weights)
           select e, sum(w * pow(0.9, dateDiff('month', m, e) + 1)) from ends cross join weights where m <= e and dateDiff('month', m, e) <= 10
           group by e order by e""",
    ),
    monthly(
        "activities",
        "activities",
        "select date_trunc('month', moment)::date, count(*) from events group by 1 order by 1",
        "select toStartOfMonth(moment) as m, count() from events group by m order by m",
    ),
]
