"""Trains the language model of crates/axle-text: hashed character n-grams, one linear layer, int8.

    pip install numpy==2.4.6 scipy==1.18.0 brotli opencc-python-reimplemented==0.1.7
    python train.py --testdata CRATES --profiles MODELS --out crates/axle-text/models/language-v1.bin

CRATES: a folder with the sources of the crates `lingua-<language>-language-model` 1.3.0 (`cargo fetch` brings them).
MODELS: `lingua/language-models` out of the wheel of the Python package `lingua-language-detector` 1.3.5.
Both are Apache-2.0; their sentences and n-gram counts come from Wortschatz Leipzig news and web corpora (CC BY).
One in seven sentences, words and word pairs is held out; the script prints the accuracy on them. Seeds are fixed.
"""
import argparse
import json
import pathlib
import struct
import unicodedata

import brotli
import numpy as np
import opencc
import scipy.sparse as sp

# Group: (buckets, longest n-gram, {ISO 639-1: names of the crates, commonest language first}).
GROUPS = {
    "latin": (1 << 14, 5, {
        "en": ["english"], "es": ["spanish"], "fr": ["french"], "de": ["german"], "pt": ["portuguese"], "it": ["italian"],
        "nl": ["dutch"], "pl": ["polish"], "tr": ["turkish"], "id": ["indonesian"], "vi": ["vietnamese"], "cs": ["czech"],
        "sv": ["swedish"], "ro": ["romanian"], "hu": ["hungarian"], "fi": ["finnish"], "da": ["danish"],
        "no": ["bokmal", "nynorsk"], "sk": ["slovak"], "hr": ["croatian", "bosnian"], "ca": ["catalan"], "lt": ["lithuanian"],
        "sl": ["slovene"], "lv": ["latvian"], "et": ["estonian"], "tl": ["tagalog"], "sq": ["albanian"], "az": ["azerbaijani"],
        "af": ["afrikaans"], "sw": ["swahili"], "eu": ["basque"], "is": ["icelandic"]}),
    "cyrillic": (1 << 13, 4, {"ru": ["russian"], "uk": ["ukrainian"], "bg": ["bulgarian"], "sr": ["serbian"],
                              "be": ["belarusian"], "mk": ["macedonian"], "kk": ["kazakh"], "mn": ["mongolian"]}),
    "arabic": (1 << 12, 4, {"ar": ["arabic"], "fa": ["persian"], "ur": ["urdu"]}),
    "devanagari": (1 << 12, 4, {"hi": ["hindi"], "mr": ["marathi"]}),
    "han": (1 << 14, 2, {"zh": ["chinese"], "ja": ["japanese"]}),
}
LETTERS = 240          # as in language.rs: no more letters of a text are read
PROFILES = {"bokmal": "nb", "nynorsk": "nn", "croatian": "hr", "bosnian": "bs"}


def words(text):
    """The words of a text: runs of letters and marks, composed, in lower case."""
    out, word = [], []
    for ch in unicodedata.normalize("NFC", text).lower():
        if unicodedata.category(ch)[0] in "LM":
            word.append(ch)
        elif word:
            out.append("".join(word))
            word = []
    if word:
        out.append("".join(word))
    return out


CACHE = {}


def hashes(word, longest):
    """FNV-1a over the code points of every n-gram of ` word `."""
    key = (word, longest)
    if key not in CACHE:
        cps = [ord(c) for c in word]
        found = []
        for i in range(len(cps)):
            h = 2166136261
            for j in range(i, min(i + longest, len(cps))):
                h = ((h ^ cps[j]) * 16777619) & 0xFFFFFFFF
                if j > i or cps[i] != 32:
                    found.append(h)
        CACHE[key] = np.array(found, dtype=np.uint32)
    return CACHE[key]


def slots(hashed, buckets):
    return (hashed ^ (hashed >> 15)) & np.uint32(buckets - 1)


def is_han(ch):
    return "\u4e00" <= ch <= "\u9fff" or "\u3400" <= ch <= "\u4dbf" or ch == "々"


def runs(text):
    """Runs of Han characters."""
    return "".join(ch if is_han(ch) else " " for ch in text).split()


def features(text, group):
    buckets, longest, _ = GROUPS[group]
    parts, left = [], LETTERS
    for word in runs(text) if group == "han" else words(text):
        word = word[:left]
        left -= len(word)
        parts.append(hashes(word if group == "han" else f" {word} ", longest))
        if left <= 0:
            break
    if not parts:
        return np.zeros(0, dtype=np.uint32)
    return slots(np.concatenate(parts), buckets)


def lines(crates, name, kind):
    path = next(crates.glob(f"lingua-{name}-language-model-*")) / "testdata" / f"{kind}.txt"
    return [line.strip() for line in path.read_text().splitlines() if line.strip()]


def profile(models, code):
    """Per n: n-grams and their cumulative joint distribution, from the profile's conditional fractions."""
    joint, out = {}, []
    for name in ["unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams"]:
        path = models / code / f"{name}.json.br"
        if not path.exists():
            break
        level = {}
        for fraction, grams in json.loads(brotli.decompress(path.read_bytes()))["ngrams"].items():
            numerator, denominator = fraction.split("/")
            p = int(numerator) / int(denominator)
            for gram in grams.split(" "):
                level[gram] = p * (joint.get(gram[:-1], 0.0) if joint else 1.0)
        joint = level
        weights = np.cumsum(np.array(list(level.values())))
        out.append((list(level), weights / weights[-1]))
    return out


def strip_marks(text):
    return unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)))


def crop(text, rng):
    size = int(np.exp(rng.uniform(np.log(6), np.log(130))))
    start = 0
    if len(text) > size:
        start = int(rng.integers(0, len(text) - size))
        if rng.random() < 0.8:                                   # begin with a word
            space = text.find(" ", start)
            start = space + 1 if 0 <= space < len(text) - 4 else start
    return text[start:start + size]


def bag(levels, rng):
    """A few n-grams, mostly long ones, as the profile has them."""
    picked = []
    for _ in range(int(np.exp(rng.uniform(np.log(2), np.log(24))))):
        grams, cumulative = levels[min(int(rng.choice(5, p=[0.02, 0.08, 0.2, 0.3, 0.4])), len(levels) - 1)]
        picked.append(grams[min(int(np.searchsorted(cumulative, rng.random())), len(grams) - 1)])
    return picked


def examples(args, group, rng):
    """(features, language) to train on, and (text, language, kind) held out."""
    buckets, longest, languages = GROUPS[group]
    traditional = opencc.OpenCC("s2t")
    train, held = [], []
    for label, (code, names) in enumerate(languages.items()):
        for name in names:
            for kind, copies in [("sentences", args.crops), ("word-pairs", 1), ("single-words", 1)]:
                for i, line in enumerate(lines(args.testdata, name, kind)):
                    if i % 7 == 6:
                        held.append((line, code, kind))
                        continue
                    for _ in range(-(-copies // len(names))):
                        text = crop(line, rng) if kind == "sentences" else line
                        train.append((features(text, group), label))
                        if group == "latin" and not text.isascii() and rng.random() < 0.15:
                            train.append((features(strip_marks(text), group), label))
                        if code == "zh":
                            train.append((features(traditional.convert(text), group), label))
            levels = profile(args.profiles, PROFILES.get(name, code))
            for _ in range(args.bags // len(names)):
                text = bag(levels, rng)
                if code == "zh" and rng.random() < 0.5:
                    text = [traditional.convert(t) for t in text]
                found = np.concatenate([hashes(gram, longest) for gram in text])
                train.append((slots(found, buckets), label))
    return [(f, label) for f, label in train if len(f)], held


def rows(found, buckets):
    """Sparse rows with 1 / sqrt(n) for each of a text's n n-grams."""
    sizes = np.array([len(f) for f in found])
    values = np.repeat(1 / np.sqrt(sizes), sizes).astype(np.float32)
    matrix = sp.csr_matrix((values, np.concatenate(found).astype(np.int32), np.concatenate([[0], np.cumsum(sizes)])),
                           shape=(len(found), buckets))
    matrix.sum_duplicates()
    return matrix


def fit(train, group, args, rng):
    """Softmax regression by Adagrad on shuffled batches, with a little L2."""
    buckets, _, languages = GROUPS[group]
    matrix = rows([f for f, _ in train], buckets)
    labels = np.array([label for _, label in train])
    weight = np.zeros((buckets, len(languages)), dtype=np.float32)
    squares = np.full_like(weight, 1e-6)
    share = 1 / np.bincount(labels)[labels]
    share = (share / share.mean()).astype(np.float32)
    for epoch in range(args.epochs):
        order, loss = rng.permutation(len(labels)), 0.0
        rate = 0.3 * (1 - epoch / args.epochs)
        for start in range(0, len(order), 1024):
            batch = order[start:start + 1024]
            x = matrix[batch]
            z = x @ weight
            z -= z.max(axis=1, keepdims=True)
            p = np.exp(z)
            p /= p.sum(axis=1, keepdims=True)
            loss -= np.log(p[np.arange(len(batch)), labels[batch]] + 1e-9).sum()
            p[np.arange(len(batch)), labels[batch]] -= 1
            p *= share[batch][:, None]
            gradient = x.T @ p / len(batch) + args.l2 * weight
            squares += gradient * gradient
            weight -= rate * gradient / np.sqrt(squares)
        print(f"{group} epoch {epoch}: loss {loss / len(order):.4f}", flush=True)
    return weight


def judge(weight, scale, held, group):
    """Accuracy on the held-out texts at several lengths, and what was confused."""
    buckets, _, languages = GROUPS[group]
    codes = list(languages)
    for kind, size in [("single-words", 99), ("word-pairs", 99), ("sentences", 10), ("sentences", 25), ("sentences", 50), ("sentences", 100)]:
        right, total, wrong = 0, 0, {}
        for text, code, of in held:
            found = features(text[:size], group)
            if of != kind or not len(found):
                continue
            guess = codes[int(np.argmax(weight[found].sum(axis=0)))]
            total += 1
            right += guess == code
            if guess != code:
                wrong[(code, guess)] = wrong.get((code, guess), 0) + 1
        worst = sorted(wrong.items(), key=lambda e: -e[1])[:8]
        print(f"{group} {kind} {size}: {right / max(total, 1):.4f} of {total}", " ".join(f"{a}>{b}:{n}" for (a, b), n in worst), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--testdata", type=pathlib.Path, required=True)
    parser.add_argument("--profiles", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--crops", type=int, default=12)
    parser.add_argument("--bags", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--l2", type=float, default=1e-6)
    args = parser.parse_args()
    out = bytearray(b"AXLANG1\0")
    for group in args.groups.split(","):
        rng = np.random.default_rng(7)
        train, held = examples(args, group, rng)
        weight = fit(train, group, args, rng)
        weight -= weight.mean(axis=1, keepdims=True)
        scale = float(np.quantile(np.abs(weight), 0.9999)) / 127
        small = np.clip(np.round(weight / scale), -127, 127).astype(np.int8)
        judge(small.astype(np.float32), scale, held, group)
        buckets, longest, languages = GROUPS[group]
        out += struct.pack("<IIIf", len(languages), longest, buckets, scale)
        for code in languages:
            out += code.encode()
        out += small.tobytes()
    args.out.write_bytes(out)


if __name__ == "__main__":
    main()
