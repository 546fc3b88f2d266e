"""Fits the weights of `crates/axle-model/src/conversation/` to the links that people made, and prints `weights.rs`.

    cargo run --release -p axle-text --example conversations -- --messages < train.jsonl > messages.jsonl
    python fit.py messages.jsonl > crates/axle-model/src/conversation/weights.rs
    python fit.py messages.jsonl --leave-one-out     # links of each channel by weights that did not see it

A softmax over the messages of the window and "it opens a conversation"; where people gave several links, their sum counts.
Which conversations there are before a message depends on the weights, so reading and fitting take turns. No random number.
"""
import json
import math
import sys

import numpy
from scipy.optimize import minimize

ASKS, SEEKS, FITS, REFERS, THANKS, RESOLVES, DENIES, HEDGES = (1 << bit for bit in range(8))
WINDOW, WINDOW_MICROS, QUESTION_MICROS = 50, 2 * 86_400_000_000, 2 * 3_600_000_000
# The program wants 0.8 of a question; with less here, more of what people linked is seen while fitting.
JOINS, QUESTION_JOINS = 0.3, 0.6
MOST_SHARED_WORDS = 3
PENALTY, ROUNDS = 2.0, 3

# name, where the fitting starts, what it stands for
WEIGHTS = [
    ("DISTANCE", -1.5, "Times the natural logarithm of how many messages it lies back."),
    ("SHARED_WORD", 1.0, "Times the words that both have, three at most."),
    ("OWN_CONVERSATION", 1.5, "It is of the conversation in which the author spoke last."),
    ("OWN_LAST", 1.0, "It is the author's own last message."),
    ("TO_SAME", 0.5, "It is the author's own, and both speak to the same person."),
    ("TO_OTHER", -2.0, "The message speaks to others than its author; of the author's own: than it speaks to."),
    ("TO_IT", 3.5, "The message speaks to its author."),
    ("IT_TO_AUTHOR", 1.0, "It speaks to the author of the message."),
    ("IT_TO_OTHER", -1.5, "It speaks to others only."),
    ("LAST_TO_AUTHOR", 1.0, "It is the last that speaks to the author of the message."),
    ("ANSWERS", 0.5, "It asks, and the message could answer."),
    ("SETTLES", 0.5, "It could answer, and the message thanks or says that it works."),
    ("ASKS_OTHER", -0.5, "It is another's, and the message asks."),
    ("OPENS", 0.0, "The message opens a conversation."),
    ("OPENS_ASKING", 0.5, "It does, and asks."),
    ("OPENS_ASKING_ANEW", 1.5, "It does and asks, and its author said nothing in the window."),
    ("OPENS_SEEKING", 0.5, "It does, and tells of a trouble."),
    ("OPENS_TO_SOMEBODY", -2.0, "It does, and speaks to somebody."),
]
NUMBER = {name: number for number, (name, _, _) in enumerate(WEIGHTS)}


def is_over(message, earlier):
    is_to_all = message["cues"] & ASKS and not message["speaks_to"]
    return is_to_all and earlier["author"] != message["author"] and message["at"] - earlier["at"] > QUESTION_MICROS


def rows(messages, number, window, conversation):
    """What holds of each message of the window, and of opening a conversation."""
    message = messages[number]
    author, to, cues = message["author"], set(message["speaks_to"]), message["cues"]
    words = set(message["words"])
    own_last = next((k for k in reversed(window) if messages[k]["author"] == author), None)
    to_author = next((k for k in reversed(window) if author in messages[k]["speaks_to"]), None)
    table = numpy.zeros((len(window) + 1, len(WEIGHTS)))

    def put(row, name, value=1.0):
        table[row, NUMBER[name]] = value if isinstance(value, float | int) else bool(value)

    for row, before in enumerate(window):
        earlier = messages[before]
        its_to = set(earlier["speaks_to"])
        put(row, "DISTANCE", math.log(number - before))
        put(row, "SHARED_WORD", min(MOST_SHARED_WORDS, len(words & set(earlier["words"]))))
        put(row, "OWN_CONVERSATION", own_last is not None and conversation[before] == conversation[own_last])
        if earlier["author"] == author:
            put(row, "OWN_LAST", before == own_last)
            put(row, "TO_SAME", to & its_to)
            put(row, "TO_OTHER", to and not to & its_to)
        else:
            put(row, "TO_IT", earlier["author"] in to)
            put(row, "TO_OTHER", to and earlier["author"] not in to)
            put(row, "IT_TO_AUTHOR", author in its_to)
            put(row, "IT_TO_OTHER", its_to and author not in its_to)
            put(row, "LAST_TO_AUTHOR", before == to_author)
            put(row, "ANSWERS", bool(earlier["cues"] & ASKS and cues & FITS))
            put(row, "SETTLES", bool(earlier["cues"] & FITS and cues & (THANKS | RESOLVES)))
            put(row, "ASKS_OTHER", bool(cues & ASKS))
    put(-1, "OPENS")
    put(-1, "OPENS_ASKING", bool(cues & ASKS))
    put(-1, "OPENS_ASKING_ANEW", bool(cues & ASKS) and own_last is None)
    put(-1, "OPENS_SEEKING", bool(cues & SEEKS))
    put(-1, "OPENS_TO_SOMEBODY", to)
    return table


def read(messages, weights):
    """The link of each message, and the rows of those whose right links are known."""
    conversation, links, examples = [], [], []
    for number, message in enumerate(messages):
        first = max(0, number - WINDOW)
        window = [k for k in range(first, number) if message["at"] - messages[k]["at"] <= WINDOW_MICROS]
        table = rows(messages, number, window, conversation)
        scores = table @ weights
        scores[[row for row, k in enumerate(window) if is_over(message, messages[k])]] = -numpy.inf
        probabilities = numpy.exp(scores - scores.max())
        probabilities /= probabilities.sum()
        sums = {}
        for before, probability in zip(window, probabilities):
            sums[conversation[before]] = sums.get(conversation[before], 0.0) + probability
        link = None
        if sums:
            best = max(sums, key=lambda one: (sums[one], one))
            if sums[best] >= (QUESTION_JOINS if message["cues"] & ASKS else JOINS):
                link = max((p, k) for k, p in zip(window, probabilities) if conversation[k] == best)[1]
        links.append(link)
        conversation.append(number if link is None else conversation[link])
        gold = message["gold"]
        if gold is not None:
            right = numpy.array([k in gold for k in window] + [not gold])
            examples.append((table[numpy.isfinite(scores)], right[numpy.isfinite(scores)]))
    return links, examples


def fit(examples):
    examples = [example for example in examples if example[1].any()]
    table = numpy.concatenate([rows for rows, _ in examples])
    right = numpy.concatenate([right for _, right in examples]).astype(float)
    sizes = [len(rows) for rows, _ in examples]
    starts, of = numpy.cumsum([0] + sizes)[:-1], numpy.repeat(numpy.arange(len(sizes)), sizes)

    def loss(weights):
        scores = table @ weights
        powers = numpy.exp(scores - numpy.maximum.reduceat(scores, starts)[of])
        all_sum, right_sum = numpy.add.reduceat(powers, starts), numpy.add.reduceat(powers * right, starts)
        error = powers / all_sum[of] - powers * right / right_sum[of]
        return numpy.log(all_sum / right_sum).sum() + PENALTY * weights @ weights / 2, table.T @ error + PENALTY * weights

    return minimize(loss, numpy.zeros(len(WEIGHTS)), jac=True, method="L-BFGS-B").x


def learn(channels):
    weights = numpy.array([start for _, start, _ in WEIGHTS])
    for _ in range(ROUNDS):
        weights = fit([example for messages in channels for example in read(messages, weights)[1]])
    return weights.round(2)


def leave_one_out(channels):
    ours = theirs = both = 0
    for left in range(len(channels)):
        weights = learn(channels[:left] + channels[left + 1:])
        links, _ = read(channels[left], weights)
        for message, link in zip(channels[left], links):
            if message["gold"] is not None:
                ours += link is not None
                theirs += bool(message["gold"])
                both += link in message["gold"]
    print(f"links {ours} of {theirs}: precision {both / ours:.3f}, recall {both / theirs:.3f}, F1 {2 * both / (ours + theirs):.3f}")


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        channels = [json.loads(line) for line in file]
    if "--leave-one-out" in sys.argv:
        leave_one_out(channels)
    else:
        print("//! Written by `training/conversations/fit.py`: do not change by hand. \"It\" is an earlier message.\n")
        for (_, _, meaning), (name, weight) in zip(WEIGHTS, zip(NUMBER, learn(channels))):
            print(f"/// {meaning}\npub(super) const {name}: f64 = {weight:.2f};")
