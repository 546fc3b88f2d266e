"""Questions that had been answered before they were asked; which these are is a fact, and no text is compared (decision record 45).
Those of chats without threads are the listed ones, which are told by words (decision record 28)."""

from figures.questions import with_threads
from figures.register import share

# Members' questions of any weight, and what is known to have been looked for.
ASKED = """
    looked_for as (
        select replace(lower(body->>'$.question'), '-', '') as activity_id, body->>'$.earlier' as earlier
        from known where kind = 'duplicate' and instant_of(body->>'$.at') <= as_of),
    asks as (
        select activity_id, day, is_teammate, is_bot from opening
        where is_question and (thread_id is not null or activity_type <> 'chat:message:sent')
        union all
        select activity_id, day, is_teammate, is_bot from act join listed using (activity_id) where activity_type = 'chat:message:sent'),
    asked as (
        select day, max(earlier) is not null as is_asked_again
        from asks join looked_for using (activity_id) where not is_teammate and not is_bot group by activity_id, day)"""


@share("duplicate_questions")
def duplicate_questions(db, question):
    """Of those for which somebody looked for earlier ones."""
    with_threads(db)
    return f"""
        with {ASKED}
        select i, count_if(is_asked_again) as numerator, count(*) as denominator
        from period join asked on day >= s and day < e group by i"""
