"""Read and write safetensors files, with numpy alone."""
import json
import struct

import numpy as np

_TYPES = {"F32": np.float32, "F16": np.float16, "I8": np.int8, "U8": np.uint8}


def load(path):
    """The tensors by name, and the metadata."""
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + n])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        raw = np.frombuffer(data, _TYPES[t["dtype"]], (end - begin) // np.dtype(_TYPES[t["dtype"]]).itemsize, 8 + n + begin)
        tensors[name] = raw.reshape(t["shape"])
    return tensors, metadata


def save(path, tensors, metadata):
    names = {np.dtype(t): n for n, t in _TYPES.items()}
    order = sorted(tensors, key=lambda k: (-tensors[k].dtype.itemsize, k))
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for k in order:
        blob = np.ascontiguousarray(tensors[k]).tobytes()
        header[k] = {"dtype": names[tensors[k].dtype], "shape": list(tensors[k].shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for blob in blobs:
            f.write(blob)
