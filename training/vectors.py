"""Vectors of texts, kept in a cache folder since MiniLM needs minutes for some thousand texts."""
import hashlib
import pathlib

import numpy as np


class Cache:
    def __init__(self, folder, name, compute, width):
        self.path = pathlib.Path(folder) / f"{name}.npz"
        self.compute, self.width = compute, width
        self.known = {}
        if self.path.exists():
            z = np.load(self.path)
            self.known = dict(zip(z["keys"].tolist(), z["rows"]))

    def __call__(self, texts):
        keys = [hashlib.sha256(t.encode("utf-8", "replace")).hexdigest()[:24] for t in texts]
        new = {k: t for k, t in zip(keys, texts) if k not in self.known}
        todo = list(new.items())
        for at in range(0, len(todo), 2000):
            part = todo[at : at + 2000]
            for (k, _), row in zip(part, self.compute([t for _, t in part])):
                self.known[k] = row.astype(np.float16 if self.width > 8 else np.float32)
            self.save()
        return np.array([self.known[k] for k in keys], np.float32).reshape(-1, self.width)

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        keys = sorted(self.known)
        with open(self.path.with_suffix(".part"), "wb") as f:
            np.savez(f, keys=np.array(keys), rows=np.array([self.known[k] for k in keys]))
        self.path.with_suffix(".part").replace(self.path)
