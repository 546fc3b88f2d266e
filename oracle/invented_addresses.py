"""Addresses of invented accounts: one for good, another from some day on, both beside each other, or one that a profile or a deal names."""

from invented_world import BERLIN, DAYS, PLACES, day, identity

KINDS = 6


def domain_of(place):
    return f"place-{place}.example"


def address(person, turn=0, alias=""):
    """An address at the person's first place, or at a later one."""
    return f"person-{person}{alias}@{domain_of((person + 3 * turn) % len(PLACES))}"


def changes_on(person):
    """The first day of the later address."""
    return day(DAYS // 4 + 37 * person % (DAYS // 2))


def author(number, person, at):
    """The account of a forum as an activity names it: without an address at times."""
    account, kind = identity("discourse", person), person % KINDS
    if kind == 5 or number % 3 == 0:
        return account
    is_later = at.astimezone(BERLIN).date().isoformat() >= changes_on(person) and number % 10 != 1
    # The later one is at another organization, nobody's, or at the same; kinds 0 and 3 name no later one, and the latter none at all by then.
    later = {1: address(person, 1), 2: f"person-{person}@gmail.com", 4: address(person, 0, ".2")}.get(kind)
    if is_later and kind == 3:
        return account
    email = later if is_later and later else address(person)
    return account | {"email": email} | ({"email_verified": True} if (person + is_later) % 4 == 0 else {})


def stated(world, person):
    """What a profile says, without a time."""
    if person % KINDS == 3:
        world.say("person", identity=identity("discourse", person) | {"email": address(person, 1)})


def contact(number, account):
    """A contact of a deal, by one of two addresses at times."""
    person = int(account["uid"].removeprefix("crm-"))
    return account | {"email": address(person, number % 2)} if number % 5 == 0 else account
