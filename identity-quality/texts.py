"""Texts as they are compared by whoever knows nothing of the program."""
import re
import unicodedata

SPACES = re.compile(r"[\W_]+")


def folded(text):
    """Lower case, without accents, punctuation as single spaces."""
    text = unicodedata.normalize("NFKD", text or "")
    return SPACES.sub(" ", "".join(c for c in text if not unicodedata.combining(c)).lower()).strip()
