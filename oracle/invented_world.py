"""The chance, the people and the calendar of an invented record."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST, DAYS = date(2024, 1, 9), 600
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE, TEAM, PLACES = range(60), range(50, 60), range(8)
# Who does little else than what is said of them: those who speak for us at accounts, alone or not, and those who are hired while they are asked.
QUIET, HIRED, ALONE = range(60, 84), range(84, 100), range(100, 124)
# Champions who are lost.
LOST = range(124, 144)
BOT = 49
CAMPAIGNS, WEBSITES = ("spring", "summer", "autumn"), ("search", "letter", "partner")


class World:
    """People, places and chance."""

    def __init__(self, seed, deletions, out):
        self.deletions = deletions
        self.chance = random.Random(seed)
        self.out = out
        self.posts = []
        self.deals = []
        self.hand_offs = []
        self.key_members = []

    def say(self, line_type, /, **fields):
        line = {"type": line_type, **{name: value for name, value in fields.items() if value is not None}}
        self.out.write(json.dumps(line) + "\n")

    def some(self, share, value):
        """The value, or nothing."""
        return value if self.chance.random() < share else None

    def at(self, after=None, within=DAYS):
        """An instant; one in ten at a local midnight, one in ten at the second before."""
        if after:
            return after + timedelta(seconds=self.chance.choice([0, 1, self.chance.randrange(86400), self.chance.randrange(within * 86400)]))
        day = FIRST + timedelta(days=self.chance.randrange(DAYS))
        if self.chance.random() < 0.1:
            day = day.replace(day=1)
        midnight = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
        roll = self.chance.random()
        return midnight + timedelta(seconds=0 if roll < 0.1 else -1 if roll < 0.2 else self.chance.randrange(86400))

    def when(self, after=None, within=DAYS):
        """A date or an instant."""
        return self.dated(self.at(after, within))

    def person(self, platform="discourse", of=PEOPLE):
        return identity(platform, self.chance.choice(of))

    def place(self):
        return f"org-{self.chance.choice(PLACES)}"

    def dated(self, instant):
        """The instant, or its date."""
        return self.some(0.5, text(instant)) or date_of(instant)

    def month(self, back=0):
        """So many days before a month begins that the record is asked about, at times a second earlier or later."""
        begins = (FIRST.replace(year=2025, month=self.chance.randrange(1, 10), day=1) - FIRST).days
        return midnight(begins) - timedelta(days=back, seconds=self.chance.choice([-1, 0, 0, 1]))


def text(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def date_of(instant):
    return instant.astimezone(BERLIN).date().isoformat()


def identity(platform, person):
    return {"platform": platform, "uid": f"{platform}-{person}", "name": f"Person {person}"}


def day(number):
    return (FIRST + timedelta(days=number)).isoformat()


def midnight(number):
    """The instant at which a day begins."""
    on = FIRST + timedelta(days=number)
    return datetime(on.year, on.month, on.day, tzinfo=BERLIN).astimezone(UTC)
