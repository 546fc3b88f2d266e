"""Hashed n-gram features of a text; the same as `features.rs` of `axle-text`."""
import re

SLOTS = 65_536
MAX_TOKENS = 200

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
_URL = re.compile(r"https?://\S+|www\.\S+")
_USER = re.compile(r"@\w[\w-]*")
_NUM = re.compile(r"\b\d+(?:[.,]\d+)*\b")
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|<\w+>|[?!]+|[:;=8][-']?[)(dp/|\\]|<3|[^\w\s]")
_BREAKS = ".!?;:,("


def mask(text):
    """The text with code, links, names and numbers replaced by one word each."""
    text = text.replace("\u2019", "'").lower()
    text = _CODE.sub(" <code> ", text)
    text = _URL.sub(" <url> ", text)
    text = _USER.sub(" <user> ", text)
    return _NUM.sub(" <num> ", text)


def tokens(text):
    return _TOKEN.findall(mask(text))[:MAX_TOKENS]


def fnv1a(data):
    h = 0x811C9DC5
    for b in data:
        h = ((h ^ b) * 0x01000193) & 0xFFFFFFFF
    return h


def names(text):
    w = tokens(text)
    out = set()
    for i, t in enumerate(w):
        out.add("u " + t)
        if i + 1 < len(w):
            out.add("b " + t + " " + w[i + 1])
        if (i == 0 or w[i - 1][0] in _BREAKS) and t[0].isalpha():
            out.add("c " + t)
            if i + 1 < len(w):
                out.add("c2 " + t + " " + w[i + 1])
    if w:
        out.add("s " + w[0])
        out.add("e " + w[-1])
    if len(w) > 1:
        out.add("s2 " + " ".join(w[:2]))
    if len(w) > 2:
        out.add("s3 " + " ".join(w[:3]))
    if any(t[0] == "?" for t in w):
        out.add("Q")
    out.add("L%d" % min(len(w) // 8, 6))
    return out


_cache = {}


def slots(text):
    """Distinct slots of a text, ascending; each has the value 1 / sqrt(their number)."""
    out = set()
    for n in names(text):
        s = _cache.get(n)
        if s is None:
            s = _cache[n] = fnv1a(n.encode()) % SLOTS
        out.add(s)
    return sorted(out)
