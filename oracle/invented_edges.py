"""What happens on edges in an invented record: before deals, and in the flywheel of champions."""

from datetime import timedelta

from invented_world import CAMPAIGNS, FIRST, LOST, WEBSITES, day, identity, midnight, text


def touches(world):
    """What a contact of a deal did at its beginning, at its close and 180 days before, a second earlier and later, and several things at once."""
    chance = world.chance
    for number, created, closed, person in world.deals:
        edges = [created, closed, closed - timedelta(days=180), closed - timedelta(days=7)]
        for place, edge in enumerate(edges):
            at = edge + timedelta(seconds=chance.choice([-1, 0, 0, 1]))
            for kind in chance.sample(["visit", "call", "activity", "lead"], chance.randrange(1, 5)):
                touch(world, kind, f"edge-{number}-{place}", text(at), person)


def touch(world, kind, name, at, person):
    chance = world.chance
    campaign = world.some(0.6, chance.choice(CAMPAIGNS))
    if kind == "visit":
        utm = {"source": chance.choice(WEBSITES), "campaign": campaign or "spring", **({"content": "one"} if chance.random() < 0.5 else {})}
        world.say("visit", id=name, visitor=f"e-{person}", at=at, identity=world.some(0.4, identity("discourse", person)), utm=world.some(0.8, utm))
    elif kind == "call":
        world.say(
            "call",
            id=name,
            called_at=at,
            direction=chance.choice(["inbound", "inbound", "outbound"]),
            kind=chance.choice(["sales", "support"]),
            caller=identity("phone", person),
            call_source=world.some(0.6, chance.choice(WEBSITES)),
            campaign=campaign,
            status=chance.choice(["answered", "missed"]),
            talk_seconds=60,
        )
    elif kind == "activity":
        world.say("activity", id=name, activity="forum:post:replied", at=at, actor=identity("discourse", person), channel="c-forum", campaign=campaign)
    elif chance.random() < 0.5:
        world.say("consent", id=name, identity=identity("crm", person), kind="hand_off", at=at)
    else:
        world.say("signal", id=name, at=at, member=identity("crm", person), kind="explicit", quote="We want it.")


# Champions who come every other day, fall silent, and are asked why.
SILENT = range(40, 48)
# Those who give champions their role.
BUILDERS = ("Bea", "Buzz")


def champions(world):
    chance = world.chance
    for person in SILENT:
        start = chance.randrange(60)
        silent = start + chance.randrange(230, 300)
        by = (*BUILDERS, None)[person % 3]
        world.say("role", identity=identity("crm", person), role="champion", by=by, **{"from": day(start)})
        for number in range(start, silent, 2):
            speak(world, person, number)
        turn = silent + 31
        while turn < silent + 200:
            turn = outreach(world, person, turn)
            for number in range(turn, turn + chance.randrange(60), 2):
                speak(world, person, number)
                turn = number + 32


def speak(world, person, number):
    """A message at the day's first instant, its last, or any other."""
    at = midnight(number) + timedelta(seconds=world.chance.choice([0, -1, world.chance.randrange(86000)]))
    world.say("activity", id=f"rhythm-{person}-{number}", activity="chat:message:sent", at=text(at), actor=identity("discourse", person), channel="c-chat")


def outreach(world, person, number):
    """Somebody gets in touch, and hears why; the number of the day on which it is settled."""
    chance = world.chance
    at = midnight(number) + timedelta(hours=chance.randrange(24))
    who, name = identity("crm", person), f"{person}-{number}"
    world.say("push", id=f"check-{name}", at=text(at), kind="outreach", channel="mail", subjects=[who])
    at += timedelta(days=chance.randrange(1, 20))
    outcome = chance.choice(["busy", "no_reply", "false_alarm", "concern", "concern"])
    until = (at + timedelta(days=30)).date().isoformat() if outcome == "busy" else None
    reason = chance.choice(["feedback", "politics", "job_change"]) if outcome == "concern" else None
    step = {"flywheel": "champion_health", "step": "contacted"}
    world.say("task", id=f"asked-{name}", kind="check_in", identity=who, outcome=outcome, done_at=text(at), reason=reason, until=until, state="done", **step)
    if outcome != "concern":
        return number + 30
    at += timedelta(days=chance.randrange(40))
    told = at + timedelta(days=chance.randrange(5))
    fields = {"kind": "concern", "state": "planned", "text": "It fails."}
    asked_at = midnight(number - 1)
    world.say(
        "feedback", id=f"concern-{name}", at=text(asked_at), author=identity("discourse", person), decided_at=text(at), communicated_at=text(told), **fields
    )
    return (told.date() - FIRST).days


def losses(world):
    """Champions who fall silent for good and lose the role, about 60 days later or at any time; some keep another."""
    chance = world.chance
    for person in LOST:
        start = chance.randrange(60)
        silent = start + chance.randrange(230, 300)
        for number in range(start, silent, 2):
            speak(world, person, number)
        end = silent + chance.choice([58, 59, 60, chance.randrange(20, 200), chance.randrange(60, 120)])
        who, by = identity("discourse", person), world.some(0.8, chance.choice(BUILDERS))
        world.say("role", identity=who, role="champion", by=by, **{"from": day(start), "to": day(end)})
        if chance.random() < 0.2:
            world.say("role", identity=who, role="deal_champion", organization=world.place(), **{"from": day(end - chance.randrange(2))})
