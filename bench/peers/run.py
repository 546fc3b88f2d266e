"""Asks Axle's figures of DuckDB and ClickHouse, over Axle's own column files, and of PostgreSQL, over the same rows: are the answers equal, and
how long do they take?

python run.py --axle AXLE --data DIR --workspace SLUG --bench RUN.json [--year 2025] [--repeat 5] [--threads 2]

RUN.json is what `axle bench run --format json` printed for the workspace: Axle's warm times of each figure, taken in one process, as
the peers' are here. PostgreSQL is asked with --postgresql URI; a schema `axle_peer` is made anew there, and left. Exit code 1 when an answer differs."""

import argparse
import csv
import datetime
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from questions import QUESTIONS


def axle(arguments: argparse.Namespace, *command: str) -> str:
    """What a command of Axle prints."""
    whole = [arguments.axle, "--data", arguments.data, "--workspace", arguments.workspace, *command]
    return subprocess.run(whole, check=True, capture_output=True, text=True).stdout


def tables(arguments: argparse.Namespace, folder: Path) -> None:
    """The small tables as files: who is who, and what a type weighs."""
    for name, query in {
        "identities": "select identity_id, member_id from identities",
        "types": "select activity_type, key, weight from activity_types",
    }.items():
        (folder / f"{name}.csv").write_text(axle(arguments, "--format", "csv", "sql", "--limit", "100000000", query))


def segments(arguments: argparse.Namespace) -> str:
    """The files of activities, without those of their rollups."""
    folder = Path(arguments.data) / "workspaces" / arguments.workspace / "segments"
    files = [str(file) for file in sorted(folder.glob("activities-*.parquet")) if ".days." not in file.name]
    if not files:
        sys.exit(f"{folder} holds no activities: run `axle bench run` first")
    return "[" + ", ".join(f"'{file}'" for file in files) + "]"


class DuckDB:
    """DuckDB in this process."""

    name = "duckdb"

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.connection = duckdb.connect(config={"threads": arguments.threads})
        self.connection.execute("set timezone = 'UTC'")
        for name in ("identities", "types"):
            self.connection.execute(f"create table {name} as from read_csv('{folder}/{name}.csv', header = true)")
        self.connection.execute(
            f"""create table people as select identity_id, dense_rank() over (order by member_id) as member from identities;
            create view events as
            select occurred_at as moment, member, coalesce(rows.weight, types.weight) as weight
            from read_parquet({segments(arguments)}) rows
            join people on people.identity_id = rows.identity
            join types on types.activity_type = rows.activity_type
            where coalesce(rows.weight, types.weight) >= 1 and key not like 'product:%'"""
        )

    def ask(self, question, year: int) -> list:
        return self.connection.execute(question.duckdb.format(year=year)).fetchall()


class ClickHouse:
    """ClickHouse in this process, as chdb."""

    name = "clickhouse"

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        from chdb import session

        self.session = session.Session()
        run = self.session.query
        run("create database if not exists peers engine = Atomic")
        run("use peers")
        run(f"set max_threads = {arguments.threads}")
        files = segments(arguments).strip("[]").replace("'", "").split(", ")
        file = files[0] if len(files) == 1 else str(Path(files[0]).parent / ("{" + ",".join(Path(f).name for f in files) + "}"))
        for name in ("identities", "types"):
            run(f"create table {name} engine = Memory as select * from file('{folder}/{name}.csv', 'CSVWithNames')")
        run(
            """create table people engine = Join(any, inner, identity_id) as
            select toUInt32(identity_id) as identity_id, dense_rank() over (order by member_id) as member from identities"""
        )
        run(
            f"""create view events as
            select occurred_at as moment, member, coalesce(rows.weight, types.weight) as weight
            from file('{file}', 'Parquet') rows
            join (select identity_id, member from people) people on people.identity_id = rows.identity
            join types on types.activity_type = rows.activity_type
            where coalesce(rows.weight, types.weight) >= 1 and key not like 'product:%'"""
        )

    def ask(self, question, year: int) -> list:
        text = self.session.query(question.clickhouse.format(year=year), "JSONCompactEachRow").bytes().decode()
        return [json.loads(line) for line in text.splitlines()]


class PostgreSQL:
    """A server of PostgreSQL, with the rows in a table of its own, indexed by their moment and analyzed."""

    name = "postgresql"

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        import psycopg

        rows = folder / "rows.csv"
        duckdb.connect(config={"threads": arguments.threads}).execute(
            f"""set timezone = 'UTC';
            copy (select occurred_at::timestamp, identity, activity_type, weight from read_parquet({segments(arguments)})) to '{rows}'"""
        )
        self.connection = psycopg.connect(arguments.postgresql, autocommit=True)
        run = self.connection.execute
        run("drop schema if exists axle_peer cascade")
        run("create schema axle_peer")
        run("set search_path = axle_peer")
        run(f"set max_parallel_workers_per_gather = {arguments.threads - 1}")
        run("set work_mem = '1GB'")
        run("create unlogged table rows (occurred_at timestamp, identity bigint, activity_type bigint, weight double precision)")
        run("create unlogged table identities (identity_id bigint primary key, member_id text)")
        run("create unlogged table types (activity_type bigint primary key, key text, weight double precision)")
        for name in ("rows", "identities", "types"):
            with self.connection.cursor().copy(f"copy {name} from stdin (format csv, header)") as copy, open(folder / f"{name}.csv", "rb") as file:
                while block := file.read(1 << 20):
                    copy.write(block)
        run(
            """create unlogged table people as select identity_id, dense_rank() over (order by member_id) as member from identities;
            create index on people (identity_id);
            create index on rows (occurred_at);
            create view events as
            select occurred_at as moment, member, coalesce(rows.weight, types.weight) as weight
            from rows
            join people on people.identity_id = rows.identity
            join types on types.activity_type = rows.activity_type
            where coalesce(rows.weight, types.weight) >= 1 and key not like 'product:%'"""
        )
        run("vacuum analyze")

    def ask(self, question, year: int) -> list:
        return self.connection.execute(question.postgresql.format(year=year)).fetchall()


def plain(key) -> tuple:
    """A key in the same shape, whoever gives it."""
    parts = key if isinstance(key, (tuple, list)) else (key.values() if isinstance(key, dict) else [key])
    return tuple(str(part)[:10] if isinstance(part, datetime.date) else str(part) for part in parts)


def answer_of_axle(arguments: argparse.Namespace, question) -> dict:
    """Axle's own answer, by the same keys."""
    year = arguments.year
    first, last = (f"{year}-01-01", f"{year + 1}-01-01") if question.grain == "day" else ("2015-01-01", f"{year + 1}-01-01")
    command = ["--format", "json", "--as-of", f"{year + 1}-01-01T00:00:00Z", "kpi", "show", question.kpi]
    command += ["--from", first, "--to", last, "--grain", question.grain]
    found = {}
    for point in json.loads(axle(arguments, *command))["points"]:
        dimensions = list(point["dimensions"].values())
        key = (point["start"], *dimensions)
        if question.kpi == "member_retention_cohorts":
            key = (point["dimensions"]["cohort"][:10], point["dimensions"]["age"])
        if point["value"]:
            found[key] = point["value"]
    return found


def compare(expected: dict, rows: list) -> list[str]:
    """What differs, said in words; nothing where all is equal."""
    found = {plain(key): float(value) for key, value in rows if value}
    differences = []
    for key in sorted(set(expected) | set(found), key=str):
        ours, theirs = expected.get(key), found.get(key)
        if ours is None or theirs is None or abs(ours - theirs) > 1e-9 * max(1.0, abs(ours)):
            differences.append(f"{key}: Axle {ours}, peer {theirs}")
    return differences


def warm_times(arguments: argparse.Namespace) -> dict:
    """Axle's warm median times in milliseconds, by figure and grain."""
    measured = json.loads(Path(arguments.bench).read_text())["kpis"]
    return {(one["kpi"], one["grain"]): one["p50_ms"] for one in measured if "p50_ms" in one}


def timed(ask, repeat: int, at_most: float) -> tuple[list, float]:
    """The answer, and the median time in milliseconds of asking again; of asking once where that took longer than `at_most` seconds."""
    started = time.perf_counter()
    rows = ask()
    times = [(time.perf_counter() - started) * 1000]
    if times[0] > at_most * 1000:
        return rows, times[0]
    times.clear()
    for _ in range(repeat):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    return rows, statistics.median(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--axle", "--data", "--workspace", "--bench"):
        parser.add_argument(name, required=True)
    parser.add_argument("--year", type=int, default=2025)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without-clickhouse", action="store_true")
    parser.add_argument("--postgresql", metavar="URI", help="asks a server of PostgreSQL as well")
    parser.add_argument("--at-most", type=float, default=20.0, metavar="SECONDS", help="what takes a peer longer is asked once")
    arguments = parser.parse_args()
    # Peers read files alone: what lies in memory until there is enough of it is written.
    axle(arguments, "segments", "compact")
    times = warm_times(arguments)
    wrong = 0
    table = io.StringIO()
    writer = csv.writer(table, delimiter="|")
    with tempfile.TemporaryDirectory() as folder:
        tables(arguments, Path(folder))
        peers = [DuckDB(arguments, Path(folder))]
        if not arguments.without_clickhouse:
            peers.append(ClickHouse(arguments, Path(folder)))
        if arguments.postgresql:
            peers.append(PostgreSQL(arguments, Path(folder)))
        writer.writerow(["question", "Axle ms", *(f"{peer.name} ms | ratio | equal" for peer in peers)])
        for question in QUESTIONS:
            expected, ours = answer_of_axle(arguments, question), times.get((question.kpi, question.grain))
            row = [question.name, f"{ours:.1f}" if ours else "-"]
            for peer in peers:
                if not getattr(question, peer.name):
                    row.append("- | - | -")
                    continue
                rows, theirs = timed(lambda: peer.ask(question, arguments.year), arguments.repeat, arguments.at_most)
                differences = compare(expected, rows)
                wrong += bool(differences)
                ratio = f"{theirs / ours:.1f}" if ours else "-"
                row.append(f"{theirs:.1f} | {ratio} | {'yes' if not differences else 'NO: ' + differences[0]}")
            writer.writerow(row)
    print(table.getvalue().replace('"', ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
