"""Whether investing in the community comes round (S95)."""

from figures.deals import DEALS
from figures.prepared import prepared
from figures.register import fetch, share

INVEST = """
    with program as (select body->>'$.id' as id, day_of(body->>'$.starts_at') as day from known where kind = 'program'),
    booked as (
        select body->>'$.program' as id, day_of(body->>'$.at') as day from known
        where kind = 'cost' and instant_of(body->>'$.at') <= as_of and (body->>'$.amount' is not null or body->>'$.hours' is not null))
    select i, 'invest' as gauge, count_if(exists (
               select 1 from booked where booked.id = program.id and booked.day >= s and booked.day < e)) as numerator, count(*) as denominator
    from period join program on program.day < cut group by i"""

UNDERSTAND = """
    select i, 'understand' as gauge, count_if(weight >= 1) as numerator, count(*) as denominator
    from period join act on day >= s and day < e where not is_product and not is_bot group by i"""

IMPACT = """
    select i, 'impact' as gauge, count_if(exists (
               select 1 from contact join counted using (member) where contact.fact_id = deal.fact_id and occurred_at < closed_at)) as numerator,
           count(*) as denominator
    from period join deal on day >= s and day < e where won group by i"""


# When each of the twelve kinds of data began (decision record 48).
BEGINNINGS = {
    "call": "called_at",
    "content": "published_at",
    "cost": "at",
    "deal": "created_at",
    "feedback": "at",
    "mention": "at",
    "product_user": "signup_at",
    "invite": "sent_at",
    "subscription": "started_at",
    "survey_response": "at",
    "ticket": "opened_at",
    "visit": "at",
}
MEASURE = (
    """
    with begun as (
        select kind, min(day_of(body->>('$.' || case kind """
    + " ".join(f"when '{kind}' then '{field}'" for kind, field in BEGINNINGS.items())
    + """ end))) as since
        from known where kind in ('"""
    + "', '".join(BEGINNINGS)
    + """') group by kind)
    select i, 'measure' as gauge, count(kind) as numerator, 12 as denominator from period left join begun on since < cut group by i"""
)


@share("investment_loop", by=("gauge",))
def investment_loop(db, question):
    prepared(db, DEALS)
    return [row for part in (INVEST, UNDERSTAND, MEASURE, IMPACT) for row in fetch(db, part)]
