"""What MiniLM gives for a few texts, by the book in 64-bit numbers: the expected values of
`crates/axle-text/tests/minilm-vectors.json`. Nothing is shared with the program but the models' files.

    python training/minilm.py models > crates/axle-text/tests/minilm-vectors.json

Needs numpy, and tokenizers, which nothing else here does.
"""

import json
import struct
import sys
from math import erf
from pathlib import Path

import numpy as np
from tokenizers import BertWordPieceTokenizer

TEXTS = [
    "",
    "ok",
    "How do I rotate the API key without downtime?",
    "This is the third time that the sync lost our data, and nobody answers. We are about to leave.",
    "Thanks a lot, that fixed it! 🎉",
    "Crème brûlée, naïve façade: Größe? ÅNGSTRÖM — “quoted” … 北京 and Москва",
    "thread 'main' panicked at src/main.rs:42:13: index out of bounds: the len is 3 but the index is 7",
    # Between the 80 pieces that are read for the mood and the 128 for the vector.
    "The importer stopped at the fourth file. " * 10,
    # Cut for both.
    "We moved the whole team over last week, and so far it holds up; the one thing that we miss is a way to export. " * 8,
]


def read(path):
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    kinds = {"F32": np.float32, "F16": np.float16, "I8": np.int8, "U8": np.uint8}
    tensors = {}
    for name, told in json.loads(raw[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = told["data_offsets"]
            data = raw[8 + size + begin : 8 + size + end]
            tensor = np.frombuffer(data, kinds[told["dtype"]]).reshape(told["shape"])
            tensors[name] = tensor if told["dtype"] == "U8" else tensor.astype(np.float64)
    return tensors


def linear(x, model, name):
    weights = model[name + ".weight.q8"] * model[name + ".weight.s"][:, None]
    return x @ weights.T + model[name + ".bias"]


def normalise(x, model, name):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return x * model[name + ".LayerNorm.weight"] + model[name + ".LayerNorm.bias"]


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def mean(model, words, ids):
    name = "embeddings.word_embeddings.weight"
    packed, scales = words[name + ".q4"][ids], words[name + ".s"][ids]
    x = (np.stack([packed & 15, packed >> 4], -1).reshape(len(ids), 384) - 8.0) * np.repeat(scales, 32, 1)
    x = x + model["embeddings.position_embeddings.weight"][: len(ids)] + model["embeddings.token_type_embeddings.weight"][0]
    x = normalise(x, model, "embeddings")
    for number in range(6):
        layer = f"encoder.layer.{number}."
        heads = [
            linear(x, model, f"{layer}attention.self.{part}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for part in ["query", "key", "value"]
        ]
        shares = softmax(heads[0] @ heads[1].transpose(0, 2, 1) / np.sqrt(32))
        mixed = (shares @ heads[2]).transpose(1, 0, 2).reshape(len(ids), 384)
        mixed = linear(mixed, model, layer + "attention.output.dense")
        x = normalise(x + mixed, model, layer + "attention.output")
        inner = linear(x, model, layer + "intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / np.sqrt(2)))
        x = normalise(x + linear(inner, model, layer + "output.dense"), model, layer + "output")
    return x.mean(0)


def main(folder):
    tokenizer = BertWordPieceTokenizer(str(folder / "minilm-vocab.txt"), lowercase=True)
    model, mood = read(folder / "minilm-l6-q8.safetensors"), read(folder / "sentiment-minilm-q8.safetensors")
    found = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        cut = lambda most: ids if len(ids) <= most else ids[: most - 1] + [102]
        vector = mean(model, model, cut(128))
        scores = mood["head.weight"] @ mean(mood, model, cut(80)) + mood["head.bias"]
        rounded = lambda numbers: [round(float(number), 6) for number in numbers]
        vector = rounded(vector / np.linalg.norm(vector))
        found.append({"text": text, "ids": cut(128), "vector": vector, "mood": rounded(softmax(scores))})
    print("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in found) + "\n]")


main(Path(sys.argv[1]))
