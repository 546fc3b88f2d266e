"""What product, support, marketing and sales want to know (S55, S91 to S94, S112)."""

from figures.questions import with_threads
from figures.register import column, kpi, ratio, share
from figures.workplaces import only_stated, worked


@ratio("ticket_deflection_ratio")
def ticket_deflection_ratio(db, question):
    with_threads(db)
    return """
        select i, (select count(*) from question where day >= s and day < e and any_reply is not null) as numerator,
               (select count(*) from ticket where day >= s and day < e) as denominator
        from period"""


@share("ticket_deflection_share")
def ticket_deflection_share(db, question):
    with_threads(db)
    return """
        with judged as (
            select day, true as is_answered from question where any_reply is not null
            union all
            select day, false from ticket)
        select i, count_if(is_answered) as numerator, count(*) as denominator from period join judged on day >= s and day < e group by i"""


@share("customer_satisfaction", by=("source",))
def customer_satisfaction(db, question):
    return f"""
        with said as (
            select source, day, score from survey where kind = 'csat' and score between 1 and 5 and of_member
            union all
            select source, local_day(solved_at), csat from ticket
            where csat between 1 and 5 and solved_at is not null and not is_bot and not coalesce(is_teammate(member, local_day(solved_at)), false)
              and source not in (select source from survey where kind = 'csat'))
        select i, {column(question)} count_if(score >= 4) as numerator, count(*) as denominator
        from period join said on day >= s and day < e group by all"""


@share("build_with_ratio")
def build_with_ratio(db, question):
    return """
        select i, count_if(exists (
                   select 1 from shipped_for a join feedback f on a.feedback = f.source || ' ' || f.id
                   where f.of_member and a.item = item.source || ' ' || item.id)) as numerator,
               count(*) as denominator
        from period join shipped item on day >= s and day < e group by i"""


@share("feedback_loop_closure", by=("kind", "topic"))
def feedback_loop_closure(db, question):
    by = column(question, kind="coalesce(kind, '(none)')", topic="coalesce(topic, '(none)')")
    return f"""
        select i, {by} count(told_at) as numerator, count(*) as denominator
        from period join thing on day >= s and day < e join member m using (member)
        where m.is_bot = 0 and not is_teammate(member, day) and (decided_at is not null or told_at is not null) group by all"""


# Feedback of members, each thing once.
GIVEN = """
    given as (
        select thing.* replace (coalesce(kind, '(none)') as kind, coalesce(topic, '(none)') as topic)
        from thing join member m using (member) where m.is_bot = 0 and not is_teammate(member, day))"""


@kpi("feedback_given", by=("kind", "topic"))
def feedback_given(db, question):
    return f"""with {GIVEN} select i, {column(question)} count(*) as value from period join given on day >= s and day < e group by all"""


@kpi("feedback_authors", by=("kind", "topic"))
def feedback_authors(db, question):
    return f"""with {GIVEN} select i, {column(question)} count(distinct member) as value from period join given on day >= s and day < e group by all"""


@share("feedback_actioned", by=("kind", "topic"))
def feedback_actioned(db, question):
    return f"""
        with {GIVEN},
        judged as (
            select day, kind, topic, coalesce(told_at <= given_at + interval 90 days, false) and (
                       coalesce(decided_at <= told_at, false) or item is not null or exists (
                           select 1 from shipped join shipped_for a on a.item = source || ' ' || id
                           where list_contains(given.ids, a.feedback) and shipped_at <= given_at + interval 90 days)) as is_actioned
            from given where given_at + interval 90 days <= as_of)
        select i, {column(question)} count_if(is_actioned) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by all"""


@kpi("feedback_account_value", by=("currency",), empty=None)
def feedback_account_value(db, question):
    """Each currency on its own. Somebody works where the surest statement says, of equals the later one."""
    only_stated(db)
    worked(db)
    return f"""
        with {GIVEN},
        said as (select distinct member, day from given),
        at_work as (
            select member, day, arg_min(organization, (rank, doubt, -epoch(coalesce(from_day, date '0001-01-01')), organization)) as organization
            from said join works using (member)
            where coalesce(from_day, day) <= day and (to_day is null or to_day > day) group by all),
        heard as (select distinct i, cut, organization from period join at_work on day >= s and day < cut),
        subscription as (
            select organization, coalesce(body->>'$.currency', '(none)') as currency, cast(body->>'$.mrr' as bigint) as mrr,
                   instant_of(body->>'$.started_at') as started_at, instant_of(body->>'$.ended_at') as ended_at
            from known where kind = 'subscription' and body->>'$.mrr' is not null)
        select i, currency, sum(12 * mrr) as value from heard join subscription using (organization)
        where started_at < midnight(cut) and (ended_at is null or ended_at >= midnight(cut)) group by all"""


@share("community_contributions", by=("source",))
def community_contributions(db, question):
    return f"""
        select i, {column(question)} count_if(not is_teammate) as numerator, count(*) as denominator
        from period join act on day >= s and day < e
        where regexp_matches(activity_type, ':(pull|merge)_request:merged$') and weight >= 1 and not is_bot group by all"""


@kpi("members_elevated")
def members_elevated(db, question):
    return """select i, count(distinct member) as value from period join counted on day >= s and day < e
              where activity_type in ('story:testimonial:given', 'talk:given') group by i"""


@ratio("low_level_tickets_per_100_customers")
def low_level_tickets_per_100_customers(db, question):
    return """
        select i, 100 * (select count(*) from ticket where level = 'low' and day >= s and day < e) as numerator,
               (select count(distinct who) from customer where from_day < cut and (to_day is null or to_day > s))
                 * greatest(0, cut - s) / 7.0 as denominator
        from period"""


# Contacts of sales with who had taken part before: calls, and outreach to them by name, one for each of them.
ASKS = """
    contacted as (
        select 'call' as way, member, called_at as asked_at, day from call where direction = 'outbound' and kind = 'sales'
        union all
        select 'outreach', member, pushed_at, local_day(pushed_at) from (
        select distinct push.fact_id, member.member, pushed_at
        from push join fact_person using (fact_id) join identity on identity.identity_id = fact_person.identity_id
        join member on member.member = identity.member
        where field = 'subjects' and push.kind = 'outreach' and department = 'sales' and is_bot = 0
          and not is_teammate(member.member, local_day(pushed_at)))),
    asks as (
        select * from contacted c where exists (select 1 from counted a where a.member = c.member and a.occurred_at < c.asked_at))"""


# Every word on contacts and hand-offs: a yes when it was given, a no when it was taken back, wherever that was said.
WORDS = """
    one as (
        select member, kind, id, min(given_at) as given_at, min(revoked_at) as revoked_at
        from consent where kind in ('contact', 'hand_off') group by all),
    word as (
        select member, kind, given_at, given_at as said_at, true as is_yes from one where coalesce(revoked_at > given_at, true)
        union all select member, kind, given_at, revoked_at, false from one where revoked_at is not null)"""

# The last word of a kind by the instant of a contact; of a yes and a no at one instant, the no.
LAST_WORD = """coalesce((
    select arg_max(is_yes, (said_at, not is_yes)) from word w
    where w.member = asks.member and w.kind = '{kind}' and w.given_at <= asked_at and w.said_at <= asked_at), false)"""


@kpi("trust_incidents", by=("way",))
def trust_incidents(db, question):
    return f"""
        with {ASKS}, {WORDS},
        judged as (select *, {LAST_WORD.format(kind="contact")} as to_contact, {LAST_WORD.format(kind="hand_off")} as to_hand_off from asks)
        select i, {column(question)} count(*) as value from period join judged on day >= s and day < e
        where not to_contact and not to_hand_off group by all"""


@kpi("opt_outs_after_contact")
def opt_outs_after_contact(db, question):
    return f"""
        with {ASKS},
        revoked as (
            select member, revoked_at, local_day(revoked_at) as day from consent join member using (member), moment
            where kind in ('contact', 'hand_off') and revoked_at <= as_of and is_bot = 0),
        opted_out as (
            select * from revoked r where not is_teammate(r.member, r.day) and exists (
                select 1 from asks where asks.member = r.member and asked_at <= revoked_at and asked_at >= revoked_at - interval 30 days))
        select i, count(distinct member) as value from period join opted_out on day >= s and day < e group by i"""


VALUE = f"""
    with {ASKS},
    gifts as (
        select o.member, r.occurred_at from reply r join opening o using (thread) where o.is_question
        union all
        select member, occurred_at from counted
        where activity_type in ('event:session:attended', 'webinar:session:attended', 'newsletter:issue:read')
        union all
        select identity.member, pushed_at from push join fact_person using (fact_id) join identity on
            identity.identity_id = fact_person.identity_id where field = 'subjects' and push.kind = 'cs_touch'),
    given as (
        select asks.*, (select count(*) from gifts g where g.member = asks.member
                        and g.occurred_at < asked_at and g.occurred_at >= asked_at - interval 90 days) as gifts,
               (select count(*) from asks b where b.member = asks.member
                and b.asked_at <= asks.asked_at and b.asked_at >= asks.asked_at - interval 90 days) as asked
        from asks)"""


@kpi("value_before_ask", empty=None)
def value_before_ask(db, question):
    with_threads(db)
    return f"{VALUE} select i, median(gifts / asked) as value from period join given on day >= s and day < e group by i"


@share("value_before_ask_below_1")
def value_before_ask_below_1(db, question):
    with_threads(db)
    return f"""{VALUE}
        select i, count(distinct member) filter (gifts < asked) as numerator, count(distinct member) as denominator
        from period join given on day >= s and day < e group by i"""


# Pieces with a campaign, and where: pushes, and content that is not a member's.
PIECES = """
    piece as (
        select campaign, channel, pushed_at as shown_at from push where campaign is not null and channel is not null
        union all
        select campaign, channel, published_at from content
        where campaign is not null and channel is not null and not of_member),
    launch as (select campaign, min(shown_at) as launched_at from piece group by campaign)"""


@share("message_coverage", by=("campaign", "channel"))
def message_coverage(db, question):
    return f"""
        with {PIECES},
        planned as (
            select campaign, channel from piece
            union select campaign, channel from cost where campaign is not null and channel is not null),
        judged as (
            select campaign, channel, local_day(launched_at) as day, exists (
                select 1 from piece p where p.campaign = planned.campaign and p.channel = planned.channel
                  and p.shown_at <= launched_at + interval 7 days) as carried
            from planned join launch using (campaign)
            where launched_at + interval 7 days <= (select as_of from moment))
        select i, {column(question)} count_if(carried) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by all"""


@share("message_drift", by=("campaign", "channel"))
def message_drift(db, question):
    return f"""
        with {PIECES},
        begun as (select campaign, channel, min(shown_at) as begun_at from piece group by all),
        judged as (
            select p.campaign, p.channel, local_day(shown_at) as day, exists (
                select 1 from begun b join launch n using (campaign) join launch o on o.campaign = p.campaign
                where b.channel = p.channel and n.launched_at > o.launched_at and b.begun_at < p.shown_at) as is_old
            from (select campaign, channel, published_at as shown_at from content
                  where campaign is not null and channel is not null and not of_member) p)
        select i, {column(question)} count_if(is_old) as numerator, count(*) as denominator
        from period join judged on day >= s and day < e group by all"""
