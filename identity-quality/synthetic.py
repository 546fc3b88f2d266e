"""Made-up accounts in any number, to time with: names and handles collide about as they do among people.

    python identity-quality/synthetic.py 100000 [--seed 1] > ACCOUNTS.jsonl

Given names are few and very uneven, family names many with a long tail, handles are made of both, and a platform gives a
taken handle only with digits. Lines are those of `truths.py`. Nobody's name is taken from anywhere: syllables make them.
"""
import argparse
import bisect
import itertools
import json
import random
import sys

ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl dr fr gr kr l ph pr sh st th tr".split()
VOWELS = "a e i o u a e i o ai ea ie ou".split()
ENDS = ["", "", "", "n", "r", "l", "s", "m", "ck", "nd", "rt", "th"]
FREE_MAIL = ["gmail.com"] * 6 + ["outlook.com"] * 2 + ["yahoo.com", "gmx.net", "proton.me", "163.com"]
NICK_WORDS = 4000
ACCOUNTS_PER_PERSON = [1] * 30 + [2] * 30 + [3] * 20 + [4] * 12 + [5] * 8  # 2.4 on average


def word(rng, syllables):
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(syllables)) + rng.choice(ENDS)


class Pool:
    """Words drawn by Zipf's law with the exponent: the first are common, most are rare."""

    def __init__(self, rng, count, syllables, exponent):
        words = {}
        while len(words) < count:
            words[word(rng, rng.choice(syllables))] = None
        self.rng, self.words = rng, list(words)
        self.sums = list(itertools.accumulate((rank + 3) ** -exponent for rank in range(count)))

    def draw(self):
        return self.words[bisect.bisect(self.sums, self.rng.random() * self.sums[-1])]


class World:
    def __init__(self, seed, count):
        self.rng = rng = random.Random(seed)
        self.given = Pool(rng, 4_000, [1, 2, 2, 3], 1.0)
        self.family = Pool(rng, max(5_000, count // 8), [2, 2, 3], 0.85)
        self.nicks = Pool(rng, NICK_WORDS, [2, 3], 0.8)
        self.companies = Pool(rng, max(500, count // 40), [2, 3], 0.9)
        self.taken = set()

    def handle(self, given, family):
        rng, digits = self.rng, str(self.rng.randrange(1, 2000))
        kinds = [
            given + family, f"{given}.{family}", given[0] + family, given + family[0], f"{family}{given}",
            given, self.nicks.draw(), self.nicks.draw() + digits, given + digits, f"{given}_{family}", self.nicks.draw() + given,
        ]
        return rng.choices(kinds, [12, 10, 16, 8, 4, 10, 12, 8, 8, 4, 8])[0]

    def own(self, platform, handle):
        """The handle as the platform gives it: once only."""
        while (platform, handle) in self.taken:
            handle += str(self.rng.randrange(1, 100))
        self.taken.add((platform, handle))
        return handle

    def person(self, number):
        rng = self.rng
        given, family = self.given.draw(), self.family.draw()
        name = f"{given.title()} {family.title()}"
        favourite, domain = self.handle(given, family), f"{self.companies.draw()}.com"
        emails = [f"{self.own('mail', self.handle(given, family))}@{rng.choice(FREE_MAIL)}"]
        work = rng.choice([f"{given}.{family}", given[0] + family, given])
        emails.append(f"{self.own(domain, work)}@{domain}")
        for platform in rng.sample(["git", "git", "github", "discord", "forum", "slack", "mail"], rng.choice(ACCOUNTS_PER_PERSON)):
            handle = favourite if rng.random() < 0.6 else self.handle(given, family)
            shown = f"{given[0].upper()}. {family.title()}" if rng.random() < 0.04 else name
            uid = str(rng.randrange(10**9))
            row = {"platform": platform, "uid": None, "username": None, "email": None, "email_verified": False, "name": None, "company": None}
            if platform in ("git", "mail"):
                row.update(email=rng.choice(emails), name=shown if platform == "git" else None)
            elif platform == "slack":
                row.update(uid=uid, name=shown, email=emails[1], email_verified=True)
            else:
                row.update(uid=uid, username=self.own(platform, handle), name=shown if rng.random() < 0.5 else None)
            yield {**row, "person": f"p{number}"}


def accounts(count, seed):
    world = World(seed, count)
    rows = itertools.chain.from_iterable(world.person(number) for number in itertools.count())
    rows = list(itertools.islice(rows, count))
    world.rng.shuffle(rows)
    return ({"id": number, **row} for number, row in enumerate(rows, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for row in accounts(arguments.count, arguments.seed):
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
