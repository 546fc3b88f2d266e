"""What an invented record says of content: what is liked, shared and paid for, what people say of which topic, tickets that are solved, feedback on
what was said elsewhere, and limits of the product."""

from datetime import timedelta

from invented_edges import SILENT
from invented_world import BOT, CAMPAIGNS, PEOPLE, identity, midnight, text

PIECES = [f"content-{number}" for number in range(60)]
SAID = ("Acme exports again", "billing before export at Acme", "the single sign-on of acme", "acme ART", "Acme")


def content(world):
    """Likes, shares and comments on pieces, of their authors and of programs, too; some are taken back. The same piece is shared again."""
    chance = world.chance
    for number in range(500):
        at = world.at()
        person = BOT if number % 50 == 0 else chance.choice(PEOPLE)
        world.say(
            "reaction",
            id=f"reaction-{number}",
            content=world.some(0.9, chance.choice([*PIECES, "unknown"])),
            kind=chance.choice(["like", "like", "share", "comment"]),
            at=text(at),
            actor=identity("discourse", person),
            channel=chance.choice(["blog", "social", "mastodon"]),
            removed_at=text(at + timedelta(seconds=chance.choice([0, 1, 3600]))) if chance.random() < 0.1 else None,
        )
    for number in range(300):
        piece = {"kind": chance.choice(["content", "content", "talk"]), "id": chance.choice(PIECES[:4])}
        world.say(
            "activity",
            id=f"share-{number}",
            activity=chance.choice(["social:post:shared", "social:post:shared", "article:published", "referral:sent"]),
            at=text(world.at()),
            actor=identity("discourse", chance.choice(PEOPLE[:12])),
            channel="c-far",
            object=world.some(0.7, piece),
            campaign=world.some(0.4, chance.choice(CAMPAIGNS)),
        )


def topics(world):
    """Mentions of topics, many in few weeks; costs of pieces; tickets that are solved, and opened again."""
    chance = world.chance
    for number in range(300):
        at = world.month(back=chance.choice([1, 2, 3, 9, 40])) if number % 2 else world.at()
        world.say("mention", id=f"topic-{number}", at=text(at), channel="news", author=world.some(0.5, world.person()), text=chance.choice(SAID))
    for number in range(40):
        world.say(
            "cost",
            id=f"cost-of-piece-{number}",
            at=world.when(),
            amount=world.some(0.9, chance.randrange(0, 9000)),
            currency=chance.choice(["EUR", "USD"]),
            campaign=world.some(0.3, chance.choice(CAMPAIGNS)),
            content=chance.choice(["one", "two", "three", *PIECES[:3]]),
        )
    for number in range(150):
        at = world.at()
        solved = at + timedelta(seconds=chance.choice([0, 3600, chance.randrange(40 * 86400)]))
        world.say(
            "ticket",
            id=f"solved-{number}",
            opened_at=text(at),
            requester=identity("crm", BOT if number % 30 == 0 else chance.choice(PEOPLE)),
            topics=["art"] if number % 20 == 0 else None,
            solved_at=text(solved) if chance.random() < 0.7 else None,
            reopened_at=text(solved + timedelta(seconds=chance.choice([-1, 0, 86400]))) if chance.random() < 0.2 else None,
        )


def named(world):
    """Feedback of champions on what was said elsewhere, by whomever, and on what is not there."""
    chance = world.chance
    for number in range(60):
        at = midnight(chance.randrange(70, 500)) + timedelta(seconds=chance.randrange(86400))
        world.say(
            "feedback",
            id=f"named-{number}",
            at=text(at),
            author=identity("discourse", chance.choice(SILENT)),
            kind=chance.choice(["bug", "request", "praise", "concern"]),
            topic=chance.choice(["export", "tokens"]),
            activity=f"a-{chance.randrange(5500)}",
        )


def limits(world):
    """People who hit limits of the product on several days, often enough to be taken for interested, and some who say so later."""
    chance = world.chance
    for person in [person for person in PEOPLE if person % 3]:
        at = world.at()
        for turn in range(chance.choice([2, 3, 3, 4])):
            name = chance.choice(["limit_reached", "seat_limit_reached"])
            world.say("product_event", id=f"limit-{person}-{turn}", user=identity("product", person), at=text(at), name=name)
            at += timedelta(days=chance.randrange(1, 50), seconds=chance.randrange(86400))
        if chance.random() < 0.7:
            world.say("signal", id=f"limit-{person}", at=text(world.at(at, 90)), member=identity("crm", person), kind=world.some(0.7, "explicit"))


def helped(world):
    """A channel in which nearly every question is answered, and soon: there nine of ten have an answer at some time."""
    chance = world.chance
    world.say("channel", id="c-help", name="c-help", kind="forum", ownership="owned", is_qa=True)
    for number in range(200):
        at, thread = world.at(), f"help-{number}"
        where = {"channel": "c-help", "thread": thread}
        world.say("activity", id=thread, activity="question:asked", at=text(at), actor=identity("discourse", chance.choice(PEOPLE[:45])), **where)
        for turn in range(chance.choice([0, *[1] * 12, *[2] * 5, *[3] * 2])):
            at += timedelta(seconds=chance.choice([0, 600, chance.randrange(86400)]))
            who = identity("discourse", chance.choice(PEOPLE[:45]))
            world.say("activity", id=f"{thread}-{turn}", activity="question:answered", at=text(at), actor=who, parent=thread, **where)
            thanks = {"activity": "chat:reaction:added", "parent": f"{thread}-{turn}", **where}
            if chance.random() < 0.5:
                world.say("activity", id=f"{thread}-{turn}-thanks", at=text(world.at(at, 3)), actor=identity("discourse", chance.choice(PEOPLE)), **thanks)
