"""Messages of three chats that no head has learnt from, with whether each asks: texts from the data, labels from `questions.tsv`.

python training/chats/draw.py DIR > chats.jsonl

Two readers gave the labels, each alone and from nothing but the texts: does the writer ask others for help, information, an answer or an opinion,
with or without a question mark? They agreed on 497 of 500; a third decided the others. The texts themselves may not be kept here."""

import csv
import html
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path


def slack(chats: Path) -> Iterator[tuple[str, str]]:
    """Messages of an export of Slack, by channel and time."""
    export = zipfile.ZipFile(chats / "slack-clojurians-export.zip")
    for name in export.namelist():
        if name.count("/") == 1 and name.endswith(".json"):
            for message in json.load(export.open(name)):
                if message.get("type") == "message" and not message.get("subtype") and not message.get("bot_id"):
                    yield f"slack/{name.split('/')[0]}/{message['ts']}", message.get("text", "")


def komodo(chats: Path) -> Iterator[tuple[str, str]]:
    """Messages of a Discord without ids, by file and row."""
    export = zipfile.ZipFile(chats / "discord-komodo-csv.zip")
    for name in export.namelist():
        if name.endswith(".csv"):
            text = export.read(name).decode("utf-8-sig", "replace")
            for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=";")):
                yield f"komodo/{name}/{number}", row.get("Content") or ""


def zulip(chats: Path) -> Iterator[tuple[str, str]]:
    """Messages of Zulip as plain text, by id."""
    archive = subprocess.run(["zstd", "-dc", chats / "zulip-lean.tar.zst"], stdout=subprocess.PIPE, check=True).stdout
    files = tarfile.open(fileobj=io.BytesIO(archive))
    for file in files:
        if not (file.isfile() and file.name.endswith(".json")):
            continue
        try:
            messages = json.load(files.extractfile(file))
        except json.JSONDecodeError:
            continue
        for message in messages if isinstance(messages, list) else []:
            if "content" in message and "bot" not in message.get("sender_full_name", "").lower():
                yield f"zulip/{message['id']}", plain(message["content"])


def plain(content: str) -> str:
    """HTML as text, without what is quoted; code is only said to be there."""
    content = re.sub(r"(?s)<blockquote>.*?</blockquote>", " ", content)
    content = re.sub(r'(?s)<div class="codehilite.*?</div>', " [code] ", content)
    return re.sub(r"[ \t\n]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", content)).strip())


def main() -> None:
    """Writes the messages in the order of the labels."""
    chats = Path(sys.argv[1]) / "chat"
    texts = {key: text for read in (slack, komodo, zulip) for key, text in read(chats) if text.strip()}
    with open(Path(__file__).with_name("questions.tsv"), encoding="utf-8") as labels:
        for key, *_, asks in csv.reader(labels, delimiter="\t"):
            if not key.startswith("#"):
                print(json.dumps({"text": texts[key][:1500], "question": asks == "1"}, ensure_ascii=False))


if __name__ == "__main__":
    main()
