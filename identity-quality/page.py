"""The page about the quality of matching: from figures to Markdown."""

HEAD = """<!-- Written by `identity-quality/quality.py`; edits are lost. -->

# How well Axle finds who is one person

What the program says of accounts, beside what is known of the people behind them, beside what somebody would try first, and beside
[Splink](https://moj-analytical-services.github.io/splink/), the toolkit for record linkage in common use. [How it is measured, and how the
sets are made](../../identity-quality/README.md).

- All figures but "as listed" are of **members**: what pairs join, closed. If `a b` and `b c` are joined, `a c` is a pair too, and counts.
- **Precision**: of the pairs within members, how many are one person. **Recall**: of the pairs that are one person, how many are within members.
  **F1**: between the two. They are taken at the threshold of the best F1, which is chosen with the truth in hand, for Splink and for Axle alike.
- **By itself**: what Axle joins without asking anybody. The rest are suggestions.
- **B-cubed**: F1 as each account sees its own member, averaged; big members count less than among pairs.
- **As listed**: the best F1 of the pairs themselves, nothing closed.
- **Found by a reviewer**: the share of true pairs after so many answers by somebody who is never wrong and begins with the likeliest suggestion;
  what follows from earlier answers is not asked. So many: 1.25 for each true pair, and 200.
- **Within reach**: the share of true pairs that are joined, directly or through others, by accounts whose names, usernames and local parts have four letters in
  a row in common. Domains and initials tell something too, but little is found beyond it.
- **Splink** learns from the accounts alone, as Axle does. It is set up in four ways, and the best one on each set counts: kinder than
  could be in practice, where nobody has the truth.

What the figures do not say:

- **Mailmaps are true but incomplete.** What they join is one person; what they leave apart may be one as well. So over all authors precision is
  a lower bound, and nobody could reach 1; what somebody could who is always right is estimated by joining, beside what the mailmap joins, equal
  addresses and equal names of two words or more. One who leaves apart whom the mailmap happens to leave apart may get a little more.
  "Of whom the mailmap is sure" counts only accounts of people whom it names: there both figures can be trusted, nearly (a mailmap may
  name one person twice), but they leave out most strangers who look alike.
- **Two sets are of real people, scattered by us**: which account shows which name is our guess. The spelling is always the same, which makes
  names a better clue than they are in life: where all accounts show it, equal names alone are hard to beat. So each comes in three: no address with
  its name (bare), every second one (half), all (named). Discord's names are not known; GitHub's login stands for them. The demo company is made up.
  So below each such set stands how many of the pairs told wrong are plainly one person, by their address or full name, and the F1 without these.
- **Some people stand in those sets twice**, ten full names at least, and whoever joins them is told wrong. Hence no precision of 1 there.
- **Much cannot be found by anybody**: of an address that has nothing of its owner's name, no text tells. Hence low recall on the bare sets.
- **Few pairs say little**: a way that is right 99 times in 100 makes no mistake in 50 pairs three times out of five.
- There are no profile links, avatars, conversations or mailmaps for the matcher, and no verified address but the demo company's: hardly anything of what
  Axle can prove is in these figures.
- **Kinds of errors on these sets were looked at while the matcher was written**, so other communities' figures will be somewhat lower. No weight of it was
  fitted to their truths.
"""


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def table(header, rows):
    lines = [f"| {' | '.join(header)} |", f"| {' | '.join('---' for _ in header)} |"]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows]) + "\n"


def best_splink(figures, set_ups, view):
    """The set-up with the best F1 on this set, and that F1; there is one set-up at least."""
    return max(((figures[set_up][view]["best"]["f1"] or 0.0), set_up) for set_up in set_ups)


def verdict(reached):
    return "yes" if reached else "**no**"


def sure_view(figures):
    return "sure" if "sure" in figures["Axle"] else "all"


def goal_rows(judged, set_ups):
    rows = []
    for one in judged:
        figures, view = one["figures"], sure_view(one["figures"])
        by_itself = figures["Axle, by itself"][view]["at_threshold"]
        precision = by_itself["precision"]
        note = f"{number(precision, 4)} ({by_itself['pairs']} pairs)" if precision is not None else "joins none"
        rows.append([f"{where(one, view)}: joined by itself, precision", note, "0.995", verdict(precision is None or precision >= 0.995)])
    for one in judged:
        if one["name"] == "git-git":
            for view in one["figures"]["Axle"]:
                f1 = one["figures"]["Axle"][view]["best"]["f1"]
                rows.append([f"{where(one, view)}: F1", number(f1, 4), "0.95", verdict(f1 >= 0.95)])
    for one in judged if set_ups else ():
        for view in one["figures"]["Axle"]:
            f1 = one["figures"]["Axle"][view]["best"]["f1"]
            splink, _ = best_splink(one["figures"], set_ups, view)
            rows.append([f"{where(one, view)}: F1 above Splink's best", number(f1, 4), f"above {number(splink, 4)}", verdict(f1 > splink) + equal(one, view, f1 == splink)])
    for one in judged:
        for view in one["figures"]["Axle"]:
            found = one["figures"]["Axle"][view]["reviewed"]["found"][0]
            within = one["within_reach"]
            note = "" if found >= 0.9 else f", {found / within:.0%} of what is within reach"
            rows.append([f"{where(one, view)}: found by a reviewer", f"{number(found, 4)} (within reach: {number(within)})", "0.90", verdict(found >= 0.9) + note])
    return rows


def equal(one, view, is_equal):
    """Why two are equal, where one who makes no mistake and finds all that is within reach is no better."""
    best = one["figures"]["Axle"][view]["best"]
    is_all = best["precision"] == 1 and best["recall"] >= one["within_reach"] - 0.0005
    return (", equal: both find all that is within reach, and nothing else" if is_all else ", equal") if is_equal else ""


def where(one, view):
    mailmapped = "sure" in one["figures"]["Axle"]
    return one["name"] + ({"all": ", all authors", "sure": ", of whom the mailmap is sure"}[view] if mailmapped else "")


def speed_goals(timed):
    for row in timed:
        if row["size"] == 1_000_000:
            way = row["ways"]["Axle"]
            seconds = f"{number(way['resolved'], 1)} ({number(way['wall'], 1)} with reading and writing texts)"
            yield ["1,000,000 accounts: seconds", seconds, "at most 10", verdict(way["resolved"] <= 10)]
            yield ["1,000,000 accounts: MB", f"{way['peak']:.0f}", "at most 1000", verdict(way["peak"] <= 1000)]


def set_section(one, view):
    figures = one["figures"]
    rows = []
    for way, views in figures.items():
        now = views[view]
        rule = "Splink" not in way and "Axle" not in way
        at = now["at_threshold"] if rule or way == "Axle, by itself" else now["best"]
        single = rule or way == "Axle, by itself"  # there is no threshold to choose
        reviewed = ["-", "-"] if single else [number(share) for share in now["reviewed"]["found"]]
        rows.append([
            f"**{way}**" if way.startswith("Axle") else way,
            number(at["precision"]), number(at["recall"]), number(at["f1"]),
            "-" if single else number(at["threshold"]),
            "-" if single else number(now["b_cubed_at_best"]["f1"]),
            "-" if rule else number(now["listed_best"]["f1"]),
            *reviewed,
        ])  # fmt: skip
    axle = figures["Axle"][view]
    title = f"### {where(one, view)}\n\n" if "sure" in figures["Axle"] else f"## {one['name']}\n\n"
    text = f"{axle['accounts']} accounts, {axle['true_pairs']} pairs of them one person's. Axle lists {axle['listed']['pairs']} pairs."
    text += f" Within reach: {one['within_reach']:.3f}."
    if view == "all" and "sure" in figures["Axle"]:
        apart = one["left_apart"]
        text += f" Somebody who is always right would reach an F1 of about {one['oracle']:.2f}, by this truth."
        text += f" Of the {apart['wrong']} pairs that Axle is told wrong for at its best threshold, {apart['alike']} have one address or one name of two words or more:"
        text += f" with these left out its precision is {number(apart['precision'])} and its F1 {number(apart['f1'])}."
    text += "\n\n"
    header = ["by", "precision", "recall", "F1", "threshold", "B-cubed", "as listed, F1", f"reviewer, {axle['limits'][0]} answers", "200 answers"]
    return title + text + table(header, rows)


def set_sections(one):
    views = list(one["figures"]["Axle"])
    if len(views) > 1:
        return [f"## {one['name']}\n"] + [set_section(one, view) for view in reversed(views)]
    return [set_section(one, views[0])]


CALIBRATION = """## Are the probabilities right?

Of the pairs whose probability lies in a band, the share that are one person, and how many pairs they are. A good probability gives a share within its band.
"""


def calibration_section(judged):
    bands = judged[0]["figures"]["Axle"]["all"]["calibration"]
    tops = [f"{band['from']:g}" for band in bands[1:]] + ["1"]
    header = ["set", "by"] + [f"{band['from']:g} to {top}" for band, top in zip(bands, tops)]
    rows = []
    for one in judged:
        view = sure_view(one["figures"])
        for way in [way for way in ("Axle", "Splink") if way in one["figures"]]:
            told = one["figures"][way][view]["calibration"]
            cells = [f"{band['true']:.2f} ({band['pairs']})" if band["pairs"] else "-" for band in told]
            rows.append([where(one, view), way, *cells])
    return CALIBRATION + "\n" + table(header, rows)


SPEED = """## Time and memory

Made-up accounts with few given names, many family names and handles made of both, that collide about as people's do; Axle writes its list,
Splink pairs from 0.05 on. One process each, reading and writing included, on a machine of two cores: wall seconds change with what else it does,
so **processor seconds compare better**. Splink uses two threads of DuckDB in its first set-up, Axle what it takes. F1 of made-up people says little
and stands here to show that both do the same work.
"""


def speed_section(timed):
    rows, ratios = [], []
    for row in timed:
        for way, at in row["ways"].items():
            rows.append([
                f"{row['size']:,}", way, number(at["wall"], 1), number(at["cpu"], 1), f"{at['peak']:.0f}",
                f"{at['pairs']:,}", number(at["listed"]["f1"]), number(at["best"]["f1"]),
            ])  # fmt: skip
        if "Splink" in row["ways"]:
            axle, splink = row["ways"]["Axle"], row["ways"]["Splink"]
            ratios.append(
                f"At {row['size']:,} Axle takes 1/{splink['cpu'] / axle['cpu']:.0f} of Splink's processor time, "
                f"1/{splink['peak'] / axle['peak']:.1f} of its memory."
            )
        else:
            ratios.append(f"At {row['size']:,} Splink was not run.")
    header = ["accounts", "by", "wall seconds", "processor seconds", "peak MB", "pairs listed", "as listed, F1", "F1"]
    return SPEED + "\n" + table(header, rows) + "\n" + "\n".join(ratios) + "\n"


def write(judged, timed, set_ups):
    goals = goal_rows(judged, set_ups) + list(speed_goals(timed))
    parts = [HEAD, "## Goals\n\n" + table(["what", "figure", "goal", "reached"], goals)]
    for one in judged:
        parts += set_sections(one)
    parts.append(calibration_section(judged))
    if timed:
        parts.append(speed_section(timed))
    return "\n".join(parts)
