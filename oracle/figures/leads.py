"""Leads, their hand-off to sales, and what follows (S21 to S25, S85)."""

from figures.flywheels import runs
from figures.register import fetch, kpi, share
from figures.survival import medians

HAND_OFFS = """
create or replace table hand_off as
select k.fact_id, k.member, k.organization, by_then(body->>'$.qualified_at', as_of) as qualified_at, by_then(body->>'$.sent_at', as_of) as sent_at,
       by_then(body->>'$.accepted_at', as_of) as accepted_at, by_then(body->>'$.returned_at', as_of) as returned_at
from known k where kind = 'hand_off'"""


@kpi("qualified_leads")
def qualified_leads(db, question):
    db.execute(HAND_OFFS)
    return """
        select i, count(*) as value from period join hand_off h on local_day(qualified_at) >= s and local_day(qualified_at) < e
        where not exists (
            select 1 from hand_off b
            where b.member = h.member and b.organization is not distinct from h.organization
              and (b.qualified_at, b.fact_id) < (h.qualified_at, h.fact_id)
              and h.qualified_at < greatest(b.qualified_at, if(b.returned_at <= h.qualified_at, b.returned_at, null)) + interval 90 days)
        group by i"""


@share("lead_precision")
def lead_precision(db, question):
    db.execute(HAND_OFFS)
    return """
        select i, count_if(accepted_at is not null and (returned_at is null or accepted_at <= returned_at)) as numerator, count(*) as denominator
        from period join hand_off on local_day(sent_at) >= s and local_day(sent_at) < e
        where accepted_at is not null or returned_at is not null group by i"""


@kpi("qualified_to_handed_off", empty=None)
def qualified_to_handed_off(db, question):
    db.execute(HAND_OFFS)
    return medians(
        fetch(
            db,
            """
        select i, sent_at is not null as happened,
               date_diff('microsecond', qualified_at, coalesce(sent_at, (select as_of from moment))) // 1000000 as seconds
        from period join hand_off on local_day(qualified_at) >= s and local_day(qualified_at) < e""",
        )
    )


@kpi("lead_time_gain", empty=None)
def lead_time_gain(db, question):
    runs(db)
    return """
        with signal as (
            select * from (select k.member, body->>'$.kind' as kind, instant_of(body->>'$.at') as said_at from known k join member using (member)
                           where k.kind = 'signal' and is_bot = 0)
            where said_at <= (select as_of from moment) and not is_teammate(member, local_day(said_at))),
        spoken as (select body->>'$.id' as id from known where kind = 'signal' and coalesce(body->>'$.kind', 'explicit') = 'explicit'),
        counted_up as (
            select member, entered_at as said_at from stay
            where flywheel = 'community_qualified_leads' and step = 'signals_need' and how <> 'implied' and not is_teammate(member, local_day(entered_at))
              and exists (select 1 from every_evidence e where e.run_id = stay.run_id and e.step = stay.step and e.kind = 'signal'
                          and e.evidence_id not in (select id from spoken))),
        guess as (
            select member, min(said_at) as guessed_at
            from (select member, said_at from signal where kind = 'inferred' union all select member, said_at from counted_up) group by member),
        sure as (
            select member, said_at from signal where coalesce(kind, 'explicit') = 'explicit'
            union all
            select n.member, instant_of(k.body->>'$.created_at') from known k join fact_person p using (fact_id)
            join identity n on n.identity_id = p.identity_id
            where k.kind = 'deal' and p.field = 'contacts' and instant_of(k.body->>'$.created_at') <= k.as_of),
        gain as (select member, guessed_at, min(said_at) as sure_at from guess join sure using (member) where said_at > guessed_at group by all)
        select i, median(date_diff('microsecond', guessed_at, sure_at) // 1000000) as value
        from period join gain on local_day(sure_at) >= s and local_day(sure_at) < e group by i"""


@share("story_rate")
def story_rate(db, question):
    db.execute(HAND_OFFS)
    return """
        with deal as (select organization, instant_of(body->>'$.closed_at') as won_at from known
                      where kind = 'deal' and cast(body->>'$.won' as boolean) and instant_of(body->>'$.closed_at') <= as_of),
        won as (select h.organization, min(won_at) as won_at from hand_off h join deal using (organization) where won_at > h.sent_at group by all),
        story as (
            select w.*, local_day(won_at) as day, exists (
                select 1 from act a where a.activity_type in ('story:testimonial:given', 'talk:given') and a.occurred_at >= won_at
                  and a.occurred_at <= won_at + interval 180 days
                  and (a.organization_id = w.organization or exists (
                       select 1 from hand_off h where h.organization = w.organization and h.member = a.member and h.sent_at < won_at))) as told
            from won w where won_at + interval 180 days <= (select as_of from moment))
        select i, count_if(told) as numerator, count(*) as denominator from period join story on day >= s and day < e group by i"""


@share("referred_purchase_share")
def referred_purchase_share(db, question):
    return """
        with invite as (
            select body->>'$.id' as id, n.member as accepter, body->>'$.kind' as kind, by_then(body->>'$.accepted_at', as_of) as accepted_at,
                   by_then(body->>'$.purchased_at', as_of) as purchased_at
            from known k left join fact_person p on p.fact_id = k.fact_id and field = 'accepted_by'
            left join identity n on n.identity_id = p.identity_id where k.kind = 'invite'),
        bought as (
            select organization as buyer, instant_of(body->>'$.closed_at') as bought_at from known
            where kind = 'deal' and cast(body->>'$.won' as boolean) and instant_of(body->>'$.closed_at') <= as_of
            union all
            select 'member ' || member, instant_of(body->>'$.started_at') from known
            where kind = 'subscription' and organization is null and instant_of(body->>'$.started_at') <= as_of),
        heard as (
            select 'member ' || accepter as buyer, accepted_at from invite where accepted_at is not null and kind in ('customer', 'sales_intro')
            union all
            select w.organization_id, accepted_at from invite join accepted_at_work w on w.invite_id = invite.id
            where accepted_at is not null and kind in ('customer', 'sales_intro')),
        own as (
            select purchased_at, accepter from invite v where purchased_at is not null and accepter is not null and not exists (
                select 1 from bought b where abs(date_diff('second', b.bought_at, purchased_at)) <= 30 * 86400
                  and (b.buyer = 'member ' || accepter or b.buyer in (select organization_id from accepted_at_work w where w.invite_id = v.id)))),
        purchase as (
            select bought_at, exists (select 1 from heard h where h.buyer = bought.buyer and h.accepted_at < bought_at)
                or exists (select 1 from invite v where abs(date_diff('second', v.purchased_at, bought_at)) <= 30 * 86400
                           and (bought.buyer = 'member ' || accepter or bought.buyer in (select organization_id from accepted_at_work w where w.invite_id = v.id)))
                   as is_referred from bought
            union all select purchased_at, true from own)
        select i, count_if(is_referred) as numerator, count(*) as denominator
        from period join purchase on local_day(bought_at) >= s and local_day(bought_at) < e group by i"""
