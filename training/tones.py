"""Numbers that say how the words of VADER's list stand in a text; the same as `tones.rs` of `axle-text`."""
from features import tokens

NAMES = ["positive", "negative", "count positive", "count negative", "greatest", "least", "last", "has but", "none", "negations"]
MORE_NEGATIONS = {"no", "hardly", "barely"}
REACH = 4  # tokens after a negation whose valence it turns
TURNED = -0.74  # as VADER weighs a negated word


def tones(text, valences, negations):
    """`valences`: of words, -4 to 4; `negations`: words that turn what follows, beside those that end in n't."""
    w = tokens(text)
    turning = 0
    positive = negative = greatest = least = last = 0.0
    positives = negatives = negated = 0
    has_but = False
    for t in w:
        v = valences.get(t, 0.0)
        if t in negations or t in MORE_NEGATIONS or t.endswith("n't"):
            negated += 1
            turning = REACH
        elif t[0] in ".!?;:,(":
            turning = 0
        elif turning:
            turning -= 1
            v *= TURNED
        if v > 0:
            positive, positives = positive + v, positives + 1
        elif v < 0:
            negative, negatives = negative - v, negatives + 1
        greatest, least, last = max(greatest, v), min(least, v), v or last
        has_but = has_but or t == "but"
    root = max(len(w), 1) ** 0.5
    return [
        positive / 4 / root, negative / 4 / root, min(positives, 5) / 5, min(negatives, 5) / 5, greatest / 4, least / 4, last / 4,
        float(has_but), float(positives + negatives == 0), negated / root,
    ]  # fmt: skip
