"""Whether key accounts pay more and use more than a year before, with champions and without."""

from figures.members_in_product import with_product
from figures.register import column, share
from figures.roles import held

# Accounts that were key a year before a period's end, and whether one of their champions took part in the 90 days up to then.
ACCOUNTS = """
    ends as (select i, cut, least(midnight(e), as_of) as end_at from period, moment where s <= local_day(as_of)),
    bounds as (select *, end_at - interval 365 days as began_at, local_day(end_at - interval 365 days) as began_day from ends),
    stated as (
        select body->>'$.id' as organization, instant_of(body->>'$.key_account.from') as from_at, instant_of(body->>'$.key_account.to') as to_at
        from known where kind = 'organization' and body->>'$.key_account' is not null),
    key_then as (
        select distinct bounds.*, organization from bounds join stated on coalesce(from_at <= began_at, true) and coalesce(to_at > began_at, true)),
    championed as (
        select distinct k.i, k.organization
        from key_then k join held_role r using (organization)
        join member_day d on d.member = r.member and d.day >= began_day - 90 and d.day < began_day
        where role in ('champion', 'deal_champion', 'key_member') and r.from_at <= began_at and (r.to_at is null or r.to_at > began_at)
          and not is_teammate(r.member, began_day)),
    account as (
        select *, if(exists (select 1 from championed c where c.i = key_then.i and c.organization = key_then.organization), 'with', 'without') as champion
        from key_then)"""


@share("account_expansion", by=("champion", "currency"))
def account_expansion(db, question):
    held(db)
    return f"""
        with {ACCOUNTS},
        subscription as (
            select organization, coalesce(body->>'$.currency', '(none)') as currency, cast(body->>'$.mrr' as bigint) as mrr,
                   instant_of(body->>'$.started_at') as started_at, instant_of(body->>'$.ended_at') as ended_at
            from known where kind = 'subscription' and body->>'$.mrr' is not null),
        paid as (
            select i, champion, organization, currency,
                   sum(mrr) filter (started_at <= began_at and (ended_at is null or ended_at > began_at)) as before,
                   coalesce(sum(mrr) filter (started_at < end_at and (ended_at is null or ended_at >= end_at)), 0) as now
            from account join subscription using (organization) group by all)
        select i, {column(question, ("currency",))} currency, sum(now - before) as numerator, sum(before) as denominator from paid where before > 0 group by all"""


@share("account_seats_growth", by=("champion",))
def account_seats_growth(db, question):
    """Where somebody worked on a day is where their use of the product on it is said to be from."""
    held(db)
    with_product(db)
    return f"""
        with {ACCOUNTS},
        worked as (select distinct member, day, organization_id as organization from act where is_product and organization_id is not null),
        seat as (select distinct member, day, organization from used join worked using (member, day)),
        users as (
            select i, champion, organization, count(distinct member) filter (day >= began_day - 30 and day < began_day) as before,
                   count(distinct member) filter (day >= cut - 30 and day < cut) as now
            from account join seat using (organization) group by all)
        select i, {column(question)} sum(now - before) as numerator, sum(before) as denominator from users where before > 0 group by all"""
