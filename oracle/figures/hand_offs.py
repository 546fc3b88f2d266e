"""Leads that are handed over to sales, and what they say of it (S23; decision record 34)."""

from figures.register import share

SENT = """
    sent as (
        select *, instant_of(body->>'$.sent_at') as sent_at, day_of(body->>'$.sent_at') as day
        from known where kind = 'hand_off' and instant_of(body->>'$.sent_at') <= as_of)"""


@share("hand_off_acceptance")
def hand_off_acceptance(db, question):
    return f"""with {SENT}
        select i, count_if(by_then(body->>'$.accepted_at', as_of) is not null) as numerator, count(*) as denominator
        from period join sent on day >= s and day < e where sent_at + interval 7 days < as_of group by i"""


@share("hand_off_completeness")
def hand_off_completeness(db, question):
    return f"""with {SENT}
        select i, count_if(coalesce(cast(body->>'$.complete' as boolean), false) and by_then(body->>'$.opened_at', as_of) is not null
                           and by_then(body->>'$.told_at', as_of) is not null) as numerator, count(*) as denominator
        from period join sent on day >= s and day < e group by i"""


@share("hand_off_satisfaction")
def hand_off_satisfaction(db, question):
    return """
        with answer as (
            select k.member, instant_of(body->>'$.at') as said_at, day_of(body->>'$.at') as day, cast(body->>'$.score' as double) as score, as_of
            from known k join member using (member)
            where kind = 'survey_response' and body->>'$.kind' = 'csat' and body->>'$.channel' = 'hand_off' and is_bot = 0),
        accepted as (select member, instant_of(body->>'$.accepted_at') as accepted_at from known where kind = 'hand_off'),
        said as (
            select * from answer where score is not null and said_at <= as_of and not is_teammate(member, day)
              and exists (select 1 from accepted h where h.member = answer.member and accepted_at <= said_at))
        select i, count_if(score >= 4) as numerator, count(*) as denominator from period join said on day >= s and day < e group by i"""
