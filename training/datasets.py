"""The texts that the heads are trained and measured on. README.md says where each comes from."""
import hashlib
import json
import pathlib
import re
import zipfile

SENTIMENTS = ["negative", "neutral", "positive"]
LABELS = ["question", "hand_raise", "answer", "thanks", "resolution", "bug", "feature", "praise", "concern"]


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def visible_messages(data):
    return lines(data / "nlp/messages_train.jsonl")


def written_messages(folder):
    """By file name: the messages written for training."""
    return {p.stem: lines(p) for p in sorted(pathlib.Path(folder).glob("*.jsonl"))}


def senti4sd_test(data):
    out = []
    for line in open(data / "sentiment/senti4sd-test1326itemPOLARITY.csv", encoding="utf-8", errors="replace"):
        parts = line.rstrip("\r\n").split(";", 2)
        if len(parts) == 3 and parts[1] in SENTIMENTS:
            out.append({"text": parts[2], "label": parts[1]})
    return out


def sentiment(data):
    """By platform: (train part, test part). The test parts are never trained on."""
    def part(rows):
        test = [r for r in rows if is_held_out(r["text"])]
        return [r for r in rows if not is_held_out(r["text"])], test

    nlp = data / "nlp"
    out = {"github": part(lines(nlp / "sentiment_github_train.jsonl"))}
    test = senti4sd_test(data)
    seen = {clean(r["text"]) for r in test}
    out["stackoverflow"] = ([r for r in lines(nlp / "sentiment_stackoverflow_train.jsonl") if clean(r["text"]) not in seen], test)
    for name in ["tweets", "amazon", "nyt", "movie"]:
        rows = lines(nlp / f"sentiment_{name}.jsonl")
        out[name] = ([r for r in rows if r["split"] == "train"], [r for r in rows if r["split"] != "train"])
    return out


def clean(text):
    return re.sub(r"\W+", " ", text.lower()).strip()


def is_held_out(text):
    """One text in five, by its hash, so that other programs find the same ones."""
    return hashlib.sha256(text.encode()).digest()[0] < 51


def calls(data):
    return lines(data / "nlp/questions_calls_dev.jsonl")


def issues(data):
    return lines(data / "nlp/issues_train.jsonl")


def unlabelled(data):
    """Texts of developers whose licence lets a model learn from them: MIT, CC BY, CC BY-SA."""
    out = {}
    rows = []
    with zipfile.ZipFile(data / "chat/discord-pyscript.zip") as z:
        for name in sorted(z.namelist()):
            if name.endswith(".json"):
                rows += [m["content"] for m in json.loads(z.read(name))["messages"]]
    out["pyscript"] = rows
    rows = []
    with zipfile.ZipFile(data / "chat/irc-ubuntu-threads.zip") as z:
        for name in sorted(z.namelist()):
            if "annotation" in name or not name.endswith(".txt"):
                continue
            for line in z.read(name).decode("utf-8", "replace").splitlines():
                m = re.match(r"\[\d\d:\d\d\] <[^>]+> (.*)", line)
                if m:
                    rows.append(re.sub(r"^[\w\[\]|`^-]+[:,] ", "", m[1]))
    out["irc"] = rows
    rows = []
    with zipfile.ZipFile(data / "qa/stackexchange-cardano.zip") as z:
        for name in sorted(z.namelist()):
            if name.endswith(("Posts.xml", "Comments.xml")):
                text = z.read(name).decode("utf-8", "replace")
                for m in re.finditer(r' (?:Body|Text|Title)="([^"]*)"', text):
                    rows.append(plain(m[1]))
    out["cardano"] = [s for r in rows for s in sentences(r)]
    rows = [r["title"] + ". " + r["body"] for r in lines(data / "nlp/duplicates_askubuntu_docs.jsonl")]
    out["askubuntu"] = [s for r in rows for s in sentences(r)]
    for name, rows in out.items():
        seen = set()
        out[name] = [r.strip() for r in rows if 8 <= len(r.strip()) <= 400 and not (r in seen or seen.add(r))]
    return out


def plain(html_text):
    import html

    text = html.unescape(html_text)
    text = re.sub(r"<pre>.*?</pre>", " ", text, flags=re.S)
    text = re.sub(r"<[^>]+>", " ", text)
    return html.unescape(text)


def sentences(text):
    return [s.strip() for s in re.split(r"(?<=[.!?])\s+|\n+", text) if s.strip()]


def spoken(text):
    """The text as a recogniser would write it: lower case, no punctuation, no smileys."""
    text = re.sub(r"https?://\S+|www\.\S+", " ", text.lower().replace("\u2019", "'"))
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)?", text))
