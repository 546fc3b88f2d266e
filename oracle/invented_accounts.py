"""Key accounts of an invented record: what they pay, who speaks for us there, who uses the product, and what they are taught."""

from datetime import timedelta

from invented_world import ALONE, DAYS, PEOPLE, PLACES, QUIET, date_of, day, identity, midnight, text

ACCOUNTS = range(8, 20)
YEAR, WINDOW, QUARTER = 365, 30, 90
ROLES = ("champion", "deal_champion", "key_member")


def accounts(world):
    """Contracts, roles and users begin and end at random, and a year before the beginning of a month."""
    chance = world.chance
    for place in ACCOUNTS:
        start = chance.choice([day(chance.randrange(-300, 150)), date_of(world.month(YEAR))])
        end = world.some(0.3, chance.choice([day(chance.randrange(200, 600)), date_of(world.month(YEAR))]))
        key = {"owner": "Buzz"} | ({"from": start} if chance.random() < 0.8 else {}) | ({"to": end} if end else {})
        world.say("organization", id=f"org-{place}", name=f"Place {place}", key_account=key)
        users(world, place)
    for place in (*PLACES, *ACCOUNTS):
        for currency, share in (("EUR", 0.9), ("USD", 0.4), (None, 0.2)):
            if chance.random() < share:
                contracts(world, place, currency)
        for _ in range(chance.choice([0, 1, 1, 2])):
            speaks_for_us(world, place)
    quiet(world)
    for person in ALONE:
        alone(world, person)
    days(world)


def contracts(world, place, currency):
    """One after the other, each at a price of its own, at times with a gap or two at once."""
    chance = world.chance
    start = chance.choice([midnight(chance.randrange(-300, 100)), world.month(YEAR)])
    count = chance.choice([1, 2, 3])
    for turn in range(count):
        end = max(start + timedelta(days=1), chance.choice([start + timedelta(days=chance.randrange(100, 500)), world.month(YEAR), world.month()]))
        is_over = turn < count - 1 or chance.random() < 0.3
        world.say(
            "subscription",
            id=f"contract-{place}-{currency}-{turn}",
            organization=f"org-{place}",
            started_at=world.dated(start),
            ended_at=world.dated(end) if is_over else None,
            mrr=world.some(0.9, chance.choice([0, 4900, chance.randrange(1000, 900000), chance.randrange(1000, 900000)])),
            currency=currency,
        )
        start = end + timedelta(seconds=chance.choice([0, 0, 1, -1, 20 * 86400, -20 * 86400]))


def speaks_for_us(world, place):
    chance = world.chance
    person, role = chance.choice([*PEOPLE[40:], *QUIET, *QUIET]), chance.choice(ROLES)
    start = chance.choice([midnight(chance.randrange(-60, 200)), world.month(YEAR)])
    end = chance.choice([start + timedelta(days=chance.randrange(1, 400)), world.month(YEAR), world.month()])
    if role == "key_member":
        world.key_members.append(person)
    world.say(
        "role",
        identity=identity("crm", person),
        role=role,
        organization=f"org-{place}",
        deal=world.some(0.3, f"deal-{chance.randrange(60)}") if role == "deal_champion" else None,
        **{"from": world.dated(start), "to": world.dated(end) if end > start and chance.random() < 0.6 else None},
    )


def quiet(world):
    """They take part now and then, on the edges of the 90 days before a year before the beginning of a month; some are teammates by then."""
    chance = world.chance
    for person in QUIET:
        accounts = [identity(platform, person) for platform in ("discourse", "crm")]
        world.say("link", identities=accounts, verified=True)
        for number in range(chance.choice([1, 2, 3, 4])):
            at = max(midnight(0), world.month(YEAR + chance.choice([0, QUARTER, QUARTER, chance.randrange(QUARTER)])))
            world.say("activity", id=f"quiet-{person}-{number}", activity="chat:message:sent", at=text(at), actor=accounts[0], channel="c-chat")
        if chance.random() < 0.3:
            world.say("teammate", identity=accounts[1], **{"from": date_of(world.month(YEAR)), "to": world.some(0.5, date_of(world.month()))})


def alone(world, person):
    """An account with one who speaks for us: on an edge is the role, or all that they did in the 90 days."""
    chance = world.chance
    place, account = f"org-{person}", identity("discourse", person)
    world.say("organization", id=place, name=f"Place {person}", key_account={"from": day(-400)})
    world.say("subscription", id=f"alone-{person}", organization=place, started_at=day(-400), mrr=1000 + person, currency="EUR")
    if person % 2:
        start, end = sorted((world.month(YEAR), chance.choice([world.month(YEAR), world.month()])))
        times = [midnight(number) for number in range(0, 240, 30)]
    else:
        start, end = midnight(-400), None
        times = [max(midnight(0), world.month(YEAR + back)) for back in chance.choice([(0,), (QUARTER,), (0, QUARTER)])]
    end = world.dated(end) if end and end > start else None
    world.say("role", identity=account, role=chance.choice(ROLES), organization=place, **{"from": world.dated(start), "to": end})
    for number, at in enumerate(times):
        world.say("activity", id=f"alone-{person}-{number}", activity="chat:message:sent", at=text(at), actor=account, channel="c-chat")


def days(world):
    """An account that pays by the day, and a visit or two on each, so that it shows what counts of a day that is not over."""
    chance = world.chance
    world.say("organization", id="org-20", name="Place 20", key_account={"owner": "Buzz"})
    world.say("subscription", id="base", organization="org-20", started_at=day(-400), mrr=1000, currency="EUR")
    for number in (*range(DAYS * 3 // 5 - 20, DAYS * 3 // 5 + 20), *range(DAYS, DAYS + 40)):
        start, end = sorted(midnight(number) + timedelta(seconds=chance.randrange(2 * 86400)) for _ in range(2))
        price = {"mrr": 10 + number, "currency": "EUR"}
        world.say("subscription", id=f"day-{number}", organization="org-20", started_at=text(start), ended_at=text(end), **price)
        for back in (0, QUARTER):
            at = midnight(number - back) + timedelta(seconds=chance.randrange(86400))
            world.say("push", id=f"daily-{number}-{back}", at=text(at), kind="cs_touch", subjects=pupils(world))


def users(world, place):
    """Those who use the product there, in the months up to the ends of periods and up to a year before, and on either edge of these."""
    chance = world.chance
    for person in chance.sample(PEOPLE, 9):
        user = identity("product", person)
        start, end = day(chance.randrange(-400, 60)), world.some(0.3, day(chance.randrange(200, 600)))
        world.say("affiliation", identity=user, organization=f"org-{place}", **{"from": start, "to": end}, origin=chance.choice(["crm", "profile"]))
        for number in range(chance.choice([2, 6, 12])):
            back = chance.choice([0, YEAR]) + chance.choice([0, WINDOW, chance.randrange(WINDOW)])
            at = chance.choice([world.month(back), world.month(back), world.at()])
            world.say("product_event", id=f"seat-{place}-{person}-{number}", user=user, at=text(at), name="opened")


def lessons(world):
    """Tutorials and the like, and visits of customer success: people come with two of their accounts, and 90 days before the beginning of a month."""
    chance = world.chance
    for number in range(60):
        start = chance.choice([world.month(), world.month(QUARTER), world.month(chance.randrange(QUARTER)), world.at()])
        kind = chance.choice(["tutorial", "workshop", "training", "meetup", None])
        world.say("event", id=f"lesson-{number}", name=f"Lesson {number}", starts_at=text(start), kind=kind)
        for account in pupils(world):
            at = world.some(0.4, chance.choice([world.month(QUARTER), start + timedelta(seconds=chance.randrange(-86400, 5 * 86400))]))
            state = chance.choice(["attended", "attended", "attended", "registered", "no_show"])
            world.say("attendance", event=f"lesson-{number}", identity=account, state=state, at=text(at) if at else None)
        at = chance.choice([world.month(), world.month(QUARTER), world.month(chance.randrange(QUARTER))])
        world.say("push", id=f"visited-{number}", at=text(at), kind=chance.choice(["cs_touch", "cs_touch", "outreach"]), subjects=pupils(world))


def pupils(world):
    chance = world.chance
    people = chance.sample(world.key_members, 2) + chance.sample(PEOPLE, chance.randrange(3))
    return [identity(platform, person) for person in people for platform in chance.sample(["discourse", "crm"], chance.choice([1, 1, 2]))]


def teaching(world):
    """Key members who teach colleagues, as an event or as a note of customer success, and colleagues who sign up before, within and after 30 days."""
    chance = world.chance
    for number in range(80):
        start, person, place = world.at(), chance.choice(world.key_members), f"org-{chance.randrange(12)}"
        if chance.random() < 0.6:
            kind = chance.choice(["teaching", "training", "teaching", "meetup"])
            world.say("event", id=f"taught-{number}", name=f"Teaching {number}", starts_at=text(start), kind=kind)
            at = world.some(0.4, start + timedelta(seconds=chance.randrange(-86400, 86400)))
            role, state = chance.choice(["host", "speaker", "guest", None]), chance.choice(["attended", "attended", "registered"])
            world.say("attendance", event=f"taught-{number}", identity=identity("crm", person), state=state, role=role, at=text(at) if at else None)
        else:
            outcome = chance.choice(["taught", "taught", "done"])
            world.say("task", id=f"taught-{number}", kind="log_teaching", identity=identity("crm", person), outcome=outcome, state="done", done_at=text(start))
        signed = start + timedelta(days=chance.choice([-1, 0, 5, 29, 30, 31]))
        world.say("product_user", user={"platform": "product", "uid": f"taught-{number}"}, signup_at=text(signed), organization=place)
