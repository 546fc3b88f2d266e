"""Kaplan and Meier's estimate of how long things take (decision record 14)."""

from collections import Counter, defaultdict


def median(times, left_over=0.5):
    """The first time at which at most that share, half of them, are left, of `(time, happened)`; null where the curve does not fall that far.
    At equal times what happens comes before what is no longer watched."""
    ended = Counter(time for time, happened in times if happened)
    left = Counter(time for time, _ in times)
    at_risk, survival = len(times), 1.0
    for time in sorted(left):
        survival *= 1 - ended[time] / at_risk
        if survival <= left_over + 1e-12:
            return time
        at_risk -= left[time]
    return None


def medians(rows, left=0.5):
    """A row for each period and dimension of rows with `i`, `seconds`, `happened`: the median, how many happened, of how many. With another share
    `left`, the time at which at most that many are left."""
    groups = defaultdict(list)
    for row in rows:
        dimensions = tuple((key, value) for key, value in row.items() if key not in ("i", "seconds", "happened"))
        groups[row["i"], dimensions].append((row["seconds"], row["happened"]))
    return [
        {"i": i, "value": median(times, left), "numerator": sum(happened for _, happened in times), "denominator": len(times), **dict(dimensions)}
        for (i, dimensions), times in groups.items()
    ]
