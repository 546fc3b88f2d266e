"""Judge the program's matcher beside baselines and Splink, and write the page about it.

    python identity-quality/quality.py --data DIR --pairs-command target/release/examples/pairs > docs/reference/identity-quality.md

README.md beside this file says what is run and what stands on the page.
"""
import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

import baselines
import evaluate
import measure
import page
import synthetic
import truths
from texts import folded

HERE = pathlib.Path(__file__).resolve().parent
OF_SPLINK = [HERE / "splink_pairs.py", HERE / "texts.py"]
SPLINK = [sys.executable, str(HERE / "splink_pairs.py")]
SET_UPS = {
    "Splink": [],
    "Splink, values weigh alike": ["--no-frequencies"],
    "Splink, overlapping comparisons": ["--overlap"],
    "Splink, both": ["--no-frequencies", "--overlap"],
}
DEMO = "demo-company"
RUN = 4
LIST_FLOOR = "0.05"  # in timing, Splink writes pairs from where the program does
BLOCK_LIMIT = "200"  # in timing, without it a million accounts do not fit into Splink's memory


def say(text):
    print(text, file=sys.stderr, flush=True)


def known(path, accounts):
    """The truth of these accounts, and a file of what a matcher may see of them."""
    measure.write_accounts(accounts, path)
    person = {account["id"]: account["person"] for account in accounts}
    return evaluate.Truth(person, {account["id"] for account in accounts if account.get("covered", True)})


def runs(account):
    """All runs of four letters or digits of what the account shows, mail domains left out."""
    texts = [account["name"], account["username"], (account["email"] or "").split("@")[0]]
    texts = [folded(text).replace(" ", "") for text in texts]
    return {text[at : at + RUN] for text in texts for at in range(len(text) - RUN + 1)}


def within_reach(accounts):
    """The share of true pairs that are joined, directly or through others, by accounts with a run in common.

    No limit that holds for all: domains and initials tell something too. But little is found beyond it.
    """
    truth = evaluate.Truth({account["id"]: account["person"] for account in accounts}, set())
    everybody, by_run, pairs = set(truth.person), {}, {}
    for account in accounts:
        for run in runs(account):
            first = by_run.setdefault((account["person"], run), account["id"])
            if first != account["id"]:
                pairs[(first, account["id"])] = 1.0
    return evaluate.as_members(truth, pairs, everybody)["recall"]


def of_an_oracle(accounts, truth):
    """The F1, by an incomplete truth, of somebody who knows what it says and who also joins equal addresses and equal names
    of two words or more: about what being always right would be worth.
    """
    pairs = baselines.links(accounts, [baselines.email, baselines.full_name])
    first = {}
    for account in accounts:
        pairs[(first.setdefault(account["person"], account["id"]), account["id"])] = 1.0
    return evaluate.as_members(truth, pairs, set(truth.person))["f1"]


def left_apart(accounts, truth, pairs, figures):
    """Of the pairs that are told wrong at the best threshold, those with one address or one full name, and the F1 that
    leaves such pairs out: the truth says nothing of most of them.
    """
    by_id = {account["id"]: account for account in accounts}
    value = lambda account, key: " ".join(sorted(folded(key(by_id[account]) or "").split()))
    keys = (baselines.email, baselines.full_name)
    are_alike = lambda a, b: any(value(a, key) and value(a, key) == value(b, key) for key in keys)
    best = figures["best"]
    wrong = evaluate.told_wrong(truth, pairs, set(truth.person), best["threshold"], are_alike)
    judged = evaluate.ratios(best["true"], best["pairs"] - wrong["alike"], figures["true_pairs"])
    return {**wrong, "precision": judged["precision"], "f1": judged["f1"]}


def judge(name, accounts, pairs_command, set_ups, work):
    """Figures of every way to find pairs, by its name."""
    path = work / f"{name}.jsonl"
    truth = known(path, accounts)
    figures = {}
    for rule, keys in baselines.RULES.items():
        figures[rule] = evaluate.evaluate(truth, baselines.links(accounts, keys), 1.0)
    for set_up, options in set_ups.items():
        say(f"{name}: {set_up}")
        done = measure.run(SPLINK + options, path, work, versions=OF_SPLINK)
        figures[set_up] = evaluate.evaluate(truth, evaluate.read_pairs(done.output), 0.99)
    say(f"{name}: Axle")
    program = [pairs_command[0]]
    for way, options in (("Axle", []), ("Axle, by itself", ["--automatic"])):
        done = measure.run(pairs_command + options, path, work, versions=program)
        pairs = evaluate.read_pairs(done.output)
        figures[way] = evaluate.evaluate(truth, pairs, 0.99 if way == "Axle" else 0.0)
        if way == "Axle":
            apart = left_apart(accounts, truth, pairs, figures[way]["all"])
    people = len(set(truth.person.values()))
    of_truth = {"within_reach": within_reach(accounts), "oracle": of_an_oracle(accounts, truth), "left_apart": apart}
    return {"name": name, "people": people, **of_truth, "figures": figures}


def time_both(size, largest_for_splink, pairs_command, work):
    """How long each takes for so many made-up accounts, and how well it does."""
    path = work / f"synthetic-{size}.jsonl"
    truth = known(path, list(synthetic.accounts(size, 1)))
    ways = {"Axle": pairs_command}
    if size <= largest_for_splink:
        ways["Splink"] = [*SPLINK, "--threads", "2", "--floor", LIST_FLOOR, "--limit", BLOCK_LIMIT]
    row = {"size": size, "ways": {}}
    for way, command in ways.items():
        say(f"{size} made-up accounts: {way}")
        versions = [pairs_command[0]] if way == "Axle" else OF_SPLINK
        done = measure.run(command, path, work, versions=versions)
        pairs = evaluate.read_pairs(done.output)
        counted = set(truth.person)
        row["ways"][way] = {
            "wall": done.wall_seconds,
            "cpu": done.cpu_seconds,
            "peak": done.peak_mb,
            # Without reading and writing texts, of which Splink says nothing.
            "resolved": float(done.said) if way == "Axle" else None,
            "pairs": len(pairs),
            "listed": evaluate.as_listed(truth, pairs, counted),
            "best": evaluate.as_members(truth, pairs, counted),
        }
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with git/ and identity/")
    parser.add_argument("--pairs-command", required=True, help="reads accounts, writes pairs; --automatic writes only what it joins by itself")
    parser.add_argument("--demo-command", help="writes the demo company's accounts, with the person behind each")
    parser.add_argument("--truth", type=pathlib.Path, action="append", default=[], help="one more truth, in the lines of truths.py")
    parser.add_argument("--work", type=pathlib.Path, help="folder that keeps what was run, for the next time")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="how many made-up accounts to time with; empty: none")
    parser.add_argument("--without-splink", action="store_true", help="Axle and the naive rules alone: a minute, and Splink need not be installed")
    parser.add_argument("--largest-for-splink", type=int, default=1_000_000)
    parser.add_argument("--json", type=pathlib.Path, help="write all figures here as well")
    arguments = parser.parse_args()
    pairs_command = shlex.split(arguments.pairs_command)
    set_ups = {} if arguments.without_splink else SET_UPS
    largest_for_splink = arguments.largest_for_splink if set_ups else 0
    with tempfile.TemporaryDirectory() as temporary:
        work = arguments.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        named = [(name, truths.numbered(rows, name)) for name, rows in truths.sets(arguments.data)]
        if arguments.demo_command:
            lines = subprocess.run(shlex.split(arguments.demo_command), check=True, capture_output=True, text=True).stdout.splitlines()
            named.append((DEMO, truths.numbered(truths.told(lines), DEMO)))
        named += [(path.stem, [json.loads(line) for line in open(path, encoding="utf-8")]) for path in arguments.truth]
        judged = [judge(name, accounts, pairs_command, set_ups, work) for name, accounts in named]
        sizes = [int(size) for size in arguments.sizes.split(",") if size]
        timed = [time_both(size, largest_for_splink, pairs_command, work) for size in sizes]
    if arguments.json:
        arguments.json.write_text(json.dumps({"judged": judged, "timed": timed}, indent=1))
    print(page.write(judged, timed, list(set_ups)), end="")


if __name__ == "__main__":
    main()
