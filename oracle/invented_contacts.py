"""What an invented record says of trust: contacts of sales and what follows them, answers about hand-offs, and reads of old answers."""

from datetime import UTC, datetime, timedelta

from invented_world import BOT, DAYS, HIRED, PEOPLE, TEAM, date_of, identity, midnight, text

AGENTS = ("Ann", "Bob", None)
MONTH, QUARTER, YEAR = timedelta(days=30), timedelta(days=90), timedelta(days=365)
# Nothing comes later, so that the record ends when most else does.
LATEST = midnight(DAYS + 30)


def beside(world, instant):
    """The instant, or a second before or after."""
    return instant + timedelta(seconds=world.chance.choice([-1, 0, 0, 1]))


def contacts(world):
    """Calls and outreach of sales, and of others, again 90 days later; consents that are given and taken back around them."""
    chance = world.chance
    for number in range(180):
        person, at = chance.choice(PEOPLE), world.at()
        contact(world, f"contact-{number}", person, at)
        if chance.random() < 0.4:
            contact(world, f"contact-{number}-again", person, min(LATEST, beside(world, at + chance.choice([QUARTER, MONTH, timedelta(0)]))))
        if chance.random() < 0.7:
            given = chance.choice([beside(world, at), at - timedelta(days=chance.randrange(200))])
            revoked = chance.choice([beside(world, at), beside(world, at + MONTH), at + timedelta(seconds=chance.randrange(45 * 86400))])
            world.say(
                "consent",
                id=f"consent-of-contact-{number}",
                identity=identity(chance.choice(["crm", "discourse"]), person),
                kind=chance.choice(["contact", "hand_off", "contact", "recognition"]),
                at=text(given),
                revoked_at=text(max(given, revoked)) if chance.random() < 0.8 else None,
            )
    for person in HIRED:
        hired(world, person)


def hired(world, person):
    """Sales turns to somebody who took part at that instant or just before; they are hired on that day or later, and take their consent back."""
    chance = world.chance
    at, account = world.at(), identity("discourse", person)
    world.say("activity", id=f"once-{person}", activity="chat:message:sent", at=text(beside(world, at)), actor=account, channel="c-chat")
    contact(world, f"hired-{person}", person, at + timedelta(seconds=1))
    subjects = [account] if chance.random() < 0.8 else [identity("crm", person)]
    world.say("link", identities=[account, identity("crm", person), identity("phone", person)], verified=True)
    world.say("push", id=f"turned-to-{person}", at=text(at), kind="outreach", subjects=subjects, department="sales")
    world.say("teammate", identity=account, **{"from": date_of(at + timedelta(days=chance.choice([0, 1, chance.randrange(20)])))})
    revoked = text(at + timedelta(seconds=chance.randrange(25 * 86400)))
    world.say("consent", id=f"consent-of-{person}", identity=account, kind="contact", at=text(at - MONTH), revoked_at=revoked)


def contact(world, name, person, at):
    chance = world.chance
    if chance.random() < 0.3:
        direction, kind = chance.choice(["outbound", "outbound", "inbound"]), chance.choice(["sales", "sales", "support"])
        world.say("call", id=name, called_at=text(at), direction=direction, kind=kind, caller=identity("phone", person), status="answered", talk_seconds=90)
        return
    subjects = [identity(platform, person) for platform in chance.sample(["crm", "discourse"], chance.choice([1, 1, 1, 2]))]
    if chance.random() < 0.2:
        subjects.append(world.person("crm"))
    kind = chance.choice(["outreach", "outreach", "outreach", "content", "cs_touch"])
    department = chance.choice(["sales", "sales", "sales", "community", None])
    world.say("push", id=name, at=text(at), kind=kind, channel="mail", subjects=subjects, department=department)


def complaints(world):
    """Calls with tags: a complaint in any case, twice on one call, or a word like it."""
    chance = world.chance
    tags = (["complaint"], ["Complaint", "qualified"], ["COMPLAINT", "complaint"], ["complaints"], ["qualified", "complaint"], ["qualified"], [], None)
    for number in range(120):
        world.say(
            "call",
            id=f"tagged-{number}",
            called_at=text(world.at()),
            direction=world.some(0.9, chance.choice(["inbound", "outbound"])),
            kind=world.some(0.9, chance.choice(["sales", "sales", "support"])),
            caller=world.some(0.8, world.person("phone")),
            agent=chance.choice(AGENTS),
            status=chance.choice(["answered", "missed"]),
            tags=chance.choice(tags),
        )


def answers(world):
    """Whoever was handed over says how it was: at the instant at which sales accepts, around it, later, or without ever having been."""
    chance = world.chance
    told = [(int(who["uid"].removeprefix("crm-")), accepted) for who, accepted in world.hand_offs]
    told += [(chance.choice(PEOPLE), None) for _ in range(20)]
    for number, (person, accepted) in enumerate(told):
        at = datetime.fromisoformat(accepted).astimezone(UTC) if accepted else world.at()
        for turn in range(chance.choice([1, 2, 3, 4])):
            later = chance.choice([beside(world, at), at + timedelta(seconds=chance.randrange(90 * 86400)), at - timedelta(days=chance.randrange(20))])
            world.say(
                "survey_response",
                id=f"handed-{number}-{turn}",
                kind=chance.choice(["csat", "csat", "csat", "nps"]),
                at=text(min(LATEST, later)),
                respondent=identity(chance.choice(["crm", "discourse"]), person),
                score=world.some(0.9, chance.randrange(1, 6)),
                channel=chance.choice(["hand_off", "hand_off", "hand_off", "onboarding", None]),
            )


def reads(world):
    """Threads of the first months, read when they were answered, 365 days later, and again 30 days after that."""
    chance = world.chance
    for number in range(100):
        asker, channel, thread = chance.choice([*PEOPLE, *TEAM]), chance.choice(["c-forum", "c-chat"]), f"old-{number}"
        asked = midnight(chance.randrange(100)) + timedelta(seconds=chance.randrange(86400))
        answered = asked + timedelta(seconds=chance.choice([0, 60, chance.randrange(90 * 86400)]))
        spoken = {"channel": channel, "thread": thread}
        opening = chance.choice(["question:asked", "question:asked", "forum:topic:opened"])
        actor = identity("discourse", asker)
        world.say("activity", id=f"{thread}-opened", activity=opening, at=text(asked), actor=actor, title="Export", text="Export fails.", **spoken)
        for turn in range(chance.choice([0, 1, 1, 2])):
            at = answered + timedelta(days=turn * chance.randrange(200))
            deleted = world.some(world.deletions, text(world.at(at, 300)))
            who = world.person() if turn else identity("discourse", chance.choice([*PEOPLE, asker, BOT]))
            world.say(
                "activity", id=f"{thread}-{turn}", activity="question:answered", at=text(at), actor=who, text="So it works.", deleted_at=deleted, **spoken
            )
        for turn in range(chance.randrange(5)):
            reader = chance.choice([*PEOPLE, asker])
            at = beside(world, answered + chance.choice([timedelta(0), YEAR, YEAR, YEAR - MONTH, timedelta(days=chance.randrange(500))]))
            for again in range(chance.choice([1, 2, 3]) if at < LATEST else 0):
                actor = identity("discourse", reader)
                world.say("activity", id=f"{thread}-read-{turn}-{again}", activity="forum:topic:read", at=text(at), actor=actor, **spoken)
                at = min(LATEST, beside(world, at + chance.choice([MONTH, MONTH, timedelta(days=chance.randrange(60))])))
