"""What the community earns and costs (S96; decision record 35)."""

from collections import defaultdict
from dataclasses import replace

from figures.attribution import costs_of, divided, in_periods, margins, parts_of
from figures.deals import TIERED, closed
from figures.deflection import ticket_deflection_saving
from figures.register import kpi, share

ESTIMATES = ("lower", "central", "upper")


def sections(db, question):
    """{(period's number, section, estimate, currency): minor units}; a section that is not measured is not there."""
    sums = defaultdict(float)
    closed(db)
    margin, tiers = margins(db), dict(db.execute(f"with {TIERED} select fact_id, tier from tiered").fetchall()) if divided(db) else {}
    for place, deal in in_periods(question, divided(db)):
        if deal["amount"] is None or margin(deal["day"]) is None:
            continue
        for estimate, part in zip(ESTIMATES, worth(deal, tiers[deal["fact_id"]]), strict=True):
            section = "sourced deals" if tiers[deal["fact_id"]] == "sourced" else "influenced deals"
            sums[place, section, estimate, deal["currency"]] += part * margin(deal["day"])
    saved = ticket_deflection_saving(db, replace(question, by=None, where={}))
    savings = {(row["i"], row["estimate"], row["currency"]): row["value"] for row in saved if row["value"] is not None}
    for place, currency in {(place, currency) for place, _, currency in savings}:
        low, high = (savings.get((place, estimate, currency), 0.0) for estimate in ("low", "high"))
        for estimate, value in zip(ESTIMATES, (low, (low + high) / 2, high), strict=True):
            sums[place, "deflected tickets", estimate, currency] = value
    for place, cost in in_periods(question, costs_of(db)):
        for estimate in ESTIMATES:
            sums[place, "cost", estimate, cost["currency"]] -= cost["amount"]
    return sums


def worth(deal, tier):
    """What of a deal the community is said to have earned: lower, central, upper."""
    if tier == "sourced":
        return (deal["amount"],) * 3
    part = sum(part for touch, part in parts_of(deal, "linear") if touch["touch"] == "community")
    return 0, part, deal["amount"] if tier == "influenced" else 0


@kpi("community_value", by=("section", "estimate", "currency"), empty=None)
def community_value(db, question):
    return [
        {"i": i, "value": value, "section": section, "estimate": estimate, "currency": currency}
        for (i, section, estimate, currency), value in sections(db, question).items()
    ]


@share("community_roi", by=("estimate", "currency"))
def community_roi(db, question):
    earned, spent = defaultdict(float), defaultdict(float)
    for (i, section, estimate, currency), value in sections(db, question).items():
        if section == "cost":
            spent[i, estimate, currency] -= value
        else:
            earned[i, estimate, currency] += value
    return [
        {"i": i, "numerator": earned[i, estimate, currency] - cost, "denominator": cost, "estimate": estimate, "currency": currency}
        for (i, estimate, currency), cost in spent.items()
    ]
