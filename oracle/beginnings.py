"""From when on there are facts of the kinds that counts are made of: before, nothing is unknown and not 0 (decision record 81)."""

import re
from datetime import UTC
from pathlib import Path

LINES = Path(__file__).parent.parent / "docs" / "reference" / "interchange.md"

# What each count needs: all of these, and of those parted by `/` any one.
NEEDED = {
    "attributed_value": "deal",
    "calls": "call",
    "champion_feedback": "feedback role",
    "check_in_outcomes": "task",
    "community_product_users": "product_user",
    "daily_active_product_users": "product_event",
    "daily_active_visitors": "visit",
    "deal_champion_active_days": "role",
    "deal_champion_activities": "role",
    "deal_champion_activity_weight": "role",
    "deal_champions": "role",
    "deal_champions_lost": "deal role",
    "deals_closed_from_members": "deal",
    "deals_closed_from_members_value": "deal",
    "deals_open_by_champions": "deal",
    "direct_visits": "visit",
    "first_time_callers": "call",
    "flywheel_bottlenecks": "every_stay",
    "flywheel_energy_passed": "every_stay",
    "flywheel_pushes": "push",
    "flywheel_speed": "every_run",
    "flywheel_time_friction": "every_stay",
    "flywheel_turns": "every_run",
    "flywheel_weight": "every_stay",
    "influencer_advocate_authors": "mention role",
    "influencer_advocate_mentions": "mention role",
    "influencer_advocate_reach": "mention role",
    "key_account_single_thread": "organization role",
    "key_member_funnel": "role push",
    "key_members_active": "organization role",
    "market_mentions": "mention",
    "monthly_active_product_users": "product_event",
    "monthly_active_visitors": "visit",
    "opt_outs_after_contact": "call/push consent",
    "programme_cost": "cost",
    "programme_hours": "cost",
    "qualified_leads": "hand_off",
    "questions_escalated": "ticket product_user/subscription/organization",
    "sales_complaints": "call",
    "ticket_deflection_high": "ticket product_user/subscription/organization",
    "ticket_deflection_low": "ticket product_user/subscription/organization",
    "ticket_deflection_saving": "ticket assumption product_user/subscription/organization",
    "trust_incidents": "call/push",
    "usage_volume": "product_user",
    "user_member_gauge": "product_user",
    "user_member_presence": "product_user",
    "weekly_active_product_users": "product_event",
    "weekly_active_visitors": "visit",
}

# The instants of what is told of flywheels.
TOLD = {"every_run": ("opened_at", "ended_at"), "every_stay": ("entered_at", "due_at", "left_at")}


def is_unknown(db, name, question):
    """Whether a count of nothing in a period, given by its end, says nothing."""
    since = [begin for group in NEEDED.get(name, "").split() if (begin := beginning(db, group, question)) is not None]
    if not since:
        return lambda end: False
    if max(since) > question.as_of.astimezone(UTC).replace(tzinfo=None):
        return lambda end: True
    day = db.execute("select local_day(cast(? as timestamp))", [max(since)]).fetchone()[0]
    return lambda end: end <= day


def beginning(db, group, question):
    """The first instant of any of the kinds that have facts; None where a fact names no instant, or there are none."""
    firsts = [first for kind in group.split("/") if (first := first_of(db, kind, question)) != "none"]
    return None if not firsts or None in firsts else min(firsts)


FIRSTS: dict = {}


def first_of(db, kind, question):
    """The first instant that any fact of a kind names, of facts that come later, too; `"none"` where there are no facts."""
    key = (id(db), kind, question.zone)
    if key not in FIRSTS:
        told = kind in TOLD
        instants = TOLD[kind] if told else [f"instant_of(body->>'$.{name}')" for name in instants_of(kind)]
        first = f"least({', '.join(instants)})"
        table = kind if told else f"(select body from fact where kind = '{kind}')"
        count, dated, earliest = db.execute(f"select count(*), count({first}), min({first}) from {table}").fetchone()
        FIRSTS[key] = "none" if count == 0 else earliest if dated == count else None
    return FIRSTS[key]


def instants_of(kind):
    """The fields of a kind of line that are instants or dates, in the table of the reference."""
    section = LINES.read_text().split(f"\n## `{kind}`\n")[1].split("\n## ")[0]
    return re.findall(r"^\| \**`(\w+)`\** \| (?:instant|when) \|", section, re.MULTILINE)
