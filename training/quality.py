"""Write docs/reference/text-quality.md and the table that the program shows.

    python training/heads.py --data DIR --held-out training/held-out --measure training/measured.json
    python training/quality.py --data DIR

The first makes heads that saw no test part and measures them; the second runs the program's own code for the rest.
"""
import argparse
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
LABELS = ["question", "hand_raise", "answer", "thanks", "resolution", "bug", "feature", "praise", "concern"]

HEAD = """<!-- Written by `training/quality.py`; edits are lost. -->

# How well Axle reads

Each figure was taken on texts that what is measured was not trained on. Heads that ship have learnt from more: here they are made anew without the
parts that are measured. Macro-F1 is the mean over negative, neutral and positive; AP is the average precision; thresholds are those that ship.

These are the visible sets, which those who wrote examples and rules had read: other communities' texts will be read somewhat worse. "One
writer left out" is nearer to that: the mean over five writers, each of whom the heads had never seen.

The small tier is in the program and reads every text. The large tier is asked where it is worth the time.
"""


def example(name, *arguments, stdin=None):
    command = ["cargo", "run", "--quiet", "--release", "-p", "axle-text", "--example", name, "--", *arguments]
    with open(stdin) if stdin else open("/dev/null") as source:
        return subprocess.run(command, cwd=ROOT, stdin=source, check=True, capture_output=True, text=True).stdout


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def two(value):
    return f"{value:.2f}"


def three(value):
    return f"{value:.3f}"


def labels(measured):
    rows = []
    for label in LABELS:
        for tier in ("small", "large"):
            m = measured[tier][label]
            other = measured[tier]["across_writers"][label]["ap"]
            rows.append([label.replace("_", " "), tier, *(two(m[k]) for k in ("precision", "recall", "f1", "ap")), two(other)])
    return table(["label", "tier", "precision", "recall", "F1", "AP", "AP, one writer left out"], rows)


def sentiment(measured):
    names = {
        "stackoverflow": "Stack Overflow (Senti4SD's test part)",
        "github": "GitHub comments (a fifth held out)",
        "tweets": "tweets",
        "amazon": "product reviews",
        "nyt": "editorials",
        "movie": "film reviews (a kind never trained on)",
    }
    rows = []
    for key, name in names.items():
        m = measured["sentiment"][key]
        large = "seen in training" if key == "github" else three(m["head_and_minilm"])
        unseen = three(m["head_without_this_platform"])
        rows.append([name, three(m["vader"]), three(m["head"]), unseen, large])
    return table(["texts", "VADER", "small tier", "small tier, platform never seen", "large tier"], rows)


def questions(measured):
    small, large = (measured[tier]["question"] for tier in ("small", "large"))
    rows = [
        ["community messages (298)", two(small["rule"]["f1"]), two(small["f1"]), two(large["f1"])],
        ["telephone calls, with punctuation", two(small["calls"]["rule"]["f1"]), two(small["calls"]["f1"]), two(large["calls"]["f1"])],
        ["telephone calls, without", two(small["calls_spoken"]["rule"]["f1"]), two(small["calls_spoken"]["f1"]), two(large["calls_spoken"]["f1"])],
    ]
    return table(["questions in", "rule: a question mark or a question word", "small tier", "large tier"], rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, type=pathlib.Path)
    data = parser.parse_args().data.resolve()
    nlp = data / "nlp"
    measured = json.loads((ROOT / "training/measured.json").read_text())
    language = example("language", stdin=nlp / "language_dev.jsonl")
    lengths = re.findall(r"^(\w+) characters: ([\d.]+)", language, re.M)
    english = [
        (name, re.search(r"^all characters: ([\d.]+)", example("language", stdin=nlp / file), re.M).group(1))
        for name, file in [("GitHub comments", "sentiment_github_train.jsonl"), ("Stack Overflow posts", "sentiment_stackoverflow_train.jsonl")]
    ]
    mentions = example("mentions", stdin=nlp / "mentions_train.jsonl")
    found = re.search(r"precision ([\d.]+) recall ([\d.]+) F1 ([\d.]+)", mentions.strip().splitlines()[-1])
    similar = example("similarity", str(nlp), str(ROOT / "models"))
    ranks = re.findall(r"^(BM25|static vector|small tier|sentence model|large tier) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)", similar, re.M)
    alarms = [
        [label.replace("_", " "), *(f"{measured[t][label]['fired_per_1000_comments']:.1f}" for t in ("small", "large"))]
        for label in LABELS
        if label != "question"
    ]
    parts = [
        HEAD,
        "## Labels\n",
        "298 messages of a community, labelled by hand; the heads were trained on others.\n",
        labels(measured),
        f"Mean AP of bug, feature, praise and concern: small {two(measured['small']['mean_ap_feedback'])}, large {two(measured['large']['mean_ap_feedback'])}.\n",
        "## Questions\n",
        questions(measured),
        "## Mood\n",
        sentiment(measured),
        "## How often a label is given to developers' comments\n",
        "Of 1,000 comments from GitHub and Stack Overflow that nobody labelled: a hand raise there is a false alarm, the others partly hold.\n",
        table(["label", "small tier", "large tier"], alarms),
        "## Language\n",
        "Twenty languages, 899 texts of the Universal Declaration of Human Rights.\n",
        table(["beginning of the text", "right"], [[f"{n} characters" if n != "all" else "all", value] for n, value in lengths]),
        table(["English texts of developers", "called English"], english),
        "## Mentions\n",
        "60 texts with everyday words such as slack and linear; whoever wrote the rules had read them, so other texts will be read worse.\n",
        table(["precision", "recall", "F1"], [list(found.groups())]),
        "## Similar questions\n",
        "500 pairs of duplicates among 1,804 questions of Ask Ubuntu, both ways. The weights were chosen on them.\n",
        table(["by", "MRR@10", "found first", "in the first 5", "in the first 10"], [list(row) for row in ranks]),
    ]
    (ROOT / "docs/reference/text-quality.md").write_text("\n".join(parts))
    lines = ["# label, tier, precision, recall, F1, average precision, the same with one writer left out; of `training/quality.py`"]
    for label in LABELS:
        for tier in ("small", "large"):
            m = measured[tier][label]
            cells = [m["precision"], m["recall"], m["f1"], m["ap"], measured[tier]["across_writers"][label]["ap"]]
            lines.append("\t".join([label, tier, *(three(cell) for cell in cells)]))
    (ROOT / "crates/axle-text/models/quality.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
