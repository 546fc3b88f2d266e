"""Sentence vectors: the static table, MiniLM and its sentiment copy, with numpy alone."""
import unicodedata

import numpy as np
from scipy.special import erf

import safetensors_file


class WordPiece:
    def __init__(self, path):
        self.ids = {}
        for i, line in enumerate(open(path, encoding="utf-8")):
            self.ids[line.rstrip("\n")] = i
        self.cache = {}

    def words(self, text):
        out, word = [], []

        def end():
            if word:
                out.append("".join(word))
                word.clear()

        for c in unicodedata.normalize("NFD", text.lower()):
            cat = unicodedata.category(c)
            if cat == "Mn" or c == "\ufffd" or (cat[0] == "C" and c not in "\t\n\r"):
                continue
            if c.isspace():
                end()
            elif cat[0] == "P" or (c.isascii() and not c.isalnum()) or "\u4e00" <= c <= "\u9fff":
                end()
                out.append(c)
            else:
                word.append(c)
        end()
        return out

    def pieces(self, word):
        got = self.cache.get(word)
        if got is None:
            got, at = [], 0
            if len(word) > 100:
                got, at = None, len(word)
            while got is not None and at < len(word):
                for end in range(len(word), at, -1):
                    i = self.ids.get(("##" if at else "") + word[at:end])
                    if i is not None:
                        got.append(i)
                        at = end
                        break
                else:
                    got = None
            self.cache[word] = got = got or ()
        return got


class Static:
    def __init__(self, table, vocab):
        t, _ = safetensors_file.load(table)
        self.rows, self.scales = t["embeddings"], t["scales"].astype(np.float32).reshape(-1)
        self.tokens = WordPiece(vocab)
        self.width = self.rows.shape[1]

    def ids(self, text):
        return [i for w in self.tokens.words(text[:20_000]) for i in self.tokens.pieces(w)][:256]

    def embed(self, text):
        ids = self.ids(text)
        if not ids:
            return np.zeros(self.width, np.float32)
        v = (self.rows[ids].astype(np.float32) * self.scales[ids, None]).sum(0)
        return v / max(np.linalg.norm(v), 1e-12)


class MiniLm:
    """`weights` may be a copy without a word table; the table is then taken from `words`."""

    def __init__(self, weights, vocab, words=None, limit=128):
        self.limit = limit
        self.tokens = WordPiece(vocab)
        t, _ = safetensors_file.load(weights)
        self.t = {}
        for k, v in t.items():
            if k.endswith(".q8"):
                self.t[k[:-3]] = (v.astype(np.float32) * t[k[:-3] + ".s"].astype(np.float32).reshape(-1, 1)).T.copy()
            elif not k.endswith((".s", ".q4")):
                self.t[k] = v.astype(np.float32)
        k = "embeddings.word_embeddings.weight"
        w = t if k + ".q4" in t else safetensors_file.load(words)[0]
        q, s = w[k + ".q4"], w[k + ".s"].astype(np.float32)
        table = np.empty((q.shape[0], q.shape[1] * 2), np.float32)
        table[:, 0::2], table[:, 1::2] = q & 15, q >> 4
        self.table = (table - 8) * np.repeat(s, 32, axis=1)

    def ids(self, text):
        out = [101]
        for w in self.tokens.words(text[:20_000]):
            out.extend(self.tokens.pieces(w) or (100,))
            if len(out) >= self.limit:
                break
        return out[: self.limit - 1] + [102]

    def _norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * self.t[name + ".weight"] + self.t[name + ".bias"]

    def _batch(self, ids):
        """Mean vectors of sequences of one length, not normalised."""
        b, n = ids.shape
        t, d, heads = self.t, 384, 12
        x = self.table[ids] + t["embeddings.position_embeddings.weight"][:n] + t["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm").reshape(b * n, d)
        for i in range(6):
            p = f"encoder.layer.{i}."
            lin = lambda y, name: y @ t[p + name + ".weight"] + t[p + name + ".bias"]
            q, k, v = (lin(x, "attention.self." + m).reshape(b, n, heads, d // heads).transpose(0, 2, 1, 3) for m in ("query", "key", "value"))
            a = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(d // heads))
            a = np.exp(a - a.max(-1, keepdims=True))
            a /= a.sum(-1, keepdims=True)
            y = (a @ v).transpose(0, 2, 1, 3).reshape(b * n, d)
            x = self._norm(x + lin(y, "attention.output.dense"), p + "attention.output.LayerNorm")
            y = lin(x, "intermediate.dense")
            y *= np.float32(0.5) * (1 + erf(y / np.float32(np.sqrt(2))))
            x = self._norm(x + lin(y, "output.dense"), p + "output.LayerNorm")
        return x.reshape(b, n, d).mean(1)

    def means(self, texts, batch_tokens=2048):
        ids = [self.ids(t) for t in texts]
        out = np.zeros((len(texts), 384), np.float32)
        by_length = {}
        for i, s in enumerate(ids):
            by_length.setdefault(len(s), []).append(i)
        for n, members in by_length.items():
            step = max(1, batch_tokens // n)
            for at in range(0, len(members), step):
                part = members[at : at + step]
                out[part] = self._batch(np.array([ids[i] for i in part]))
        return out

    def embed(self, texts):
        m = self.means(texts)
        return m / np.maximum(np.linalg.norm(m, axis=1, keepdims=True), 1e-12)

    def classify(self, texts):
        z = self.means(texts) @ self.t["head.weight"].T + self.t["head.bias"]
        z = np.exp(z - z.max(1, keepdims=True))
        return z / z.sum(1, keepdims=True)
