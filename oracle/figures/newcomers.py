"""What becomes of those who sign up to the product (S28, S42, S45)."""

from collections import defaultdict
from datetime import timedelta

from figures.members_in_product import with_product
from figures.questions import with_threads
from figures.register import fetch, kpi, share
from figures.survival import medians

# Sign-ups with the first counted activity, and the instant at which all milestones were reached.
COHORT = """
create or replace table reached as
with n as (select count(distinct milestone) as n from used where milestone is not null),
first as (select member, milestone, min(used_at) as first_at from used where milestone is not null group by all)
select member, max(first_at) as reached_at from first, n group by member, n having count(*) = any_value(n);

create or replace table sign_up as
select signed_up.*, joined_at, reached_at, as_of from signed_up left join joined using (member) left join reached using (member), moment"""


def cohort(db):
    with_product(db)
    db.execute(COHORT)


def activation(name, condition, since=""):
    """Registers a figure: of sign-ups that meet a condition, how many reached every milestone within fourteen days."""

    @share(name)
    def make(db, question):
        cohort(db)
        return f"""
            select i, count_if(reached_at <= signup_at + interval 14 days {since}) as numerator, count(*) as denominator
            from period join sign_up on day >= s and day < e
            where signup_at + interval 14 days <= as_of and {condition} and exists (select 1 from used where milestone is not null)
            group by i"""


activation("member_activation_rate", "joined_at <= signup_at + interval 14 days")
activation("nonmember_activation_rate", "(joined_at is null or joined_at > signup_at + interval 14 days)")
OPEN = "(reached_at is null or reached_at > signup_at + interval 3 days)"
activation("member_activation_rate_landmark", f"joined_at <= signup_at + interval 3 days and {OPEN}")
activation("nonmember_activation_rate_landmark", f"(joined_at is null or joined_at > signup_at + interval 3 days) and {OPEN}")



@kpi("activation_difference", empty=None)
def activation_difference(db, question):
    cohort(db)
    return """
        with judged as (
            select i, joined_at is not null and joined_at <= signup_at + interval 14 days as is_member,
                   if(reached_at is not null and reached_at <= signup_at + interval 14 days, 100.0, 0.0) as activated
            from period join sign_up on day >= s and day < cut where signup_at + interval 14 days <= as_of
              and exists (select 1 from used where milestone is not null))
        select i, avg(activated) filter (is_member) - avg(activated) filter (not is_member) as value from judged group by i"""


# Newcomers, and the first of a reply to their question, an attendance and a like of theirs.
VALUE = """
create or replace table received as
select o.member, r.occurred_at as got_at from reply r join opening o using (thread) where o.is_question and o.is_counted
union all
select member, occurred_at from counted
where is_like or activity_type in ('event:session:attended', 'webinar:session:attended');

create or replace table newcomer as
select sign_up.*, (select min(got_at) from received r where r.member = sign_up.member and got_at >= joined_at) as value_at
from sign_up where joined_at > signup_at and joined_at <= signup_at + interval 30 days"""


def newcomers(db):
    cohort(db)
    with_threads(db)
    db.execute(VALUE)


@share("newcomer_value_rate")
def newcomer_value_rate(db, question):
    newcomers(db)
    return """
        select i, count_if(value_at <= signup_at + interval 30 days) as numerator, count(*) as denominator
        from period join newcomer on day >= s and day < e where signup_at + interval 30 days <= as_of group by i"""


@kpi("time_to_first_value", empty=None)
def time_to_first_value(db, question):
    newcomers(db)
    return medians(
        fetch(
            db,
            """
        select i, value_at is not null as happened, date_diff('microsecond', joined_at, coalesce(value_at, as_of)) // 1000000 as seconds
        from period join newcomer on local_day(joined_at) >= s and local_day(joined_at) < e""",
        )
    )


@kpi("usage_lift_after_value", empty=None)
def usage_lift_after_value(db, question):
    newcomers(db)
    people = db.execute("""
        select s.member, s.day, date_trunc('week', s.day), coalesce(plan, ''), local_day(got_at),
               coalesce(joined_at > signup_at and joined_at <= signup_at + interval 30 days and got_at <= signup_at + interval 30 days, false)
        from sign_up s left join (select member, min(got_at) as got_at from received group by member) using (member)""").fetchall()
    uses = defaultdict(list)
    for member, day, feature in db.execute("select distinct member, day, feature from used where feature is not null").fetchall():
        uses[member].append((day, feature))
    features = len({feature for rows in uses.values() for _, feature in rows})
    lifts = {}
    for member, _, week, plan, valued_on, is_newcomer in people:
        if not is_newcomer or valued_on + MONTH > question.today:
            continue
        alike = [
            other
            for other, signed_on, *group, got_on, _ in people
            if group == [week, plan] and signed_on <= valued_on and (got_on is None or got_on > valued_on)
        ]
        around = {one: breadth(uses[one], valued_on) for one in {member, *alike}}
        quarter = quarters({one: before for one, (before, _) in around.items()})
        peers = [around[one][1] for one in around if one != member and quarter[one] == quarter[member]]
        if peers:
            lifts[member] = valued_on, 100 * (around[member][1] - sum(peers) / len(peers)) / features
    rows = []
    for place, (start, end) in enumerate(question.periods()):
        inside = [lift for valued_on, lift in lifts.values() if start <= valued_on < end]
        if inside:
            rows.append({"i": place, "value": sum(inside) / len(inside), "denominator": len(inside)})
    return rows


MONTH = timedelta(days=30)


def breadth(uses, day):
    """Feature days in the 30 days before a day, and how many more features were used in the 30 from it on."""
    before = [feature for used_on, feature in uses if day - MONTH <= used_on < day]
    after = {feature for used_on, feature in uses if day <= used_on < day + MONTH}
    return len(before), len(after) - len(set(before))


def quarters(amounts):
    """In which quarter each is, by the share of the others that is less."""
    others = max(1, len(amounts) - 1)
    return {one: min(3, 4 * sum(less < amount for less in amounts.values()) // others) for one, amount in amounts.items()}
