"""What an invented record says twice: leads that are qualified again, and feedback in two trackers, browsers of two websites; and newcomers who only comment or save."""

from datetime import timedelta

from invented_world import PEOPLE, identity, text


def twice(world):
    """Leads again about 90 days after they were qualified or given back; records that name other records' activities."""
    chance = world.chance
    for number in range(40):
        at = world.at()
        lead = {"identity": world.person("crm", PEOPLE[:5]), "organization": world.some(0.7, world.place()), "flywheel": "community_qualified_leads"}
        returned = world.some(0.4, world.at(at, 60))
        again = (returned or at) + timedelta(days=90, seconds=chance.choice([-1, 0, 1, -40 * 86400]))
        world.say("hand_off", id=f"lead-{number}", **lead, qualified_at=text(at), returned_at=text(returned) if returned else None)
        world.say("hand_off", id=f"lead-{number}-again", **lead, qualified_at=text(again))
    for number in range(0, 120, 2):
        at = world.at()
        decided = world.some(0.5, world.at(at, 60))
        world.say(
            "feedback",
            id=f"twin-{number}",
            at=text(at),
            author=world.person("discourse"),
            kind=chance.choice(["bug", "request"]),
            topic=world.some(0.8, chance.choice(["export", "tokens"])),
            activity=f"feedback:fb-{number}",
            state="planned" if decided else "open",
            decided_at=text(decided) if decided else None,
            communicated_at=world.some(0.4, text(world.at(decided or at, 60))),
        )


def elsewhere(world):
    """A second website whose browsers have ids of the first, and a second tracker: what it calls as the first does, and what it names of it."""
    chance = world.chance
    here = {"source": "second"}
    for number in range(150):
        person = chance.randrange(80)
        member = identity("discourse", person) if person < 60 and chance.random() < 0.2 else None
        world.say("visit", id=f"there-{number}", visitor=f"v-{person}", at=text(world.at()), identity=member, landing="/", **here)
    for number in range(0, 120, 6):
        world.say("feedback", id=f"fb-{number}", at=text(world.at()), author=world.person("discourse"), kind="bug", **here)
    for number in range(40):
        world.say("shipped_item", id=f"ship-{number}", shipped_at=world.when(), feedback=[f"fb-{chance.randrange(120)}"], **here)
        item = f"ship-{chance.randrange(50)}"
        world.say("feedback", id=f"there-{number}", at=text(world.at()), author=world.person("discourse"), kind="request", shipped_item=item, **here)


def newcomers(world):
    """Who signs up, and then comments, saves or writes, and no more."""
    chance = world.chance
    for number in range(30):
        at = world.at()
        accounts = [identity(platform, f"new-{number}") for platform in ("product", "discourse")]
        world.say("link", identities=accounts, verified=True)
        world.say("product_user", user=accounts[0], signup_at=text(at), plan="free")
        for turn in range(2):
            world.say(
                "activity",
                id=f"new-{number}-{turn}",
                activity=chance.choice(["social:post:commented", "forum:post:saved", "chat:message:sent"]),
                at=text(at + timedelta(seconds=chance.randrange(1, 35 * 86400))),
                actor=accounts[1],
                channel="c-far",
            )
