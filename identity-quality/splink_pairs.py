"""Link accounts with Splink, the Fellegi-Sunter toolkit in common use, set up as its documentation advises.

    python identity-quality/splink_pairs.py [OPTIONS] < ACCOUNTS.jsonl > PAIRS.txt

Reads what the program reads and writes what it writes, so that both can be judged and timed alike. It learns from the
accounts alone, without labels: u by random sampling, m by expectation maximisation.
"""
import argparse
import collections
import json
import logging
import re
import sys

import duckdb
import pyarrow
import splink.comparison_level_library as level
import splink.comparison_library as comparison
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from texts import folded

SEED = 20
MEMORY = "8GB"  # of the database; beyond that it writes to the disk
NOREPLY = re.compile(r"^(?:\d+\+)?(.+)@users\.noreply\.github\.com$")


def forms(words):
    """The handles that people with such a name often take."""
    if len(words) < 2:
        return {"".join(words)} if words else set()
    first, last = words[0], words[-1]
    return {"".join(words), first + last, last + first, first[0] + last, last + first[0], first + last[0]}


def record(account):
    email = (account["email"] or "").strip().lower()
    noreply = NOREPLY.match(email)
    local = noreply.group(1) if noreply else email.split("@")[0].split("+")[0]
    words = folded(account["name"]).split()
    handle = folded(account["username"] or local).replace(" ", "")
    keys = {key for key in forms(words) | {handle} if len(key) > 3}
    return {
        "unique_id": account["id"],
        "name": " ".join(words) or None,
        "sorted_name": " ".join(sorted(words)) or None,
        "last": words[-1] if len(words) > 1 else None,
        "initial": words[0][0] if len(words) > 1 else None,
        "email": email or None,
        "domain": email.split("@")[-1] if email and not noreply else None,
        "handle": handle or None,
        "compact": "".join(words) or None,
        "forms": sorted(forms(words)) or None,
        "keys": sorted(keys),
        "named": f"{words[-1]} {words[0][0]}" if len(words) > 1 else None,
        "mailbox": f"{handle[:4]} {email.split('@')[-1]}" if email and not noreply else None,
        "blocking_handle": handle or None,
    }


def limited(records, limit):
    """Values that more accounts share than the limit bring nobody together: work grows with the square of their number."""
    for column in ("keys", "named", "mailbox", "blocking_handle"):
        values = lambda one: one[column] if isinstance(one[column], list) else [one[column]]
        counts = collections.Counter(value for one in records for value in values(one))
        for one in records:
            kept = [value for value in values(one) if value is not None and counts[value] <= limit]
            one[column] = kept if column == "keys" else (kept or [None])[0]
    return records


def comparisons(frequencies, overlap):
    """Name with name, handle with handle, domain with domain, and name with handle: always, or where names are lacking.

    Comparisons that overlap break the model's assumption of independence, and yet help on some data.
    """
    nothing = "((name_l is null or handle_r is null) and (name_r is null or handle_l is null))"
    name = comparison.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            level.NullLevel("name"),
            level.ExactMatchLevel("sorted_name", term_frequency_adjustments=frequencies),
            level.JaroWinklerLevel("name", 0.95),
            level.JaroWinklerLevel("name", 0.88),
            level.CustomLevel("last_l = last_r and initial_l = initial_r", "last name and initial"),
            level.ElseLevel(),
        ],
    )
    handle = comparison.CustomComparison(
        output_column_name="handle",
        comparison_levels=[
            level.NullLevel("handle"),
            level.ExactMatchLevel("email", term_frequency_adjustments=frequencies),
            level.ExactMatchLevel("handle", term_frequency_adjustments=frequencies),
            level.JaroWinklerLevel("handle", 0.95),
            level.JaroWinklerLevel("handle", 0.88),
            level.ElseLevel(),
        ],
    )
    across = comparison.CustomComparison(
        output_column_name="name_and_handle",
        comparison_levels=[
            {
                "sql_condition": nothing if overlap else f"(name_l is not null and name_r is not null) or {nothing}",
                "label_for_charts": "nothing to compare, or names are",
                "is_null_level": True,
            },
            level.CustomLevel("compact_l = handle_r or compact_r = handle_l", "handle is the whole name"),
            level.CustomLevel("list_contains(forms_l, handle_r) or list_contains(forms_r, handle_l)", "handle made of the name"),
            level.CustomLevel(
                "jaro_winkler_similarity(coalesce(compact_l, ''), coalesce(handle_r, '')) > 0.9 or "
                "jaro_winkler_similarity(coalesce(compact_r, ''), coalesce(handle_l, '')) > 0.9",
                "handle like the name",
            ),
            level.ElseLevel(),
        ],
    )
    domain = comparison.ExactMatch("domain").configure(term_frequency_adjustments=frequencies)
    return [name, handle, across, domain]


def linked(records, frequencies=True, overlap=False, threads=1, floor=0.00001):
    """Pairs of ids with the probability that they are one person."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"set threads = {threads}")
    connection.execute(f"set memory_limit = '{MEMORY}'")
    api = DuckDBAPI(connection)
    blocking = [
        block_on("email"),
        block_on("sorted_name"),
        block_on("blocking_handle"),
        block_on("keys", arrays_to_explode=["keys"]),
        block_on("named"),
        block_on("mailbox"),
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons(frequencies, overlap),
        blocking_rules_to_generate_predictions=blocking,
        retain_matching_columns=False,
    )
    schema = pyarrow.schema(
        [(key, pyarrow.list_(pyarrow.string()) if key in ("forms", "keys") else pyarrow.string()) for key in records[0]][1:]
    ).insert(0, pyarrow.field("unique_id", pyarrow.int64()))
    table = api.register(pyarrow.Table.from_pylist(records, schema=schema))
    linker = Linker(table, settings, log_level=logging.ERROR)
    train(linker.training)
    found = linker.inference.predict(threshold_match_probability=floor)
    return found.as_duckdbpyrelation().select("unique_id_l, unique_id_r, match_probability").fetchall()


def train(training):
    """Each comparison is learnt from pairs that agree in something else. Accounts too few for a round go without it."""
    sure = ["l.email = r.email", "l.sorted_name = r.sorted_name", "l.compact = r.handle and length(l.compact) > 5"]
    training.estimate_probability_two_random_records_match(sure, recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=SEED)
    for rule in (block_on("sorted_name"), block_on("handle"), block_on("last", "initial"), "l.compact = r.handle"):
        try:
            training.estimate_parameters_using_expectation_maximisation(rule)
        except Exception as error:  # Splink's own word for "no pairs"
            print(f"a round of training was left out: {str(error).strip().splitlines()[0]}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-frequencies", action="store_true", help="rare and common values weigh alike")
    parser.add_argument("--overlap", action="store_true", help="compare names with handles even where names can be compared")
    parser.add_argument("--threads", type=int, default=1, help="with more than one the sample of pairs differs from run to run")
    parser.add_argument("--floor", type=float, default=0.00001, help="pairs below this probability are not written")
    parser.add_argument("--limit", type=int, help="values that more accounts share bring nobody together")
    arguments = parser.parse_args()
    records = [record(json.loads(line)) for line in sys.stdin]
    if arguments.limit:
        records = limited(records, arguments.limit)
    pairs = linked(records, not arguments.no_frequencies, arguments.overlap, arguments.threads, arguments.floor)
    for first, second, probability in pairs:
        print(first, second, f"{probability:.6f}")


if __name__ == "__main__":
    main()
