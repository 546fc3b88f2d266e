"""How well a list of pairs says who is who.

    python identity-quality/evaluate.py TRUTH.jsonl PAIRS.txt [--threshold 0.99]

PAIRS holds `id_a id_b probability` lines. Prints one JSON document; README.md beside this file says what its figures mean.
"""
import argparse
import collections
import dataclasses
import itertools
import json
import pathlib

BANDS = [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99, 0.999]
SHARE_OF_PAIRS = 1.25  # a reviewer sees this many suggestions for each true pair


@dataclasses.dataclass
class Truth:
    """Who stands behind each account, and the accounts whose person the truth is sure of."""

    person: dict
    covered: set

    def true_pairs(self, counted):
        sizes = collections.Counter(self.person[account] for account in counted)
        return sum(pairs_of(size) for size in sizes.values())


def pairs_of(size):
    return size * (size - 1) // 2


def read_truth(path):
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    return Truth({row["id"]: row["person"] for row in rows}, {row["id"] for row in rows if row.get("covered", True)})


def read_pairs(path):
    """Each pair once, with its highest probability."""
    pairs = {}
    for line in open(path, encoding="utf-8"):
        if line.strip():
            first, second, probability = line.split()[:3]
            key = tuple(sorted((int(first), int(second))))
            pairs[key] = max(float(probability), pairs.get(key, 0.0))
    return pairs


class Groups:
    """Accounts joined so far, with the pairs that this makes: all of the counted accounts, and the true ones among them."""

    def __init__(self, truth, counted):
        self.parent = {account: account for account in truth.person}
        self.people = {a: collections.Counter([p]) if a in counted else collections.Counter() for a, p in truth.person.items()}
        self.made = self.true = 0

    def root(self, account):
        while self.parent[account] != account:
            self.parent[account] = self.parent[self.parent[account]]
            account = self.parent[account]
        return account

    def join(self, first, second):
        """Whether they were apart before."""
        first, second = self.root(first), self.root(second)
        if first == second:
            return False
        if len(self.people[first]) < len(self.people[second]):
            first, second = second, first
        one, other = self.people[first], self.people.pop(second)
        self.made += one.total() * other.total()
        self.true += sum(one[person] * count for person, count in other.items())
        one.update(other)
        self.parent[second] = first
        return True

    def groups(self):
        return (people for people in self.people.values() if people)


def ratios(true, made, wanted):
    """Precision, recall and F1; `None` where nothing was said or there is nothing to find."""
    precision = true / made if made else None
    recall = true / wanted if wanted else None
    f1 = 2 * true / (made + wanted) if made + wanted else None
    return {"precision": precision, "recall": recall, "f1": f1, "pairs": made, "true": true}


def steps(pairs):
    """Pairs by falling probability, those of equal probability together."""
    by_probability = collections.defaultdict(list)
    for pair, probability in pairs.items():
        by_probability[probability].append(pair)
    return sorted(by_probability.items(), reverse=True)


def as_listed(truth, pairs, counted, threshold=None):
    """Figures of the pairs as they are given: at the threshold, or at the one of the best F1."""
    wanted, made, true = truth.true_pairs(counted), 0, 0
    best = {**ratios(0, 0, wanted), "threshold": None}
    for probability, some in steps(pairs):
        if threshold is not None and probability < threshold:
            break
        inside = [(a, b) for a, b in some if a in counted and b in counted]
        made += len(inside)
        true += sum(truth.person[a] == truth.person[b] for a, b in inside)
        now = {**ratios(true, made, wanted), "threshold": probability}
        if threshold is not None or (now["f1"] or 0) > (best["f1"] or 0):
            best = now
    return best


def as_members(truth, pairs, counted, threshold=None):
    """Figures of all pairs within members, which are what pairs join: `a b` and `b c` join `a` with `c`."""
    wanted, groups = truth.true_pairs(counted), Groups(truth, counted)
    best = {**ratios(0, 0, wanted), "threshold": None}
    for probability, some in steps(pairs):
        if threshold is not None and probability < threshold:
            break
        for first, second in some:
            groups.join(first, second)
        now = {**ratios(groups.true, groups.made, wanted), "threshold": probability}
        if threshold is not None or (now["f1"] or 0) > (best["f1"] or 0):
            best = now
    return best


def told_wrong(truth, pairs, counted, threshold, are_alike):
    """Pairs within members that the truth leaves apart, and how many of them `are_alike` says are plainly one person."""
    groups, members = Groups(truth, counted), collections.defaultdict(list)
    for (first, second), probability in pairs.items():
        if threshold is not None and probability >= threshold:
            groups.join(first, second)
    for account in counted:
        members[groups.root(account)].append(account)
    apart = [
        pair
        for accounts in members.values()
        for pair in itertools.combinations(accounts, 2)
        if truth.person[pair[0]] != truth.person[pair[1]]
    ]
    return {"wrong": len(apart), "alike": sum(are_alike(*pair) for pair in apart)}


def b_cubed(truth, pairs, counted, threshold):
    """Precision and recall as each account sees its own member, averaged over accounts (Bagga and Baldwin, 1998)."""
    groups = Groups(truth, counted)
    for (first, second), probability in pairs.items():
        if threshold is not None and probability >= threshold:
            groups.join(first, second)
    sizes = collections.Counter(truth.person[account] for account in counted)
    precision = recall = 0.0
    for people in groups.groups():
        for person, count in people.items():
            precision += count * count / people.total()
            recall += count * count / sizes[person]
    precision, recall = precision / len(counted), recall / len(counted)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}


def reviewed(truth, pairs, counted, limits):
    """The share of true pairs that a reviewer has made after so many answers, who accepts what is true and is never wrong.

    Suggestions come by falling probability. What earlier answers have joined already is not asked again. Of pairs of one
    probability the order is that of their ids, which is arbitrary.
    """
    wanted, groups = truth.true_pairs(counted), Groups(truth, counted)
    found, asked = {}, 0
    for _, some in steps(pairs):
        for first, second in sorted(some):
            if not (first in counted and second in counted) or groups.root(first) == groups.root(second):
                continue
            for limit in limits:
                if asked == limit:
                    found[limit] = groups.true
            asked += 1
            if truth.person[first] == truth.person[second]:
                groups.join(first, second)
    shares = [(found.get(limit, groups.true) / wanted if wanted else None) for limit in limits]
    return {"asked": asked, "found": shares}


def listed_top(truth, pairs, counted, limits):
    """The share of true pairs among the first so many of the list, counted as they stand."""
    wanted = truth.true_pairs(counted)
    hits = [truth.person[a] == truth.person[b] for _, some in steps(pairs) for a, b in sorted(some) if a in counted and b in counted]
    return [sum(hits[:limit]) / wanted if wanted else None for limit in limits]


def calibration(truth, pairs, counted):
    """For each band of probability: pairs, their mean probability, and the share of them that are one person."""
    bands = []
    for low, high in zip(BANDS, [*BANDS[1:], 1.1]):
        inside = [(p, truth.person[a] == truth.person[b]) for (a, b), p in pairs.items() if low <= p < high and a in counted and b in counted]
        count = len(inside)
        told, true = (sum(column) / count if count else None for column in (zip(*inside) if count else ((), ())))
        bands.append({"from": low, "pairs": count, "told": told, "true": true})
    return bands


def evaluate(truth, pairs, threshold):
    """All figures, over all accounts and over those of whom the truth is sure."""
    views = {"all": set(truth.person)}
    if truth.covered != views["all"]:
        views["sure"] = truth.covered
    figures = {}
    for view, counted in views.items():
        limits = [round(truth.true_pairs(counted) * SHARE_OF_PAIRS), 200]
        best = as_members(truth, pairs, counted)
        figures[view] = {
            "accounts": len(counted),
            "true_pairs": truth.true_pairs(counted),
            "listed": as_listed(truth, pairs, counted, 0.0),
            "listed_best": as_listed(truth, pairs, counted),
            "at_threshold": as_members(truth, pairs, counted, threshold),
            "best": best,
            "b_cubed_at_best": b_cubed(truth, pairs, counted, best["threshold"]),
            "limits": limits,
            "listed_top": listed_top(truth, pairs, counted, limits),
            "calibration": calibration(truth, pairs, counted),
            "reviewed": reviewed(truth, pairs, counted, limits),
        }
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth", type=pathlib.Path)
    parser.add_argument("pairs", type=pathlib.Path)
    parser.add_argument("--threshold", type=float, default=0.99)
    arguments = parser.parse_args()
    print(json.dumps(evaluate(read_truth(arguments.truth), read_pairs(arguments.pairs), arguments.threshold), indent=1))


if __name__ == "__main__":
    main()
