"""Invents a record in which everything happens often, on edges too: `invent.py [--seed N] > FILE`.

The demo tells a story, so it has few deals and hand-offs; here sixty people do everything at random, and much of it at midnight, at once, or in
the wrong order. Lines of interchange for `axle import`; equal for equal seeds.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta

from invented_accounts import accounts, lessons, teaching
from invented_addresses import author, contact, domain_of, stated
from invented_contacts import answers, complaints, contacts, reads
from invented_content import content, helped, limits, named, topics
from invented_edges import champions, losses, touches
from invented_twice import elsewhere, newcomers, twice
from invented_world import BOT, CAMPAIGNS, PEOPLE, PLACES, TEAM, WEBSITES, World, day, identity, text

TYPES = {
    "chat:message:sent": 30,
    "forum:topic:opened": 8,
    "forum:post:replied": 20,
    "question:asked": 8,
    "question:answered": 15,
    "chat:reaction:added": 15,
    "social:post:liked": 6,
    "forum:post:saved": 2,
    "social:post:shared": 4,
    "story:testimonial:given": 3,
    "talk:given": 2,
    "event:session:attended": 8,
    "webinar:session:attended": 4,
    "newsletter:issue:read": 6,
    "article:published": 2,
    "discord:space:joined": 3,
    "champion:internal_advocacy:done": 6,
    "champion:intro:made": 3,
    "referral:sent": 3,
    "mention:brand": 2,
    "forum:topic:read": 5,
}
WORDS = (
    "How can I use the API token with the export?",
    "Thanks, that works great.",
    "The export is broken again.",
    "Single sign-on fails.",
    "Here is how we do it.",
)


def people(world):
    chance = world.chance
    for person in PEOPLE:
        accounts = [identity(platform, person) for platform in ("discourse", "crm", "phone")]
        world.say("link", identities=accounts + ([identity("product", person)] if person % 3 else []), verified=True)
        for number in range(chance.choice([0, 1, 1, 2])):
            start = chance.randrange(-200, 400)
            end = world.some(0.4, day(start + chance.randrange(1, 300)))
            world.say(
                "affiliation", identity=accounts[1], organization=f"org-{(person + 3 * number) % len(PLACES)}", **{"from": day(start), "to": end}, origin="crm"
            )
        stated(world, person)
        if person in TEAM:
            start = chance.choice([0, -100, chance.randrange(300)])
            end = world.some(0.3, day(start + chance.randrange(30, 300)))
            department = world.some(0.8, chance.choice(["support", "sales", "product"]))
            world.say("teammate", identity=accounts[0], **{"from": day(start), "to": end}, department=department)
    world.say("person", identity=identity("discourse", BOT), bot=True)
    for place in PLACES:
        key = {"from": day(chance.randrange(300)), "to": world.some(0.3, day(chance.randrange(300, 600))), "owner": "Buzz"}
        since = world.some(0.4, day(chance.randrange(200)))
        churned = world.some(0.3, day(chance.randrange(250, 500))) if since else None
        key_account, domains = world.some(0.7, key), [domain_of(place)]
        world.say("organization", id=f"org-{place}", name=f"Place {place}", domains=domains, key_account=key_account, customer_since=since, churned_at=churned)
    for role, count in {"champion": 25, "deal_champion": 50, "key_member": 15, "advocate": 6, "influencer": 4}.items():
        for number in range(count):
            start = world.at()
            end = world.some(0.5, world.when(start, 300))
            deal = world.some(0.5, number) if role == "deal_champion" else None
            place = f"org-{number % len(PLACES)}" if role in ("deal_champion", "key_member") else None
            place = world.some(0.7, place) if deal else place
            world.say(
                "role",
                identity=world.person("crm"),
                role=role,
                organization=place,
                deal=f"deal-{deal}" if deal else None,
                **{"from": world.some(0.5, text(start)) or start.date().isoformat(), "to": end},
            )


def activities(world):
    chance = world.chance
    for name, kind, ownership in (("c-chat", "chat", "owned"), ("c-forum", "forum", "owned"), ("c-far", "social", "external")):
        world.say("channel", id=name, name=name, kind=kind, ownership=ownership, is_qa=name == "c-forum")
    for number in range(5000):
        activity = chance.choices(list(TYPES), list(TYPES.values()))[0]
        channel = "c-chat" if activity.startswith("chat") else "c-far" if activity.startswith(("social", "mention")) else "c-forum"
        person = min(chance.randrange(60), chance.randrange(60)) if number % 5 else chance.choice(TEAM)
        at = world.at()
        parent, thread, title = None, None, None
        if activity in ("forum:topic:opened", "question:asked"):
            thread, title = f"t-{number}", chance.choice(WORDS)
            world.posts.append((f"a-{number}", thread, at))
        elif activity in ("forum:post:replied", "question:answered", "chat:reaction:added") and world.posts:
            parent, thread, asked_at = chance.choice(world.posts)
            at = max(at, asked_at) if number % 7 else asked_at + timedelta(seconds=chance.randrange(100000))
            if activity == "forum:post:replied":
                world.posts.append((f"a-{number}", thread, at))
        world.say(
            "activity",
            id=f"a-{number}",
            activity=activity,
            at=text(at),
            actor=author(number, person, at),
            channel=channel,
            thread=thread,
            parent=parent,
            title=title,
            text=chance.choice(WORDS),
            campaign=world.some(0.05, chance.choice(CAMPAIGNS)),
            deleted_at=world.some(world.deletions, text(world.at(at, 100))),
            counterparts=world.some(0.1, [world.person()]),
        )


def sales(world):
    chance = world.chance
    for number in range(60):
        created = world.at()
        closed = world.at(created, 200)
        is_closed = chance.random() < 0.8
        contacts = [{"identity": contact(number, world.person("crm")), "role": "user"} for _ in range(chance.choice([0, 1, 1, 2, 3]))]
        if contacts and is_closed:
            world.deals.append((number, created, closed, int(contacts[-1]["identity"]["uid"].removeprefix("crm-"))))
        world.say(
            "deal",
            id=f"deal-{number}",
            organization=f"org-{number % len(PLACES)}",
            amount=world.some(0.9, chance.randrange(1000, 999999)),
            currency=chance.choice(["EUR", "EUR", "USD"]),
            created_at=world.some(0.8, text(created)) or created.date().isoformat(),
            closed_at=(world.some(0.8, text(closed)) or closed.date().isoformat()) if is_closed else None,
            won=chance.random() < 0.7 if is_closed else None,
            contacts=contacts,
            motion=chance.choice(["high_touch", "self_serve"]),
            primary_campaign=world.some(0.3, chance.choice(CAMPAIGNS)),
        )
    for number in range(50):
        qualified = world.at()
        sent = world.at(qualified, 30)
        opened, told, accepted, returned = (world.some(0.7, text(world.at(sent, 20))) for _ in range(4))
        person = world.person("crm")
        world.hand_offs.append((person, accepted))
        world.say(
            "hand_off",
            id=f"hand-off-{number}",
            identity=person,
            organization=world.some(0.6, world.place()),
            flywheel="community_qualified_leads",
            qualified_at=text(qualified),
            sent_at=world.some(0.85, text(sent)),
            opened_at=opened,
            told_at=told,
            accepted_at=accepted,
            returned_at=world.some(0.3, returned),
            complete=world.some(0.9, chance.random() < 0.7),
        )
        at = world.at()
        world.say(
            "consent",
            id=f"consent-{number}",
            identity=world.person("crm"),
            kind=chance.choice(["hand_off", "contact", "contact"]),
            at=text(at),
            revoked_at=world.some(0.3, text(world.at(at))),
        )
        world.say(
            "signal", id=f"signal-{number}", at=text(world.at()), member=world.person("crm"), kind=chance.choice(["explicit", "inferred"]), quote="We want it."
        )
    for number in range(400):
        at = world.at()
        status = chance.choice(["answered", "answered", "missed", "abandoned", "voicemail"])
        score, scored = (chance.randrange(1, 6), text(world.at(at, 3))) if status == "answered" and chance.random() < 0.6 else (None, None)
        world.say(
            "call",
            id=f"call-{number}",
            called_at=text(at),
            direction=chance.choice(["inbound", "outbound"]),
            kind=chance.choice(["sales", "support", "other"]),
            caller=world.some(0.9, world.person("phone")),
            agent=chance.choice(["Ann", "Bob"]),
            call_source=world.some(0.6, chance.choice(WEBSITES)),
            campaign=world.some(0.4, chance.choice(CAMPAIGNS)),
            status=status,
            ring_seconds=chance.randrange(40),
            talk_seconds=chance.randrange(900),
            score=score,
            scored_at=scored,
            conversion=world.some(0.5, chance.random() < 0.5),
        )
    for number in range(150):
        world.say(
            "ticket",
            id=f"ticket-{number}",
            opened_at=text(world.at()),
            requester=world.person("crm"),
            organization=world.some(0.7, world.place()),
            subject=chance.choice(WORDS),
            level=chance.choice(["low", "normal", "high"]),
            topics=chance.sample(["api token", "single sign-on", "export", "billing"], chance.randrange(3)),
            csat=world.some(0.5, chance.randrange(1, 6)),
        )


def customers(world):
    chance = world.chance
    for number in range(25):
        start = chance.randrange(400)
        length = chance.randrange(20, 400)
        dues = [start + 90 * turn for turn in range(1, 5)]
        renewals = [{"due_at": day(due), **({"renewed_at": day(due + chance.randrange(-20, 40))} if chance.random() < 0.7 else {})} for due in dues]
        whose = {"organization": world.place()} if number % 3 else {"customer": world.person("crm")}
        world.say(
            "subscription",
            id=f"sub-{number}",
            **whose,
            started_at=day(start),
            ended_at=world.some(0.4, day(start + length)),
            renewals=world.some(0.8, renewals),
            mrr=5000,
            currency="EUR",
        )
    for number in range(150):
        sent = world.at()
        accepted = world.some(0.6, world.at(sent, 45))
        world.say(
            "invite",
            id=f"invite-{number}",
            inviter=world.person("crm"),
            recipient=f"r-{chance.randrange(110)}",
            sent_at=text(sent),
            accepted_at=text(accepted) if accepted else None,
            accepted_by=world.some(0.9, world.person("crm")) if accepted else None,
            kind=chance.choice(["member", "member", "customer", "sales_intro"]),
            purchased_at=world.some(0.3, text(world.at(sent, 90))),
        )
    for number in range(120):
        at = world.at()
        decided = world.some(0.5, world.at(at, 120))
        state = chance.choice(["planned", "declined", "shipped"]) if decided else "open"
        world.say(
            "feedback",
            id=f"fb-{number}",
            at=text(at),
            author=world.person("discourse"),
            kind=chance.choice(["bug", "request", "praise", "concern"]),
            topic=world.some(0.8, chance.choice(["export", "tokens"])),
            text=chance.choice(WORDS),
            state=state,
            decided_at=text(decided) if decided else None,
            shipped_item=f"ship-{chance.randrange(30)}" if state == "shipped" else None,
            communicated_at=world.some(0.6, text(world.at(decided or at, 60))),
        )
    for number in range(30):
        world.say("shipped_item", id=f"ship-{number}", shipped_at=world.when(), feedback=world.some(0.5, [f"fb-{chance.randrange(120)}"]))
        world.say(
            "survey_response",
            id=f"survey-{number}",
            kind=chance.choice(["nps", "csat"]),
            at=text(world.at()),
            respondent=world.person("crm"),
            score=chance.randrange(1, 6),
        )


def product(world):
    chance = world.chance
    # A milestone that comes late: some of those who sign up since then reach it.
    since = datetime(2025, 2, 1, tzinfo=UTC)
    for person in PEOPLE[:52]:
        signed_up = world.at()
        user = identity("product", person)
        world.say("product_user", user=user, signup_at=world.some(0.8, text(signed_up)) or signed_up.date().isoformat(), plan="free")
        for number in range(chance.choice([0, 3, 10, 60])):
            at = world.at(signed_up, 40) if chance.random() < 0.5 else world.at()
            world.say(
                "product_event",
                id=f"pe-{person}-{number}",
                user=user,
                at=text(at),
                name=chance.choice(["opened", "ran"]),
                feature=world.some(0.6, f"feature-{chance.randrange(6)}"),
                milestone=world.some(0.4, chance.choice(["created", "connected", "invited"])),
            )
        if signed_up >= since and person % 3:
            at = text(signed_up + timedelta(days=person % 20))
            world.say("product_event", id=f"pe-{person}-late", user=user, at=at, name="shared", milestone="shared")
        for number in range(chance.choice([0, 2, 4])):
            world.say(
                "signpost",
                id=f"sp-{person}-{number}",
                signpost=chance.choice(["menu", "mail"]),
                kind=chance.choice(["shown", "clicked"]),
                at=text(world.at(signed_up, 60)),
                user=user,
            )


def marketing(world):
    chance = world.chance
    for number in range(900):
        person = chance.randrange(80)
        at = world.at()
        for turn in range(chance.choice([1, 1, 2, 3])):
            utm = {
                "source": chance.choice(WEBSITES),
                "medium": "mail",
                "campaign": chance.choice(CAMPAIGNS),
                **({"content": chance.choice(["one", "two"])} if number % 3 else {}),
            }
            world.say(
                "visit",
                id=f"visit-{number}-{turn}",
                visitor=f"v-{person}",
                at=text(at),
                identity=identity("discourse", person) if person < 60 and chance.random() < 0.3 else None,
                referrer=world.some(0.4, chance.choice(["https://search.example/", "https://app.place.example/"])),
                utm=world.some(0.3, utm),
                click_id=world.some(0.1, "click"),
                landing=chance.choice(["/", "/pricing", "/docs/how/to", None]),
                app_link=world.some(0.1, True),
                bot=world.some(0.03, True),
            )
            at += timedelta(seconds=chance.choice([60, 1799, 1800, 1801, 4000]))
    for number in range(60):
        team = chance.random() < 0.5
        world.say(
            "content",
            id=f"content-{number}",
            published_at=world.when(),
            kind="article",
            title=f"Piece {number}",
            channel=chance.choice(["blog", "social"]),
            campaign=world.some(0.6, chance.choice(CAMPAIGNS)),
            author=world.some(0.7, world.person()),
            by_team=team,
            impressions=world.some(0.8, chance.randrange(50, 5000)),
        )
        cost = {"program": f"programme-{number % 4}"} if number % 2 else {"campaign": chance.choice(CAMPAIGNS), "channel": chance.choice(["blog", "social"])}
        world.say(
            "cost",
            id=f"cost-{number}",
            at=world.when(),
            amount=world.some(0.8, chance.randrange(100, 90000)),
            currency=chance.choice(["EUR", "EUR", "USD"]),
            hours=world.some(0.5, chance.randrange(1, 30)),
            **cost,
        )
    for number in range(200):
        words = chance.choice(["Acme is great", "I like BOLT", "bolt and acme together", "Somebody named us", "acmesque #ad Acme", "unbolted"])
        world.say(
            "mention",
            id=f"mention-{number}",
            at=text(world.at()),
            channel=chance.choice(["reddit", "news"]),
            author=world.some(0.9, world.person()),
            text=words,
            paid=world.some(0.1, True),
            repost_of=world.some(0.05, f"mention-{chance.randrange(200)}"),
            reach=chance.randrange(1000),
        )
        subjects = [world.person("discourse") for _ in range(chance.choice([1, 1, 3]))]
        kind = chance.choice(["content", "event", "campaign", "outreach", "team_answer", "invitation", "cs_touch", "signpost"])
        world.say(
            "push",
            id=f"push-{number}",
            at=text(world.at()),
            kind=kind,
            channel=chance.choice(["blog", "mail"]),
            subjects=subjects,
            campaign=world.some(0.3, chance.choice(CAMPAIGNS)),
        )
    world.say("brand", name="Acme", own=True, terms=["acme"], **{"from": day(0)})
    world.say("brand", name="Bolt", own=False, terms=["bolt"], **{"from": day(60), "to": day(500)})
    for number in range(4):
        world.say(
            "program", id=f"programme-{number}", name=f"Programme {number}", kind="beta", starts_at=world.when(), last_session_at=world.some(0.8, world.when())
        )
        for _ in range(8):
            world.say("enrollment", program=f"programme-{number}", identity=world.person(), state=chance.choice(["enrolled", "left"]), at=text(world.at()))
    for number, (name, amount) in enumerate([("gross_margin", 80), ("gross_margin", 72.5), ("cost_per_ticket", 2400), ("cost_per_ticket", 3100)]):
        world.say(
            "assumption",
            id=f"assumption-{number}",
            name=name,
            at=day(40 + 150 * (number % 2)),
            amount=amount,
            currency="EUR" if name == "cost_per_ticket" else None,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deletions", type=float, default=0, help="share of activities that are deleted")
    arguments = parser.parse_args()
    world = World(arguments.seed, arguments.deletions, sys.stdout)
    parts = (people, activities, sales, customers, product, marketing, touches, champions, accounts, lessons, contacts, complaints, answers, reads, teaching)
    for part in (*parts, content, topics, named, limits, helped, twice, newcomers, losses, elsewhere):
        part(world)


if __name__ == "__main__":
    main()
