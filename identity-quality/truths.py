"""Make truths of who is who: one account a line, with the person behind it.

    python identity-quality/truths.py --data DIR --out DIR

README.md beside this file says what a line holds, how each set is made and where its truth is incomplete.
"""
import argparse
import gzip
import hashlib
import io
import json
import pathlib
import subprocess
import tempfile

import zstandard

from mailmap import Mailmap

NAMED = {"bare": 0.0, "half": 0.5, "named": 1.0}  # the share of accounts with a choice that show their owner's name


def account(platform, person, *, uid=None, username=None, email=None, name=None, company=None, covered=True):
    return {
        "platform": platform,
        "uid": uid,
        "username": username,
        "email": email,
        "email_verified": False,
        "name": name,
        "company": company,
        "person": person,
        "covered": covered,
    }


def chance(*parts):
    """A number in 0..1 that depends on the parts alone."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def of_commits(authors, mailmap_text):
    """Accounts are the distinct pairs of name and address; people are what the mailmap makes of them."""
    mailmap = Mailmap(mailmap_text)
    rows = []
    for name, email in sorted(authors):
        proper_name, proper_email, ruled = mailmap.person(name, email)
        rows.append((name, email, f"{proper_name} <{proper_email}>", ruled))
    known = {person for _, _, person, ruled in rows if ruled}
    return [account("git", person, name=name, email=email, covered=person in known) for name, email, person, _ in rows]


def git_log(path):
    """A log as JSON lines, with the mailmap beside it: NAME-log.jsonl.zst and NAME.mailmap."""
    stem = path.name.removesuffix("-log.jsonl.zst")
    with open(path, "rb") as packed:
        reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed)
        commits = map(json.loads, io.TextIOWrapper(reader, encoding="utf-8"))
        authors = {(commit["author_name"], commit["author_email"]) for commit in commits}
    return of_commits(authors, (path.parent / f"{stem}.mailmap").read_text(encoding="utf-8"))


def git_repository(path):
    """A bundle, or a repository, with a `.mailmap` in its newest commit."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", "--bare", str(path), folder], check=True, capture_output=True)
        run = lambda *words: subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True).stdout.decode("utf-8", "replace")
        lines = run("log", "--no-mailmap", "--format=%an%x00%ae").split("\n")
        authors = {tuple(line.split("\0")) for line in lines if line}
        return of_commits(authors, run("show", "HEAD:.mailmap"))


def address(person, name, email, shown):
    """An address with a name is a commit's author; one without is all that a mail server or a calendar tells."""
    if shown:
        return account("git", person, email=email, name=name)
    return account("mail", person, email=email)


def affiliations(path, share):
    """Stackalytics' users: Launchpad shows name and nickname, other platforms a nickname, and each address stands alone."""
    rows = []
    for number, user in enumerate(json.loads(gzip.decompress(path.read_bytes()))["users"]):
        person, name = f"p{number}", user["user_name"]
        if user.get("launchpad_id"):
            rows.append(account("launchpad", person, username=user["launchpad_id"], name=name))
        else:
            rows.append(account("archive", person, name=name))
        if user.get("github_id"):
            shown = chance("github", name, user["github_id"]) < share
            company = user["companies"][-1]["company_name"] if user["companies"] else None
            company = None if company and company.startswith("*") else company
            rows.append(account("github", person, username=user["github_id"], name=name if shown else None, company=company))
        if user.get("zanata_id"):
            rows.append(account("zanata", person, username=user["zanata_id"]))
        for email in sorted(set(user["emails"])):
            rows.append(address(person, name, email, chance("address", name, email) < share))
    return rows


def people(path, share):
    """The Rust project's people: one account a platform. Discord's name is not in the data: the GitHub login stands for it."""
    rows = []
    for number, one in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        person, name, login = f"p{number}", one["name"], one["github"]
        shown = lambda platform: chance(platform, name, login) < share
        rows.append(account("github", person, uid=str(one["github-id"]), username=login, name=name if shown("github") else None))
        if one.get("zulip-id"):
            rows.append(account("zulip", person, uid=str(one["zulip-id"]), name=name))
        if one.get("discord-id"):
            rows.append(account("discord", person, uid=str(one["discord-id"]), username=login.lower().replace("-", "_")))
        if one.get("irc"):
            rows.append(account("irc", person, username=one["irc"]))
        if one.get("email"):
            rows.append(address(person, name, one["email"], shown("address")))
    return rows


def told(lines):
    """Accounts that some program made up, in the lines of a truth without ids; those that show nothing of anybody are left out."""
    rows = [{**account(None, None), **json.loads(line)} for line in lines]
    return [row for row in rows if row["username"] or row["email"] or row["name"]]


def sets(data):
    """Name and accounts of every truth that the folder's files give."""
    for path in sorted(data.glob("git/*-log.jsonl.zst")):
        yield path.name.removesuffix("-log.jsonl.zst"), git_log(path)
    for path in sorted(data.glob("git/*.bundle")):
        yield path.stem, git_repository(path)
    for pattern, read in (("identity/*affiliations*.json.gz", affiliations), ("identity/*people*.json", people)):
        for path in sorted(data.glob(pattern)):
            for suffix, share in NAMED.items():
                yield f"{path.name.split('.')[0]}-{suffix}", read(path, share)


def numbered(rows, name):
    """Ids in an order that says nothing: accounts of a person do not stand together."""
    keys = ("platform", "uid", "username", "email", "name")
    rows = sorted(rows, key=lambda row: chance(name, *(row[key] for key in keys)))
    return [{"id": number, **row} for number, row in enumerate(rows, 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, rows in sets(arguments.data):
        with open(arguments.out / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for row in numbered(rows, name):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(f"{name}: {len(rows)} accounts, {len({row['person'] for row in rows})} people")


if __name__ == "__main__":
    main()
