"""Leads that are handed over to sales (S23; decision record 34)."""

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
