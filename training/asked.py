"""Features that tell whether a clause asks, as slots of a second hash; the same as `features/asked.rs` of `axle-text`."""
from features import fnv1a, tokens

SLOTS = 16_384

# What people say before they begin.
FILLERS = set(
    "uh um well so oh and but yeah okay ok now like uh-huh huh hey hi hello right then also or actually anyway yes no because "
    "i'm sorry just".split()
)
FILLER_PAIRS = {("you", "know"), ("i", "mean"), ("i", "guess")}
AUXILIARIES = set(
    "do does did is are am was were can could will would shall should have has had may might must isn't aren't wasn't weren't "
    "don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't hadn't ain't".split()
)
PRONOUNS = set("i you he she it we they that this there these those y'all anyone anybody someone somebody".split())
ASKING = set("what where when why how who which whose whom what's where's who's how's when's why's whats hows".split())
TAGS = {"or", "right", "huh"}


def kind(word):
    return "A" if word in AUXILIARIES else "P" if word in PRONOUNS else "W" if word in ASKING else "o"


def begun(w):
    """The clause without fillers and repetitions at its beginning."""
    at = lambda i: w[i] if i < len(w) else None
    i = 0
    while i < len(w):
        if (w[i], at(i + 1)) in FILLER_PAIRS:
            i += 2
        elif w[i] in FILLERS or not (w[i][0].isalpha() or w[i][0] == "<"):
            i += 1
        elif w[i] == at(i + 1):
            i += 1
        elif at(i + 1) == "," and w[i] == at(i + 2):
            i += 2
        elif at(i + 2) in (",", "-") and w[i] == at(i + 3):
            i += 3
        else:
            break
    return w[i:]


def clauses(w):
    """The tokens of each clause, and whether a question mark ends it."""
    out, clause = [], []
    for t in w:
        if t[0] in ".!?;":
            if clause or t[0] == "?":
                out.append((clause, t[0] == "?"))
            clause = []
        else:
            clause.append(t)
    if clause:
        out.append((clause, False))
    return out


def names(text):
    w = tokens(text)
    out = set()
    for clause, marked in clauses(w):
        q = "?" if marked else "."
        s = begun(clause)
        count = sum(t[0].isalpha() for t in s)
        kinds = "".join(kind(t) for t in s[:3])
        out |= {"k" + q + kinds, "k" + q + kinds[:2], "n" + q + str(min(count, 5))}
        if s:
            out |= {"f " + s[0], "f" + q + " " + s[0]}
            if len(s) > 1:
                out.add("g " + s[0] + " " + s[1])
            if kinds[:2] in ("AP", "WA"):
                out.add("i" + q + str(min(max(count, 2), 4)))
            if kinds[0] in "Po":
                out.add("d" + q + ("s" if count <= 2 else "l"))
            if "you" in s or "your" in s:
                out.add("y" + q + kinds[0])
        if count <= 4:
            out.add("x" + q + " " + " ".join(s))
        words = [t for t in clause if t[0].isalpha()]
        if len(words) > 1 and count > 3 and kind(words[-2]) + kind(words[-1]) == "AP":
            out.add("t" + q)
        if words and words[-1] in TAGS:
            out.add("e" + q + words[-1])
        for i in range(1, len(s) - 1):
            pair = kind(s[i]) + kind(s[i + 1])
            if pair in ("AP", "WA", "WP"):
                out.add("m" + q + pair + ("," if s[i - 1] == "," else ""))
    if sum(t[0].isalpha() for t in w) <= 4:
        out.add("w " + " ".join(w))
    return out


def slots(text):
    """Distinct slots of a text, ascending; each has the value 1 / sqrt(their number)."""
    return sorted({fnv1a(n.encode()) % SLOTS for n in names(text)})
