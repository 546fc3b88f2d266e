"""What VADER's own Python package says of texts, for the tests of axle-text.

    pip install vaderSentiment==3.3.2
    python training/vader_check.py cases crates/axle-text/tests/vader.tsv
        fills in the figures behind the sentences of that file
    python training/vader_check.py expect texts... > expected.jsonl
        one line {"text", "neg", "neu", "pos", "compound"} for each text of the given JSON-lines files (every string in
        `text`, `title` or `body`) and tab-separated files (the last column); then
        AXLE_VADER_EXPECTED=expected.jsonl cargo nextest run -p axle-text --test vader
"""

import json
import sys
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

COLUMNS = ["neg", "neu", "pos", "compound"]
ANALYZER = SentimentIntensityAnalyzer()


def cases(path):
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    filled = []
    for line in lines:
        sentence = line.split("\t")[0]
        if not sentence or line.startswith("# "):
            filled.append(line)
            continue
        scores = ANALYZER.polarity_scores(sentence)
        filled.append("\t".join([sentence, *(f"{scores[name]}" for name in COLUMNS)]))
    Path(path).write_text("\n".join(filled) + "\n", encoding="utf-8")


def texts(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            if path.endswith(".tsv"):
                yield line.rstrip("\n").split("\t")[-1]
                continue
            row = json.loads(line)
            yield from (row[key] for key in ("text", "title", "body") if isinstance(row.get(key), str))


def expect(paths):
    for path in paths:
        for text in texts(path):
            print(json.dumps({"text": text, **ANALYZER.polarity_scores(text)}, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "cases":
        cases(sys.argv[2])
    elif len(sys.argv) > 2 and sys.argv[1] == "expect":
        expect(sys.argv[2:])
    else:
        sys.exit(__doc__)
