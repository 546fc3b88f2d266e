"""Fine-tune MiniLM for the mood on some platforms, and measure it on those that it has not seen.

    python training/finetune.py --data DIR --models DIR --left-out NAME,... [--out DIR] [--measure FILE]

The platforms named are left out of training wholly; with `split` the usual test parts alone are held out (one in five GitHub
comments among them). `--measure` adds the figures of platforms left out, and of film reviews, to a file. DIR of `--models` has
`minilm-l6-q8.safetensors` and `minilm-vocab.txt`; its rounded weights are where training starts. Writes the model in the format of `sentiment-minilm-q8`, what it says of each text, and the figures; all
figures are those of the rounded model that was written. Needs torch beside what requirements.txt names.
"""
import argparse
import hashlib
import json
import pathlib
import random
import time

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import nn
from torch.nn import functional as F

import datasets as D
import embed
import heads
import logistic
import safetensors_file

SEED = 20
LIMIT = 80  # tokens
BATCH = 32
PASSES = 2
POOL = 30  # batches whose texts are sorted by length
SPOKEN = 0.3  # of the texts in each pass are without punctuation and case
RATE, HEAD_RATE = 5e-5, 1e-3
WARM_UP = 0.1  # of all steps
DROPOUT = 0.1
SAMPLE = 1000  # of the film reviews, as in docs/reference/text-quality.md


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, width=384, heads=12, inner=1536):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.mix_norm, self.norm = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.names = {
            "attention.self.query": self.query,
            "attention.self.key": self.key,
            "attention.self.value": self.value,
            "attention.output.dense": self.mix,
            "attention.output.LayerNorm": self.mix_norm,
            "intermediate.dense": self.inner,
            "output.dense": self.outer,
            "output.LayerNorm": self.norm,
        }

    def forward(self, x, mask):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).reshape(b, n, d)
        x = self.mix_norm(x + F.dropout(self.mix(mixed), DROPOUT, self.training))
        return self.norm(x + F.dropout(self.outer(F.gelu(self.inner(x))), DROPOUT, self.training))


class Mood(nn.Module):
    """MiniLM with a linear head of three classes on the mean of its vectors; the word table is not trained."""

    def __init__(self, source):
        super().__init__()
        self.tokens = source
        self.register_buffer("words", torch.from_numpy(source.table), persistent=False)
        self.position, self.kind = nn.Parameter(torch.empty(256, 384)), nn.Parameter(torch.empty(2, 384))
        self.norm = nn.LayerNorm(384, 1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(6))
        self.head = nn.Linear(384, 3)
        with torch.no_grad():
            for name, p in self.stored().items():
                if name in source.t:
                    w = torch.from_numpy(source.t[name])
                    p.copy_(w.T if name + ".q8" in self.rounded() else w)

    def stored(self):
        """The trained tensors by their names in the file."""
        out = {"embeddings.position_embeddings.weight": self.position, "embeddings.token_type_embeddings.weight": self.kind}
        parts = {"embeddings.LayerNorm": self.norm, "head": self.head}
        for i, layer in enumerate(self.layers):
            parts.update({f"encoder.layer.{i}.{name}": part for name, part in layer.names.items()})
        for name, part in parts.items():
            out[name + ".weight"], out[name + ".bias"] = part.weight, part.bias
        return out

    def rounded(self):
        return {name + ".q8" for name, p in self.stored().items() if name.startswith("encoder") and p.ndim == 2}

    def forward(self, ids):
        longest = max(map(len, ids))
        padded = torch.tensor([s + [0] * (longest - len(s)) for s in ids])
        there = torch.tensor([[1.0] * len(s) + [0.0] * (longest - len(s)) for s in ids])
        mask = None if there.all() else (1 - there)[:, None, None] * -1e4
        x = F.dropout(self.norm(self.words[padded] + self.position[:longest] + self.kind[0]), DROPOUT, self.training)
        for layer in self.layers:
            x = layer(x, mask)
        return self.head((x * there[..., None]).sum(1) / there.sum(1, keepdim=True))

    @torch.no_grad()
    def classify(self, texts):
        self.eval()
        ids = [self.tokens.ids(t) for t in texts]
        out = np.zeros((len(ids), 3))
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            out[part] = self([ids[i] for i in part]).softmax(1).numpy()
        return out

    def write(self, path):
        tensors, rounded = {}, self.rounded()
        for name, p in self.stored().items():
            w = p.detach().numpy()
            if name + ".q8" in rounded:
                s = np.abs(w).max(1) / 127
                tensors[name + ".q8"], tensors[name + ".s"] = np.round(w / s[:, None]).astype(np.int8), s.astype(np.float32)
            else:
                tensors[name] = w.astype(np.float16 if "position" in name else np.float32)
        about = {"format": "axle-minilm-1", "word_embeddings": "shared with minilm-l6-q8.safetensors", "classes": ",".join(D.SENTIMENTS)}
        safetensors_file.save(path, tensors, about)


def is_development(text):
    """Some 3 % of the texts to train on, to see that training goes well; the byte is not the one of the test part."""
    return hashlib.sha256(text.encode()).digest()[1] < 8


def batches(model, rows, rng):
    """One pass: batches of texts of about one length, in random order, some of the texts as spoken."""
    rows = [(D.spoken(t) or t if rng.random() < SPOKEN else t, y) for t, y in rows]
    rng.shuffle(rows)
    rows = [(model.tokens.ids(t), y) for t, y in rows]
    out = []
    for at in range(0, len(rows), BATCH * POOL):
        pool = sorted(rows[at : at + BATCH * POOL], key=lambda r: len(r[0]))
        out += [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
    rng.shuffle(out)
    return out


def train(model, rows, development):
    """Trains in place."""
    rng = random.Random(SEED)
    plan = [batches(model, rows, rng) for _ in range(PASSES)]
    steps = sum(map(len, plan))
    head = set(model.head.parameters())
    groups = [{"params": [p for p in model.parameters() if p not in head], "lr": RATE}, {"params": list(head), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    rate = lambda step: min((step + 1) / (WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    done, loss_sum, began = 0, 0.0, time.time()
    for number, one_pass in enumerate(plan):
        model.train()
        for batch in one_pass:
            loss = F.cross_entropy(model([ids for ids, _ in batch]), torch.tensor([y for _, y in batch]))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            done, loss_sum = done + 1, loss_sum + loss.item()
            if done % 50 == 0:
                print(f"step {done} of {steps}, loss {loss_sum / 50:.3f}, {time.time() - began:.0f} s", flush=True)
                loss_sum = 0.0
        y = [y for _, y in development]
        p = model.classify([t for t, _ in development]).argmax(1)
        print(f"pass {number + 1}: macro-F1 of {len(y)} development texts {macro_f1(y, p):.3f}", flush=True)


def labelled(rows):
    return [(r["text"], D.SENTIMENTS.index(r["label"])) for r in rows]


def macro_f1(y, p):
    return float(f1_score(y, p, average="macro", labels=sorted(set(y))))


def measure(model, texts, sets, platforms, names):
    """Figures of the test parts of `names`, and what was said of each text. The linear head is trained on the same platforms, and
    without what the fine-tuned model that ships says of other texts, since that one has seen the test parts."""
    head = heads.train_sentiment(texts, sets, False, {}, platforms)
    learnt = {D.clean(r["text"]) for n in platforms for r in sets[n][0]}
    figures, said = {}, []
    for name in names:
        rows = labelled(sets[name][1])
        t, y = [t for t, _ in rows], np.array([y for _, y in rows])
        fine = model.classify(t)
        linear = logistic.softmax(logistic.score(head, *texts.for_sentiment(t)))
        compound = texts.mood(t)[:, 0]
        answers = {
            "vader": np.where(compound >= 0.05, 2, np.where(compound <= -0.05, 0, 1)),
            "head": linear.argmax(1),
            "minilm": fine.argmax(1),
            "head_and_minilm": (np.log(linear + 1e-6) + np.log(fine + 1e-6)).argmax(1),
        }
        new = np.array([D.clean(x) not in learnt for x in t])
        parts = {"all": np.ones(len(t), bool), "not_repeated": new}
        if name == "movie":
            order = sorted(range(len(t)), key=lambda i: hashlib.sha256(f"20 {t[i]}".encode()).digest())
            parts["sample"] = np.isin(np.arange(len(t)), order[:SAMPLE])
        figures[name] = {k: {"texts": int(m.sum()), **{a: round(macro_f1(y[m], p[m]), 4) for a, p in answers.items()}} for k, m in parts.items()}
        for i, x in enumerate(t):
            key = hashlib.sha256(x.encode()).hexdigest()
            said.append({"set": name, "sha256": key, "label": D.SENTIMENTS[y[i]], "repeated": not new[i], "vader": float(compound[i])})
            said[-1].update({"head": linear[i].round(5).tolist(), "minilm": fine[i].round(5).tolist()})
    return figures, said


def run(left_out, models, out, sets, texts):
    """Trains without `left_out`, writes the model and what it says, and gives the figures."""
    torch.manual_seed(SEED)
    began = time.time()
    platforms = [n for n in heads.SENTIMENT_PLATFORMS if n not in left_out.split(",")]
    rows = [r for n in platforms for r in labelled(sets[n][0])]
    development = [r for r in rows if is_development(r[0])]
    rows = [r for r in rows if not is_development(r[0])]
    print(f"{left_out} left out: {len(rows)} texts to train on, {len(development)} for development", flush=True)
    words, vocabulary = models / "minilm-l6-q8.safetensors", models / "minilm-vocab.txt"
    model = Mood(embed.MiniLm(words, vocabulary, limit=LIMIT))
    train(model, rows, development)
    path = out / f"sentiment-without-{left_out}-q8.safetensors"
    model.write(path)
    trained = time.time()
    model = Mood(embed.MiniLm(path, vocabulary, words, LIMIT))
    figures, said = measure(model, texts, sets, platforms, list(sets) if left_out == "split" else left_out.split(","))
    figures["seconds"] = {"training": round(trained - began), "measuring": round(time.time() - trained)}
    figures["texts"] = {"training": len(rows), "development": len(development)}
    (out / f"figures-without-{left_out}.json").write_text(json.dumps(figures, indent=1) + "\n")
    (out / f"said-without-{left_out}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in said))
    return figures


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--models", type=pathlib.Path, required=True)
    p.add_argument("--left-out", required=True, help="platforms, or `split`")
    p.add_argument("--out", type=pathlib.Path, default=heads.HERE / "cache/finetune")
    p.add_argument("--measure", type=pathlib.Path, help="add figures of unseen platforms to this file")
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    known = heads.SENTIMENT_PLATFORMS
    if a.left_out != "split" and not set(a.left_out.split(",")) < set(known):
        p.error(f"--left-out takes some of {', '.join(known)}, with commas between them, or `split`")
    torch.set_num_threads(a.threads)
    a.out.mkdir(parents=True, exist_ok=True)
    sets, texts = D.sentiment(a.data), heads.Texts(a.out)
    figures = run(a.left_out, a.models, a.out, sets, texts)
    print(json.dumps(figures, indent=1))
    if a.measure:
        known = json.loads(a.measure.read_text()) if a.measure.exists() else {}
        unseen = ["movie"] if a.left_out == "split" else a.left_out.split(",")
        known |= {name: figures[name]["all"] for name in unseen}
        a.measure.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
