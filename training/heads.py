"""Train the linear heads of both tiers and write their files.

    python training/heads.py --data DIR [--cache DIR] [--held-out DIR] [--measure FILE] [--tiers small,large]

README.md beside this file says what is trained on what, and how it is measured.
"""
import argparse
import json
import pathlib
import random
import re

import numpy as np
import scipy.sparse as sp
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve
from vaderSentiment.vaderSentiment import NEGATE, SentimentIntensityAnalyzer

import asked
import datasets as D
import embed
import features
import logistic
import safetensors_file
import tones
import vectors

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SEED = 20
HASH_SCALE = 3.0  # the hash part learns faster than the vector part, which generalises better
PENALTY = 0.1
WITH_MOOD = {("small", "concern")}  # heads that see VADER's numbers too; they help no other
QUESTION_PENALTY = 0.5  # more texts, and other kinds of them
SENTIMENT_PENALTY = 1.0
MARKED_WEIGHT = 0.1  # of a sentence that is taken for a question by its mark alone
CALL_WEIGHT = 2.0  # of an utterance of a call; half of it for a question, so that those do not count double as elsewhere
SPOKEN_WEIGHT = 0.5  # of the copies without punctuation and case, for sentiment
SENTIMENT_HASH_SCALE = 2.0
VISIBLE_WEIGHT = 2.0  # they define what the labels mean
PLATFORM_WEIGHT = {"stackoverflow": 1.5, "tweets": 0.5, "amazon": 0.3, "nyt": 0.3}
TEACHER_WEIGHT = {"messages": 0.5, "unlabelled": 0.05}
SENTIMENT_PLATFORMS = ["github", "stackoverflow", "tweets", "amazon", "nyt"]
DENSE = ["compound", "pos", "neg", "neu", "count of !", "has ?", "min(chars,400)/400", "abs(compound)<0.05"]
MOOD_NUMBERS = len(DENSE)  # of the other heads that see them; that of the mood sees the tones too
QUESTION_START = re.compile(
    r"^(who|what|when|where|why|how|which|whose|whom|do|does|did|is|are|am|was|were|can|could|will|would"
    r"|shall|should|have|has|had|may|anyone|anybody|any)\b",
    re.I,
)


class Texts:
    """Features of texts, each computed once."""

    def __init__(self, cache):
        models = ROOT / "crates/axle-text/models"
        self.static_table = embed.Static(models / "static-256.safetensors", models / "static-vocab.txt")
        self.minilm = self.teacher = None
        self.large = vectors.Cache(cache, "minilm", self._minilm, 384)
        self.taught = vectors.Cache(cache, "sentiment-minilm", self._taught, 3)
        self.vader = SentimentIntensityAnalyzer()
        self.slots, self.asked_slots, self.small, self.moods, self.tones = {}, {}, {}, {}, {}

    def _minilm(self, texts):
        if self.minilm is None:
            self.minilm = embed.MiniLm(ROOT / "models/minilm-l6-q8.safetensors", ROOT / "models/minilm-vocab.txt")
        return self.minilm.embed(texts)

    def _taught(self, texts):
        if self.teacher is None:
            m = ROOT / "models"
            words = m / "minilm-l6-q8.safetensors"
            self.teacher = embed.MiniLm(m / "sentiment-minilm-q8.safetensors", m / "minilm-vocab.txt", words, 80)
        return self.teacher.classify(texts)

    def hashed(self, texts):
        return rows_of(texts, self.slots, features)

    def asked(self, texts):
        return rows_of(texts, self.asked_slots, asked)

    def vector(self, tier, texts):
        if tier == "large":
            return self.large(texts)
        for t in texts:
            if t not in self.small:
                self.small[t] = self.static_table.embed(t)
        return np.array([self.small[t] for t in texts]).reshape(-1, self.static_table.width)

    def mood(self, texts):
        for t in texts:
            if t not in self.moods:
                v = self.vader.polarity_scores(t)
                c = v["compound"]
                self.moods[t] = [c, v["pos"], v["neg"], v["neu"], t.count("!"), "?" in t, min(len(t), 400) / 400, abs(c) < 0.05]
        return np.array([self.moods[t] for t in texts], np.float32).reshape(-1, MOOD_NUMBERS)

    def mood_and_tones(self, texts):
        for t in texts:
            if t not in self.tones:
                self.tones[t] = tones.tones(t, self.vader.lexicon, NEGATE)
        more = np.array([self.tones[t] for t in texts], np.float32).reshape(-1, len(tones.NAMES))
        return np.hstack([self.mood(texts), more])

    def of(self, tier, label, texts):
        vector, hashed = self.vector(tier, texts), self.hashed(texts)
        if label == "question":
            hashed = sp.hstack([hashed, self.asked(texts)]).tocsr()
        return hashed, np.hstack([vector, self.mood(texts)]) if (tier, label) in WITH_MOOD else vector

    def for_sentiment(self, texts):
        hashed = self.hashed(texts) * (SENTIMENT_HASH_SCALE / HASH_SCALE)
        return hashed, np.hstack([self.vector("small", texts), self.mood_and_tones(texts)])


def rows_of(texts, known, module):
    """A row a text: the slots that the module gives it, which `known` keeps."""
    columns, ends, values = [], [0], []
    for t in texts:
        if t not in known:
            known[t] = module.slots(t)
        s = known[t]
        columns += s
        values += [HASH_SCALE / len(s) ** 0.5] * len(s)
        ends.append(len(columns))
    return sp.csr_matrix((np.array(values), np.array(columns, np.int32), ends), shape=(len(texts), module.SLOTS))


class Corpus:
    """All that the label heads learn from, except messages."""

    def __init__(self, data, everything):
        s = D.sentiment(data)
        comments = [r["text"] for k in ("github", "stackoverflow") for r in s[k][0]]
        self.comment_test = [r["text"] for k in ("github", "stackoverflow") for r in s[k][1]]
        if everything:
            comments += [r["text"] for r in s["github"][1]]
        self.comments = sorted(set(comments))
        calls = D.calls(data)
        cut = len(calls) * 6 // 10
        self.calls_test = calls[cut:]
        self.calls = calls if everything else calls[:cut]
        self.issues = D.issues(data)
        self.marked = marked_sentences(D.unlabelled(data))


def marked_sentences(unlabelled, cap=4000):
    """Sentences that end in a question mark and others; half of them lose their last mark."""
    rng = random.Random(SEED)
    out = []
    for name in sorted(unlabelled):
        texts = list(unlabelled[name])
        rng.shuffle(texts)
        for text in texts[:cap]:
            for s in D.sentences(text)[:3]:
                question = s.endswith("?")
                if len(s) < 6 or "?" in s[:-1] or (not question and not s.endswith(".") and QUESTION_START.match(s)):
                    continue
                if rng.random() < 0.5:
                    s = re.sub(r"[?.!\s]+$", "", s)
                if rng.random() < 0.3:
                    s = D.spoken(s)
                if s:
                    out.append((s, question))
    return out


def examples(label, messages, corpus):
    """Texts, truths and weights for one label."""
    rows = [(r["text"], label in r["labels"], r.get("weight", 1.0)) for r in messages]
    for text, truth, weight in list(rows):
        spoken = D.spoken(text)
        if len(spoken) > 8:
            rows.append((spoken, truth, 0.3 * weight))
        if label == "question" and "?" in text:
            rows.append((text.replace("?", "").strip(), truth, 0.3 * weight))
    if corpus is None:
        return rows
    if label == "hand_raise":
        rows += [(t, False, 1.0) for t in corpus.comments]
    elif label == "question":
        rows += [(t, q, MARKED_WEIGHT) for t, q in corpus.marked]
        weight = lambda r: CALL_WEIGHT / 2 if r["question"] else CALL_WEIGHT
        rows += [(r["text"], r["question"], weight(r)) for r in corpus.calls]
        rows += [(D.spoken(r["text"]), r["question"], SPOKEN_WEIGHT * weight(r)) for r in corpus.calls]
    return rows


def fit(texts, tier, label, rows):
    t = [r[0] for r in rows]
    y = np.array([r[1] for r in rows], float)
    w = np.array([r[2] for r in rows])
    w = np.where(y > 0, 2 * w, w)
    penalty = QUESTION_PENALTY if label == "question" else PENALTY
    return logistic.fit(*texts.of(tier, label, t), np.stack([1 - y, y], 1), w, penalty)


def fit_label(texts, tier, label, messages, corpus):
    return fit(texts, tier, label, examples(label, messages, corpus))


def score(texts, tier, label, model, t):
    return logistic.score(model, *texts.of(tier, label, t))[:, 0]


def best_threshold(truth, scores, weights):
    """The threshold of the best F1, halfway between the scores around it."""
    p, r, t = precision_recall_curve(truth, scores, sample_weight=weights)
    f = (2 * p * r / np.maximum(p + r, 1e-9))[:-1]
    i = f.argmax()
    below = scores[scores < t[i]]
    return float((t[i] + below.max()) / 2 if len(below) else t[i])


def platt(truth, scores):
    """Slope and shift that make sigmoid(slope * score + shift) a probability."""
    y = np.asarray(truth, float)
    m = logistic.fit(sp.csr_matrix((len(y), 1)), np.asarray(scores, np.float32)[:, None], np.stack([1 - y, y], 1), penalty=1e-3)
    return float(m[1][0, 0]), float(m[2][0])


def folds(messages, n=5):
    rng = np.random.RandomState(SEED)
    return rng.randint(0, n, len(messages))


def train_label(texts, tier, label, messages, corpus):
    """The head with its probability scale and threshold, both from cross-validation."""
    fold = folds(messages)
    out = np.zeros(len(messages))
    comments = []
    for f in range(5):
        model = fit_label(texts, tier, label, [m for m, g in zip(messages, fold) if g != f], part(corpus, f))
        held = [m["text"] for m, g in zip(messages, fold) if g == f]
        out[fold == f] = score(texts, tier, label, model, held)
        if label == "hand_raise":
            comments.append(score(texts, tier, label, model, corpus.comments[f::5]))
    truth = np.array([label in m["labels"] for m in messages])
    threshold = best_threshold(truth, out, [m.get("weight", 1.0) for m in messages])
    if comments:
        comments = np.sort(np.concatenate(comments))[::-1]
        threshold = max(threshold, comments[int(len(comments) * 0.0005)])
    slope, shift = platt(truth, out)
    h, v, b = fit_label(texts, tier, label, messages, corpus)
    model = (h * slope, v * slope, b * slope + shift)
    return model, 1 / (1 + np.exp(-(threshold * slope + shift))), {
        "cv_ap": average_precision_score(truth, out),
        "cv_f1": f1_score(truth, out > threshold),
    }


def part(corpus, f):
    """The corpus without the comments that fold f is measured on."""
    import copy

    c = copy.copy(corpus)
    c.comments = [t for i, t in enumerate(corpus.comments) if i % 5 != f]
    return c


def unlabelled_texts(data, cap=5000):
    out = []
    for name, rows in sorted(D.unlabelled(data).items()):
        rows = list(rows)
        random.Random(SEED).shuffle(rows)
        out += rows[:cap]
    return out + [s for r in D.issues(data) for s in D.sentences(r["body"])[:4] if 15 < len(s) < 300]


def train_sentiment(texts, sets, everything, unlabelled, platforms=SENTIMENT_PLATFORMS):
    """The sentiment head. `unlabelled`: texts by kind whose truth is what the fine-tuned MiniLM says of them."""
    t, y, w = [], [], []
    for name in platforms:
        train, test = sets[name]
        for r in train + (test if everything and name not in ("stackoverflow", "movie") else []):
            t.append(r["text"])
            y.append(D.SENTIMENTS.index(r["label"]))
            w.append(PLATFORM_WEIGHT.get(name, 1.0))
    for path in sorted((HERE / "sentiment").glob("*.jsonl")):
        for r in D.lines(path):
            t.append(r["text"])
            y.append(D.SENTIMENTS.index(r["label"]))
            w.append(2.0)
    t += [D.spoken(x) for x in t]
    y, w = np.eye(3)[y + y], w + [SPOKEN_WEIGHT * x for x in w]
    for kind, more in unlabelled.items():
        t = t + more
        y = np.vstack([y, texts.taught(more)])
        w = w + [TEACHER_WEIGHT[kind]] * len(more)
    return logistic.fit(*texts.for_sentiment(t), y, w, SENTIMENT_PENALTY)


def store(tensors, name, model, tier, width, hash_scale=HASH_SCALE):
    h, v, b = model
    h = h * hash_scale
    blocks = {"hash": h[:, : features.SLOTS]}
    if h.shape[1] > features.SLOTS:
        blocks["asked"] = h[:, features.SLOTS :]
    for block, w in blocks.items():
        s = np.maximum(np.abs(w).max(1), 1e-9) / 127
        tensors[f"{name}.{block}.q8"] = np.round(w / s[:, None]).astype(np.int8)
        tensors[f"{name}.{block}.s"] = s.astype(np.float32)
    tensors[f"{name}.{'static' if tier == 'small' else 'embed'}"] = v[:, :width].astype(np.float32)
    if v.shape[1] > width:
        tensors[f"{name}.dense"] = v[:, width:].astype(np.float32)
    tensors[f"{name}.bias"] = b.astype(np.float32)


def write(path, tier, models, sentiment, keep):
    """The file of these heads; with `keep`, the others stay as the file that is there has them."""
    tensors, about, width = {}, {}, 256 if tier == "small" else 384
    if keep:
        tensors, metadata = safetensors_file.load(path)
        about = json.loads(metadata["heads"])
    for label, (model, threshold, measured) in models.items():
        store(tensors, label, model, tier, width)
        about[label] = {"classes": ["no", "yes"], "threshold": round(float(threshold), 4), "measured": {k: round(float(v), 3) for k, v in measured.items()}}
    if sentiment is not None:
        store(tensors, "sentiment", sentiment, tier, width, SENTIMENT_HASH_SCALE)
        about["sentiment"] = {"classes": D.SENTIMENTS, "dense": DENSE + tones.NAMES}
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors_file.save(path, tensors, {"format": "axle-heads-1", "heads": json.dumps(about, sort_keys=True)})


def read_back(texts, path, tier, t):
    """What a written file says of texts, by its format alone: probabilities by head."""
    tensors, metadata = safetensors_file.load(path)
    out = {}
    for name in json.loads(metadata["heads"]):
        z = tensors[f"{name}.bias"]
        for block, rows in (("hash", texts.hashed), ("asked", texts.asked)):
            if f"{name}.{block}.q8" in tensors:
                h = tensors[f"{name}.{block}.q8"].astype(float) * tensors[f"{name}.{block}.s"][:, None]
                z = z + rows(t) @ h.T / HASH_SCALE
        z = z + texts.vector(tier, t) @ tensors[f"{name}.{'static' if tier == 'small' else 'embed'}"].T
        if f"{name}.dense" in tensors:
            w = tensors[f"{name}.dense"]
            z = z + texts.mood_and_tones(t)[:, : w.shape[1]] @ w.T
        out[name] = logistic.softmax(z) if z.shape[1] > 1 else (1 / (1 + np.exp(-z)))[:, 0]
    return out


def write_test_vectors(texts, files):
    """Texts of the shared test vectors with what the new files say of them, for the tests of other readers."""
    tests = ROOT / "crates/axle-text/tests"
    t = [v["text"] for v in json.loads((tests / "test-vectors.json").read_text()) if v["text"]]
    rows = [{"text": x} for x in t]
    for tier, path in files.items():
        for name, p in read_back(texts, path, tier, t).items():
            for row, x in zip(rows, p):
                row.setdefault(path.stem, {})[name] = np.round(x, 4).tolist()
    (tests / "heads-v2-vectors.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


def apply(texts, tier, label, trained, t):
    return 1 / (1 + np.exp(-score(texts, tier, label, trained[0], t)))


def distinct(messages, without):
    seen = {D.clean(m["text"]) for m in without}
    out = []
    for m in messages:
        k = D.clean(m["text"]) or m["text"]
        if k not in seen:
            seen.add(k)
            out.append(m)
    return out


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--cache", type=pathlib.Path, default=HERE / "cache")
    p.add_argument("--held-out", type=pathlib.Path, help="write heads here that never saw the visible messages and test parts")
    p.add_argument("--measure", type=pathlib.Path, help="write figures of the held-out heads here")
    p.add_argument("--tiers", default="small,large")
    p.add_argument("--only", default="", help="train these heads and keep the others, e.g. question,sentiment")
    a = p.parse_args()
    keep = bool(a.only)
    labels = [l for l in D.LABELS if not keep or l in a.only.split(",")]
    with_sentiment = not keep or "sentiment" in a.only.split(",")
    texts = Texts(a.cache)
    visible = D.visible_messages(a.data)
    written = D.written_messages(HERE / "messages")
    groups = {k: distinct(v, visible) for k, v in written.items()}
    messages = distinct([m for v in written.values() for m in v], visible)
    sets = D.sentiment(a.data)
    unlabelled = {"messages": [m["text"] for m in messages], "unlabelled": unlabelled_texts(a.data)}
    print(len(messages), "written messages,", len(visible), "visible ones")
    figures, files = {}, {}
    for tier in a.tiers.split(","):
        name = "heads-v2" if tier == "small" else "heads-minilm-v2"
        if a.held_out or a.measure:
            corpus = Corpus(a.data, everything=False)
            models = {l: train_label(texts, tier, l, messages, corpus) for l in labels}
            sentiment = train_sentiment(texts, sets, False, unlabelled) if tier == "small" and with_sentiment else None
            if a.held_out:
                write(a.held_out / f"{name}-held-out.safetensors", tier, models, sentiment, keep)
            figures[tier] = measure(texts, tier, models, visible, corpus)
            print(json.dumps(figures[tier], indent=1))
            if a.measure:
                figures[tier]["across_writers"] = across_writers(texts, tier, groups, corpus, labels)
                print(json.dumps(figures[tier]["across_writers"], indent=1))
                if sentiment is not None:
                    figures["sentiment"] = measure_sentiment(texts, sets, sentiment, unlabelled)
                    print(json.dumps(figures["sentiment"], indent=1))
                known = json.loads(a.measure.read_text()) if keep else {}
                a.measure.write_text(json.dumps(merged(known, figures), indent=1) + "\n")
        else:
            corpus = Corpus(a.data, everything=True)
            everything = messages + [dict(m, weight=VISIBLE_WEIGHT) for m in visible]
            models = {l: train_label(texts, tier, l, everything, corpus) for l in labels}
            sentiment = train_sentiment(texts, sets, True, unlabelled) if tier == "small" and with_sentiment else None
            folder = ROOT / ("crates/axle-text/models" if tier == "small" else "models")
            files[tier] = folder / f"{name}.safetensors"
            write(files[tier], tier, models, sentiment, keep)
            print(tier, {l: (round(float(m[1]), 3), {k: round(float(v), 3) for k, v in m[2].items()}) for l, m in models.items()})
    if len(files) == 2:
        write_test_vectors(texts, files)


def merged(known, more):
    """Figures with others in their place, where there are others."""
    for key, value in more.items():
        known[key] = merged(known.get(key, {}), value) if isinstance(value, dict) else value
    return known


def measure(texts, tier, models, visible, corpus):
    out = {}
    t = [m["text"] for m in visible]
    for label, trained in models.items():
        y = np.array([label in m["labels"] for m in visible])
        s = apply(texts, tier, label, trained, t)
        fired = apply(texts, tier, label, trained, corpus.comment_test) > trained[1]
        out[label] = {
            "ap": round(float(average_precision_score(y, s)), 3),
            **prf(y, s > trained[1]),
            "fired_per_1000_comments": round(1000 * float(fired.mean()), 1),
        }
    if "bug" in models:
        out["mean_ap_feedback"] = round(float(np.mean([out[l]["ap"] for l in ("bug", "feature", "praise", "concern")])), 3)
    if "question" not in models:
        return out
    y = np.array([r["question"] for r in corpus.calls_test])
    rule = lambda x: np.array(["?" in s or bool(QUESTION_START.match(s)) for s in x])
    out["question"]["rule"] = prf(np.array(["question" in m["labels"] for m in visible]), rule(t))
    for name, x in [("calls", [r["text"] for r in corpus.calls_test]), ("calls_spoken", [D.spoken(r["text"]) or "." for r in corpus.calls_test])]:
        s = apply(texts, tier, "question", models["question"], x)
        out["question"][name] = {"ap": round(float(average_precision_score(y, s)), 3), **prf(y, s > models["question"][1]), "rule": prf(y, rule(x))}
    return out


def prf(y, p):
    tp = float((y & p).sum())
    precision, recall = tp / max(p.sum(), 1), tp / max(y.sum(), 1)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(2 * tp / max(float(y.sum() + p.sum()), 1), 3)}


def across_writers(texts, tier, groups, corpus, labels):
    """Each writer's messages read by heads that were trained on the others' only."""
    who = lambda name: "real" if name.startswith("real_") else name if name in ("chat", "forum", "work") else "first"
    out = {}
    for label in labels:
        aps, f1s = [], []
        for w in sorted({who(k) for k in groups}):
            train = [m for k, v in groups.items() if who(k) != w for m in v]
            test = [m for k, v in groups.items() if who(k) == w for m in v]
            if not train:
                continue
            model = fit_label(texts, tier, label, train, corpus)
            s = score(texts, tier, label, model, [m["text"] for m in test])
            y = np.array([label in m["labels"] for m in test])
            if not y.any():
                continue
            aps.append(average_precision_score(y, s))
            f1s.append(f1_score(y, s > 0))
        out[label] = {"ap": round(float(np.mean(aps)), 3), "f1": round(float(np.mean(f1s)), 3), "ap_by_writer": [round(float(x), 3) for x in aps]}
    return out


def log_softmax(z):
    return z - z.max(1, keepdims=True) - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True))


def measure_sentiment(texts, sets, model, unlabelled):
    out = {}
    f1 = lambda y, p: round(float(f1_score(y, p, average="macro", labels=sorted(set(y)))), 3)
    for name, (_, test) in sets.items():
        t = [r["text"] for r in test]
        y = np.array([D.SENTIMENTS.index(r["label"]) for r in test])
        compound = texts.mood(t)[:, 0]
        others = [k for k in SENTIMENT_PLATFORMS if k != name]
        # Without what the teacher says, since it has seen the platform.
        unseen = train_sentiment(texts, sets, False, {}, others) if name != "movie" else model
        spoken = [D.spoken(x) or "." for x in t]
        out[name] = {
            "vader": f1(y, np.where(compound >= 0.05, 2, np.where(compound <= -0.05, 0, 1))),
            "head_and_minilm": f1(y, (log_softmax(logistic.score(model, *texts.for_sentiment(t))) + np.log(texts.taught(t) + 1e-6)).argmax(1)),
            "head": f1(y, logistic.score(model, *texts.for_sentiment(t)).argmax(1)),
            "head_without_this_platform": f1(y, logistic.score(unseen, *texts.for_sentiment(t)).argmax(1)),
            "head_spoken": f1(y, logistic.score(model, *texts.for_sentiment(spoken)).argmax(1)),
        }
    return out


if __name__ == "__main__":
    main()
