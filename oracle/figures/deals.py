"""Deals in which the community had a part (S29, S38; decision record 34)."""

from currencies import tell
from figures.employers import AT_WORK
from figures.prepared import prepared
from figures.register import column, fetch, kpi, share, with_value
from figures.roles import held
from figures.workplaces import worked

DEALS = """
create or replace table deal as
select source || '/' || (body->>'$.id') as deal, body->>'$.id' as id, source, fact_id, body->>'$.organization' as organization,
       instant_of(body->>'$.created_at') as created_at, instant_of(body->>'$.closed_at') as closed_at, day_of(body->>'$.closed_at') as day,
       cast(body->>'$.won' as boolean) as won, cast(body->>'$.amount' as bigint) as amount, coalesce(body->>'$.currency', '(none)') as currency,
       body->>'$.primary_campaign' as primary_campaign
from known where kind = 'deal' and instant_of(body->>'$.created_at') <= as_of and instant_of(body->>'$.closed_at') <= as_of;

create or replace table contact as
select distinct fact_id, member from deal join fact_person using (fact_id) join identity using (identity_id) where field = 'contacts';"""

# Won deals with the first tier that fits.
TIERED = f"""
    {AT_WORK.strip()},
    sent as (
        select member, organization, instant_of(body->>'$.sent_at') as sent_at
        from known where kind = 'hand_off' and body->>'$.sent_at' is not null),
    tiered as (
        select deal.*, case
            when exists (
                select 1 from sent where sent_at < created_at and (
                    sent.organization = deal.organization
                    or exists (select 1 from contact c where c.fact_id = deal.fact_id and c.member = sent.member))) then 'sourced'
            when exists (
                select 1 from contact c join counted a using (member) where c.fact_id = deal.fact_id
                  and a.occurred_at < closed_at and a.occurred_at >= closed_at - interval 180 days) then 'influenced'
            when exists (select 1 from at_work w join counted a using (member, day)
                         where w.organization_id = deal.organization and a.occurred_at < closed_at) then 'associated' end as tier
        from deal where won)"""


def with_deals(db):
    """Makes the tables `deal`, its amounts in the reporting currency, and `contact`."""
    if prepared(db, DEALS):
        tell(db, "deal")


def closed(db):
    """Makes what `TIERED` is made from."""
    with_deals(db)
    worked(db)


@kpi("deals_closed_from_members", by=("tier",))
def deals_closed_from_members(db, question):
    closed(db)
    return f"""with {TIERED} select i, {column(question)} count(*) as value from period join tiered on day >= s and day < e
               where tier is not null group by all"""


@kpi("deals_closed_from_members_value", by=("tier", "currency"), empty=None)
def deals_closed_from_members_value(db, question):
    closed(db)
    return f"""with {TIERED} select i, {column(question, ("currency",))} currency, sum(amount) as value from period join tiered on day >= s and day < e
               where tier is not null group by all"""


@share("deals_from_members_share")
def deals_from_members_share(db, question):
    closed(db)
    return f"""with {TIERED} select i, count(tier) as numerator, count(*) as denominator from period join tiered on day >= s and day < e group by i"""


CHAMPIONS = """
    champion as (
        select deal.fact_id, r.member, from_at, to_at from deal join held_role r on role = 'deal_champion'
          and if(r.deal is null, r.organization = deal.organization, r.deal = deal.id))"""


@share("champion_win_rate")
def champion_win_rate(db, question):
    with_deals(db)
    held(db)
    return f"""with {CHAMPIONS},
        judged as (select *, created_at + (closed_at - created_at) / 2 as middle from deal where won is not null)
        select i, count_if(won) as numerator, count(*) as denominator from period join judged on day >= s and day < e
        where exists (select 1 from champion c where c.fact_id = judged.fact_id and from_at <= middle and (to_at is null or to_at > middle)
                      and not is_teammate(c.member, judged.day))
        group by i"""


@share("deals_with_champion")
def deals_with_champion(db, question):
    with_deals(db)
    held(db)
    return f"""with {CHAMPIONS},
        acts as (
            select member, occurred_at as acted_at from counted where activity_type in ('champion:internal_advocacy:done', 'champion:intro:made')
            union all
            select member, called_at from call where kind = 'sales' and status = 'answered')
        select i, count_if(exists (
                   select 1 from champion c join acts using (member) where c.fact_id = deal.fact_id and acted_at >= created_at and acted_at < closed_at
                     and acted_at >= from_at and (to_at is null or acted_at < to_at))) as numerator,
               count(*) as denominator
        from period join deal on day >= s and day < e where won group by i"""


# Deals that were known, open ones too.
ALL_DEALS = """
    every_deal as (
        select fact_id, source, body->>'$.id' as id, body->>'$.organization' as organization, instant_of(body->>'$.created_at') as created_at,
               instant_of(body->>'$.closed_at') as closed_at
        from known where kind = 'deal' and instant_of(body->>'$.created_at') <= as_of)"""

OF_DEAL = "role = 'deal_champion' and if(r.deal is null, r.organization = d.organization, r.deal = d.id)"


# Deals that ended, and whether one of their contacts or somebody of the organization had been handed over before they were opened.
WITH_ORIGIN = """
    sent as (
        select member, organization, instant_of(body->>'$.sent_at') as sent_at
        from known where kind = 'hand_off' and body->>'$.sent_at' is not null),
    judged as (
        select deal.*, if(exists (
            select 1 from sent where sent_at < created_at and (
                sent.organization = deal.organization
                or exists (select 1 from contact c where c.fact_id = deal.fact_id and c.member = sent.member))), 'community', 'other') as origin
        from deal where won is not null)"""


@kpi("deal_win_rate", by=("origin",), empty=None)
def deal_win_rate(db, question):
    with_deals(db)
    rows = fetch(
        db,
        f"""with {WITH_ORIGIN}
            select i, {column(question)} count_if(won) as numerator, count(*) as denominator from period join judged on day >= s and day < e group by all""",
    )
    return [with_value(row, 100.0) for row in rows]


@kpi("deals_open_by_champions", by=("champions",))
def deals_open_by_champions(db, question):
    held(db)
    return f"""with {ALL_DEALS},
        counted_champions as (
            select i, fact_id, (
                select count(distinct r.member) from held_role r where {OF_DEAL} and r.from_at < midnight(cut)
                  and (r.to_at is null or r.to_at >= midnight(cut)) and not is_teammate(r.member, cut)) as n
            from period join every_deal d on created_at < midnight(cut) and (closed_at is null or closed_at >= midnight(cut))),
        named as (select i, case n when 0 then 'none' when 1 then 'one' else 'two or more' end as champions from counted_champions)
        select i, {column(question)} count(*) as value from named group by all"""


@kpi("deal_champions_lost", by=("organization",))
def deal_champions_lost(db, question):
    held(db)
    return f"""with {ALL_DEALS},
        lost as (
            select distinct to_day as day, r.member, to_at, coalesce(o.name, '(none)') as organization
            from held_role r left join organization o on o.organization_id = r.organization, moment
            where to_at <= as_of and not is_teammate(r.member, to_day)
              and exists (select 1 from every_deal d where {OF_DEAL} and created_at <= to_at and (closed_at is null or closed_at > to_at)))
        select i, {column(question)} count(*) as value from period join lost on day >= s and day < e group by all"""
