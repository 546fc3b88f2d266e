"""Whether investing in the community comes round (S95)."""

from currencies import tell
from figures.attribution import divided, margins
from figures.community_value import worth
from figures.deals import TIERED, closed
from figures.deflection import with_saved
from figures.prepared import prepared
from figures.register import column, fetch, kpi, share

INVEST = """
    with program as (select body->>'$.id' as id, day_of(body->>'$.starts_at') as day from known where kind = 'program'),
    booked as (
        select body->>'$.program' as id, day_of(body->>'$.at') as day from known
        where kind = 'cost' and instant_of(body->>'$.at') <= as_of and (body->>'$.amount' is not null or body->>'$.hours' is not null))
    select i, 'invest' as gauge, count_if(exists (
               select 1 from booked where booked.id = program.id and booked.day >= s and booked.day < e)) as numerator, count(*) as denominator
    from period join program on program.day < cut group by i"""

# Types of what people did on the period's complete days, teammates too.
UNDERSTAND = """
    with type as (
        select i, activity_type, bool_or(weight >= 1) as has_weight
        from period join act on day >= s and day < cut where not is_product and not is_bot group by all)
    select i, 'understand' as gauge, count_if(has_weight) as numerator, count(*) as denominator from type group by i"""

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


def earned(db):
    """`(section, day, minor units by the central estimate)` of deals and of tickets that the community may have saved."""
    margin, rows = margins(db), []
    closed(db)
    tiers = dict(db.execute(f"with {TIERED} select fact_id, tier from tiered").fetchall()) if divided(db) else {}
    for deal in divided(db):
        if deal["amount"] is not None and margin(deal["day"]) is not None:
            tier = tiers[deal["fact_id"]]
            value = worth(deal, tier)[1] * margin(deal["day"])
            rows += [("sourced", deal["day"], value if tier == "sourced" else 0), ("influenced", deal["day"], 0 if tier == "sourced" else value)]
    with_saved(db)
    stated = db.execute("""
        select day_of(body->>'$.at'), cast(body->>'$.amount' as double) from known
        where kind = 'assumption' and body->>'$.name' = 'cost_per_ticket' order by 1""").fetchall()
    for day, estimate in db.execute("select day, estimate from saved").fetchall():
        prices = [amount for since, amount in stated if since <= day]
        rows += [("deflected", day, price if estimate == "low" else price / 2) for price in prices[-1:]]
    return rows


def impact(db, question):
    """Of the sections that were measured by the period's last complete day, how many earned something in it."""
    rows, made = earned(db), []
    for place, (start, end) in enumerate(question.periods()):
        cut = min(end, question.today)
        measured = {section for section, day, _ in rows if day < cut}
        if measured and start <= question.today:
            gained = {section for section, day, value in rows if start <= day < cut and value > 0}
            made.append({"i": place, "gauge": "impact", "numerator": len(gained), "denominator": len(measured)})
    return made


@share("investment_loop", by=("gauge",))
def investment_loop(db, question):
    return [row for part in (INVEST, UNDERSTAND, MEASURE) for row in fetch(db, part)] + impact(db, question)


COSTS = """
create or replace table booked_cost as
select day_of(body->>'$.at') as day, coalesce(body->>'$.program', '(none)') as programme, coalesce(body->>'$.currency', '(none)') as currency,
       cast(body->>'$.amount' as bigint) as amount, cast(body->>'$.hours' as double) as hours
from known where kind = 'cost' and instant_of(body->>'$.at') <= as_of"""


def booked(db, by, what):
    """What costs sum up to in each period, amounts in the reporting currency."""
    if prepared(db, COSTS):
        tell(db, "booked_cost")
    return f"select i, {by} sum({what}) as value from booked_cost join period on day >= s and day < e where {what} is not null group by all"


@kpi("programme_cost", by=("currency", "programme"), empty=None)
def programme_cost(db, question):
    """Each currency on its own, whatever is asked for."""
    return booked(db, f"{column(question, ('currency',))} currency,", "amount")


@kpi("programme_hours", by=("programme",))
def programme_hours(db, question):
    return booked(db, column(question), "hours")
