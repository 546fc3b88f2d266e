"""Makes JSON lines of threads for `examples/threads.rs`.

    python prepare.py zulip FOLDER > zulip.jsonl      # the archive's folders of topics, each a JSON list of messages
    python prepare.py discourse FOLDER > forum.jsonl  # one JSON file a topic, as Discourse's /t/ID.json
"""
import html
import json
import pathlib
import re
import sys
import urllib.parse
from datetime import datetime

BOTS = {"Notification Bot", "Welcome Bot", "system", "discobot"}
CODE = re.compile(r"<pre.*?</pre>|<code.*?</code>|<div class=\"codehilite.*?</div>", re.S)
QUOTE = re.compile(r"<blockquote.*?</blockquote>|<aside.*?</aside>", re.S)


def plain(content):
    content = QUOTE.sub("", content)
    content = CODE.sub(" `code` ", content)
    content = re.sub(r"<a [^>]*class=\"message-link.*?</a>|<p>[^<]*<span class=\"user-mention[^>]*>[^<]*</span>[^<]*<a [^>]*>said</a>:</p>", "", content)
    content = re.sub(r"<a [^>]*href=\"https?:.*?</a>", " https://example.com/ ", content, flags=re.S)
    content = re.sub(r"</p>|<br ?/?>|</li>", "\n", content)
    return html.unescape(re.sub(r"<[^>]+>", "", content)).strip()


def post(identifier, author, at, content):
    return {"id": f"{identifier:012}", "author": author, "at": int(at * 1e6), "is_bot": author in BOTS, "text": plain(content)}


def zulip(folder):
    for path in sorted(folder.rglob("*.json")):
        messages = json.loads(path.read_text())
        if not isinstance(messages, list) or not messages or "sender_full_name" not in messages[0]:
            continue
        name = re.sub(r"\.([0-9A-F]{2})", lambda m: "%" + m[1], path.stem)
        title = urllib.parse.unquote(name)
        posts = [post(m["id"], m["sender_full_name"], m["timestamp"], m["content"]) for m in messages]
        yield {"title": title.removeprefix("\u2714").strip(), "resolved": title.startswith("\u2714"), "accepted": None, "posts": posts}


def discourse(folder):
    for path in sorted(folder.rglob("*.json")):
        topic = json.loads(path.read_text())
        if "post_stream" not in topic:
            continue
        posts, accepted = [], None
        for p in topic["post_stream"]["posts"]:
            if p["post_type"] != 1:
                continue
            posts.append(post(p["id"], p["username"], datetime.fromisoformat(p["created_at"].replace("Z", "+00:00")).timestamp(), p["cooked"]))
            if p.get("accepted_answer"):
                accepted = posts[-1]["id"]
        yield {"title": topic["title"], "resolved": None, "accepted": accepted, "posts": posts}


if __name__ == "__main__":
    for thread in {"zulip": zulip, "discourse": discourse}[sys.argv[1]](pathlib.Path(sys.argv[2])):
        print(json.dumps(thread, ensure_ascii=False))
