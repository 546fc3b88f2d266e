"""How much the small tier's head and VADER weigh beside the fine-tuned copy in a mood, on platforms that none of them has seen.

    python training/voices.py [--said DIR] [--measure FILE]

Reads what `finetune.py` wrote for each platform left out (`said-without-NAME.jsonl`, and `said-without-split.jsonl` for film reviews).
Logarithms are added: the copy's weigh 1, the head's `head`, and what VADER says gets `vader` more than what it does not say, as `weighed`
of `crates/axle-text/src/large.rs` does. Prints points of macro-F1 over VADER for each pair of weights; then, for each platform, those of the
weights that are best on all others, which nobody chose for it. `--measure` adds both to the file that `finetune.py --measure` writes:
`voices` with the weights that ship, `voices_chosen_elsewhere` with the others'. The weights that ship are not the best on platforms left
out: VADER weighs half as much, since more takes away from the platforms that are learnt from.
"""
import argparse
import json
import pathlib

import numpy as np

import datasets as D
import finetune
import heads

HEADS, VADERS = (0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 0.5, 1.0, 1.5, 2.0)
SHIPPED = (0.5, 0.5)


def said_of(folder, name):
    """Labels and opinions on the texts of a platform, by a model that was made without it."""
    file = folder / f"said-without-{'split' if name == 'movie' else name}.jsonl"
    rows = [row for row in map(json.loads, file.read_text().splitlines()) if row["set"] == name]
    labels = np.array([D.SENTIMENTS.index(row["label"]) for row in rows])
    head, copy = (np.log(np.array([row[voice] for row in rows]) + 1e-6) for voice in ("head", "minilm"))
    compound = np.array([row["vader"] for row in rows])
    return labels, head, copy, np.where(compound >= 0.05, 2, np.where(compound <= -0.05, 0, 1))


def f1(said, weights):
    labels, head, copy, vader = said
    return finetune.macro_f1(labels, (copy + weights[0] * head + weights[1] * np.eye(3)[vader]).argmax(1))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--said", type=pathlib.Path, default=heads.HERE / "cache/finetune")
    p.add_argument("--measure", type=pathlib.Path)
    a = p.parse_args()
    names = [*heads.SENTIMENT_PLATFORMS, "movie"]
    said = {name: said_of(a.said, name) for name in names}
    base = {name: finetune.macro_f1(labels, vader) for name, (labels, _, _, vader) in said.items()}
    grid = [(head, vader) for head in HEADS for vader in VADERS]
    found = {weights: {name: f1(said[name], weights) for name in names} for weights in grid}
    over = lambda weights, some: np.mean([found[weights][name] - base[name] for name in some])
    print("head vader ", *names, "mean")
    for weights in grid:
        points = [100 * (found[weights][name] - base[name]) for name in names]
        print(*weights, *(f"{x:5.1f}" for x in points), f"{np.mean(points):.2f}")
    elsewhere = {name: max(grid, key=lambda weights: over(weights, [n for n in names if n != name])) for name in names}
    for name, weights in elsewhere.items():
        print(f"{name}: {weights} chosen on the others, {100 * (found[weights][name] - base[name]):.1f} points")
    print(f"mean {100 * np.mean([found[elsewhere[name]][name] - base[name] for name in names]):.2f}")
    if a.measure:
        known = json.loads(a.measure.read_text())
        for name in names:
            known[name] |= {"voices": round(found[SHIPPED][name], 4), "voices_chosen_elsewhere": round(found[elsewhere[name]][name], 4)}
        a.measure.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
