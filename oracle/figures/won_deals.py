"""How long it takes from a qualified lead to a deal that is won, and how much those deals are worth."""

from figures.deals import WITH_ORIGIN, with_deals
from figures.leads import HAND_OFFS
from figures.register import column, fetch, kpi, ratio
from figures.survival import medians

# Qualified leads with the first deal that was won after it, by a deal's contacts or the organization.
LEADS = """
    lead_deal as (
        select h.fact_id, qualified_at, returned_at, (
            select min(closed_at) from deal where won and closed_at >= qualified_at and (
                deal.organization = h.organization
                or exists (select 1 from contact c where c.fact_id = deal.fact_id and c.member = h.member))) as won_at
        from hand_off h where qualified_at is not null)"""


@kpi("lead_cycle_time", empty=None)
def lead_cycle_time(db, question):
    """A lead that was returned is watched until then, unless a deal was won for all that."""
    with_deals(db)
    db.execute(HAND_OFFS)
    return medians(
        fetch(
            db,
            f"""
        with {LEADS}
        select i, won_at is not null as happened,
               date_diff('microsecond', qualified_at, coalesce(won_at, if(returned_at is not null, greatest(qualified_at, returned_at), null), as_of)) // 1000000 as seconds
        from period join lead_deal on local_day(qualified_at) >= s and local_day(qualified_at) < e, moment""",
        )
    )


@ratio("won_deal_amount", by=("origin", "currency"))
def won_deal_amount(db, question):
    """Each currency on its own, whatever is asked for."""
    with_deals(db)
    return f"""
        with {WITH_ORIGIN}
        select i, {column(question, ("currency",))} currency, sum(amount) as numerator, count(*) as denominator from period join judged on day >= s and day < e
        where won and amount is not null group by all"""
