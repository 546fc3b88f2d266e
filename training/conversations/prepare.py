"""Makes JSON lines of channels, one a line, for `examples/conversations.rs`.

    python prepare.py irc FOLDER FIRST STEP > train.jsonl   # Ubuntu's IRC logs with links (*.raw.txt, *.annotation.txt); every STEPth log from FIRST on
    python prepare.py slack FOLDER > slack.jsonl            # a Slack export whose threads are hidden
    python prepare.py discord FOLDER > discord.jsonl        # DiscordChatExporter's JSON files whose replies are hidden
    python prepare.py zulip FOLDER > zulip.jsonl            # an archive of topics, each stream a channel whose topics are hidden

`gold` of a message: the numbers of the messages that it may be said to reply to; none when it opens a conversation; null when
nobody knows.
"""
import collections
import datetime
import html
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "threads"))
from prepare import BOTS, plain  # that of whole threads



LINE = re.compile(r"\[(\d\d):(\d\d)\] (?:<([^>]*)>|\s*\* (\S+)) ?(.*)$")
MOST_GOLD = 50


def message(author, name, at, text, mentions=(), gold=None):
    return {"author": author, "name": name, "at": int(at * 1e6), "text": text, "mentions": list(mentions), "gold": gold}


def irc(folder, first=0, step=1):
    for path in sorted(folder.rglob("*.raw.txt"))[int(first)::int(step)]:
        links = collections.defaultdict(set)
        for line in path.with_name(path.name.replace(".raw.", ".annotation.")).read_text().splitlines():
            a, b = sorted(int(number) for number in line.split()[:2])
            links[b].add(a)
        number_of, messages, day, before = {}, [], 0, 0
        for line_number, line in enumerate(path.read_text(errors="replace").split("\n")):
            found = LINE.match(line)
            if not found:
                continue
            minute = int(found[1]) * 60 + int(found[2])
            day += minute < before - 600
            before = minute
            number_of[line_number] = len(messages)
            gold = None
            if line_number in links:
                gold = sorted(number_of[a] for a in links[line_number] if a != line_number and a in number_of)
            nick = found[3] or found[4]
            messages.append(message(nick, nick, (day * 1440 + minute) * 60, found[5], gold=gold))
        yield path.name.split(".")[0], messages


def threaded(items):
    """Of `(thread, message)` in the order of time: the earlier messages of the same thread are all right."""
    before, messages = collections.defaultdict(list), []
    for thread, item in items:
        if thread is not None:
            near = [number for number in before[thread] if len(messages) - number <= MOST_GOLD]
            item["gold"] = near or before[thread][-1:]
            before[thread].append(len(messages))
        messages.append(item)
    return messages


def slack(folder):
    names = {user["id"]: user.get("name", "") for user in json.loads((folder / "users.json").read_text())}
    for channel in sorted(path for path in folder.iterdir() if path.is_dir()):
        items = []
        for path in sorted(channel.glob("*.json")):
            for m in json.loads(path.read_text()):
                if m.get("subtype") not in (None, "me_message", "thread_broadcast", "file_share") or "user" not in m:
                    continue
                text = m.get("text", "")
                mentions = re.findall(r"<@(U\w+)", text)
                text = html.unescape(re.sub(r"<@U\w+(\|[^>]*)?>:?", "", text))
                items.append((m.get("thread_ts"), message(m["user"], names.get(m["user"], ""), float(m["ts"]), text, mentions)))
        items.sort(key=lambda item: item[1]["at"])
        messages = threaded(items)
        for m in messages:
            # Whoever opens a thread may go on from what was said in the channel.
            m["gold"] = m["gold"] or None
        yield channel.name, messages


def discord(folder):
    for path in sorted(folder.rglob("*.json")):
        exported = json.loads(path.read_text())
        posts = [m for m in exported["messages"] if m["type"] in ("Default", "Reply") and not m["author"]["isBot"]]
        posts.sort(key=lambda m: m["timestamp"])
        number_of = {m["id"]: number for number, m in enumerate(posts)}
        messages = []
        for m in posts:
            at = datetime.datetime.fromisoformat(m["timestamp"].replace("Z", "+00:00")).timestamp()
            target = number_of.get((m.get("reference") or {}).get("messageId"))
            # A reply mentions its target's author without a word.
            mentions = [who["name"] for who in m["mentions"] if "@" + who["nickname"] in m["content"]]
            author = m["author"]
            messages.append(message(author["name"], author["nickname"], at, m["content"], mentions, None if target is None else [target]))
        yield exported["channel"]["name"], messages


def zulip(folder):
    streams = collections.defaultdict(list)
    for path in sorted(folder.rglob("*.json")):
        topic = json.loads(path.read_text())
        if not isinstance(topic, list) or not topic or "sender_full_name" not in topic[0]:
            continue
        for m in topic:
            name = m["sender_full_name"]
            if name not in BOTS:
                mentions = re.findall(r"class=\"user-mention[^\"]*\"[^>]*>@?([^<]*)<", m["content"])
                streams[path.parent.name].append((m["id"], path.name, message(name, name, m["timestamp"], plain(m["content"]), mentions)))
    for stream, items in sorted(streams.items()):
        items.sort(key=lambda item: (item[2]["at"], item[0]))
        yield stream, threaded((topic, item) for _, topic, item in items)


if __name__ == "__main__":
    read = {"irc": irc, "slack": slack, "discord": discord, "zulip": zulip}[sys.argv[1]]
    for channel, messages in read(pathlib.Path(sys.argv[2]), *sys.argv[3:]):
        print(json.dumps({"channel": channel, "messages": messages}, ensure_ascii=False))
