"""What came before deals, and what seven models give to it (S111; decision record 35)."""

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise, product

from currencies import told
from figures.deals import with_deals
from figures.prepared import MADE, prepared
from figures.register import fetch, kpi, share

# Touches of deals that were won, each with the day, and when the deal's lead was made.
TOUCHES = """
create or replace table browser_of as
select distinct source, body->>'$.visitor' as visitor, member from known where kind = 'visit' and member is not null;

create or replace table piece_campaign as
select body->>'$.id' as piece, min(body->>'$.campaign') as piece_campaign from known where kind = 'content' group by piece;

create or replace table personal as
select fact_id as which, b.member, 'visit' as touch, instant_of(body->>'$.at') as at_instant, coalesce(body->>'$.utm.source', 'web') as channel,
       coalesce(body->>'$.utm.campaign', piece_campaign) as campaign, body->>'$.utm.content' as content
from known k join browser_of b on b.source = k.source and b.visitor = body->>'$.visitor'
left join piece_campaign on piece = body->>'$.utm.content'
where kind = 'visit' and not coalesce(cast(body->>'$.bot' as boolean), false)
union all
select fact_id, member, 'call', called_at, coalesce(call_source, 'call'), campaign, null from call where direction = 'inbound'
union all
select member, member, 'community', min(occurred_at), channel, coalesce(campaign, piece_campaign) as campaign, piece
from counted left join piece_campaign using (piece)
where activity_type <> 'web:page:visited' group by member, day, channel, counted.campaign, piece_campaign, piece;

create or replace table won_deal as select * from deal where won;

create or replace table touch as
select distinct fact_id, which, touch, at_instant as touched_at, channel, campaign, content
from won_deal join contact using (fact_id) join personal using (member) join member using (member)
where at_instant <= closed_at and at_instant >= closed_at - interval 180 days
  and is_bot = 0 and not is_teammate(member, local_day(at_instant));

create or replace table lead as
with made as (
    select member, called_at as made_at from call where kind = 'sales' and status = 'answered'
    union all
    select member, instant_of(body->>'$.at') from known where kind = 'signal'
    union all
    select member, given_at from consent where kind = 'hand_off')
select fact_id, min(made_at) as made_at from won_deal join contact using (fact_id) join made using (member) where made_at <= closed_at group by fact_id;
"""


def shares(model, touches, deal):
    """What part of a deal each of its touches gets, in their order; the parts sum to 1."""
    count = len(touches)
    if model == "linear":
        return [Fraction(1, count)] * count
    if model == "time_decay":
        weights = [2.0 ** (-(deal["closed_at"] - touch["touched_at"]).total_seconds() / (7 * 86400)) for touch in touches]
        return [weight / sum(weights) for weight in weights]
    first, last = 0, count - 1
    lead, begun = latest(touches, deal["made_at"] or deal["created_at"]), latest(touches, deal["created_at"])
    places, rest = {
        "first": ([(first, 1)], 0),
        "last": ([(last, 1)], 0),
        "u_shape": ([(first, 40), (last, 40)], 20),
        "w_shape": ([(first, 30), (lead, 30), (begun, 30)], 10),
        "full_path": ([(first, 225), (lead, 225), (begun, 225), (last, 225)], 100),
    }[model]
    weights = [Fraction(0)] * count
    for place, weight in places:
        weights[place] += weight
    between = [place for place in range(count) if not weights[place]]
    if rest:
        for place in between:
            weights[place] = Fraction(rest, len(between))
    return [weight / sum(weights) for weight in weights]


MODELS = ("first", "last", "linear", "time_decay", "u_shape", "w_shape", "full_path")


def latest(touches, instant):
    """The place of the last touch up to an instant, of the first where none came before."""
    return max((place for place, touch in enumerate(touches) if touch["touched_at"] <= instant), default=0)


def whole_parts(amount, parts):
    """Whole minor units that add up to the amount: each is the difference of two rounded sums."""
    sums, total = [0], 0
    for part in parts:
        total += part
        sums.append(int(total * amount + Fraction(1, 2)) if isinstance(total, Fraction) else int(total * amount + 0.5))
    return [after - before for before, after in pairwise(sums)]


# Of touches at the same instant calls come first and visits last; what is not named comes after what is.
ORDERED = """
    select fact_id, touched_at, touch, coalesce(channel, '(none)') as channel, coalesce(campaign, '(none)') as campaign, coalesce(content, '(none)') as content
    from touch order by touched_at, touch, nullif(touch.channel, '(none)') nulls last, touch.campaign nulls last, touch.content nulls last"""


def divided(db):
    """Every deal that was won, with what each model gives to each of its touches; once for each moment."""
    moment = db.execute("select as_of, zone from moment").fetchone()
    if MADE.get((id(db), "divided")) != moment:
        with_deals(db)
        prepared(db, TOUCHES)
        deals = {row["fact_id"]: row | {"touches": []} for row in fetch(db, "select d.*, made_at from won_deal d left join lead using (fact_id)")}
        for row in fetch(db, ORDERED):
            deals[row["fact_id"]]["touches"].append(row)
        MADE[id(db), "divided"] = moment
        MADE[id(db), "deals"] = list(deals.values())
    return MADE[id(db), "deals"]


NOTHING = dict.fromkeys(("touch", "channel", "campaign", "content"), "(none)")


def parts_of(deal, model):
    """(touch, minor units) of a deal by a model, worked out once; all of it goes to nothing where nothing touched its contacts."""
    if not deal["touches"]:
        return [(NOTHING, deal["amount"])]
    if model not in deal:
        parts = shares(model, deal["touches"], deal)
        deal[model] = list(zip(deal["touches"], whole_parts(deal["amount"], parts), strict=True))
    return deal[model]


def named(question, touch, kinds):
    """The dimensions of a touch among those of these kinds that are asked for."""
    return tuple(question.says(**{kind: touch[kind] for kind in kinds}).items())


@kpi("attributed_value", by=("model", "currency", "campaign", "content", "channel", "touch"), empty=None)
def attributed_value(db, question):
    sums = defaultdict(int)
    for place, deal in in_periods(question, (deal for deal in divided(db) if deal["amount"] is not None)):
        for model in MODELS:
            for touch, part in parts_of(deal, model):
                sums[place, model, deal["currency"], named(question, touch, NOTHING)] += part
    return [{"i": i, "value": value, "model": model, "currency": currency, **dict(names)} for (i, model, currency, names), value in sums.items()]


def in_periods(question, things):
    """(the period's number, thing) of things with a `day`."""
    periods = question.periods()
    return [(place, thing) for thing in things for place, (start, end) in enumerate(periods) if start <= thing["day"] < end]


MARGIN = """
    select day_of(body->>'$.at') as since, cast(body->>'$.amount' as double) as percent from known
    where kind = 'assumption' and body->>'$.name' = 'gross_margin' order by since, fact_id"""


def margins(db):
    """The margin as a share, of a deal that was won on a day; None before anybody stated one."""
    stated = db.execute(MARGIN).fetchall()
    return lambda day: next((percent / 100 for since, percent in reversed(stated) if since <= day), None)


# What a cost names, and the campaign under which it stands: its own, else that of its piece.
COSTS = """
    select day_of(body->>'$.at') as day, coalesce(body->>'$.currency', '(none)') as currency, body->>'$.campaign' as campaign, body->>'$.content' as content,
           coalesce(body->>'$.campaign', piece_campaign) as stands_under, cast(body->>'$.amount' as bigint) as amount
    from known left join piece_campaign on piece = body->>'$.content' where kind = 'cost' and body->>'$.amount' is not null and instant_of(body->>'$.at') <= as_of"""


def costs_of(db):
    """Costs with an amount, in the reporting currency where there is a rate of their day."""
    return [cost | dict(zip(("amount", "currency"), told(cost["amount"], cost["currency"], cost["day"]), strict=True)) for cost in fetch(db, COSTS)]


@share("campaign_roi", by=("model", "currency", "campaign", "content"))
def campaign_roi(db, question):
    """What costs name has a return: a touch of its campaign or of its piece brings its value in, once."""
    divided(db)
    margin, costs = margins(db), [cost for cost in costs_of(db) if (cost["campaign"] or cost["content"]) and cost["amount"] > 0]
    rows, with_cost = defaultdict(lambda: [0.0, 0]), {(kind, cost[kind]) for cost in costs for kind in ("campaign", "content") if cost[kind]}
    for (place, cost), model in product(in_periods(question, costs), MODELS):
        under = {"campaign": cost["stands_under"] or "(none)", "content": cost["content"] or "(none)"}
        row = rows[place, model, cost["currency"], named(question, under, under)]
        row[0] -= cost["amount"]
        row[1] += cost["amount"]
    for place, deal in in_periods(question, (deal for deal in divided(db) if deal["amount"] is not None and margin(deal["day"]) is not None)):
        for model in MODELS:
            for touch, part in parts_of(deal, model):
                if {("campaign", touch["campaign"]), ("content", touch["content"])} & with_cost:
                    rows[place, model, deal["currency"], named(question, touch, ("campaign", "content"))][0] += part * margin(deal["day"])
    return [
        {"i": i, "numerator": above, "denominator": below, "model": model, "currency": currency, **dict(names)}
        for (i, model, currency, names), (above, below) in rows.items()
    ]
