"""Questions that had been answered before they were asked; which these are is a fact, and no text is compared (decision record 45)."""

from figures.questions import with_threads
from figures.register import share

# Members' questions of any weight, and what is known to have been looked for.
ASKED = """
    looked_for as (
        select replace(lower(body->>'$.question'), '-', '') as activity_id, body->>'$.earlier' as earlier
        from known where kind = 'duplicate' and instant_of(body->>'$.at') <= as_of),
    asked as (
        select day, exists (select 1 from looked_for l where l.activity_id = opening.activity_id and earlier is not null) as is_asked_again
        from opening where is_question and not is_teammate and not is_bot)"""


@share("duplicate_questions")
def duplicate_questions(db, question):
    """Not measured where nobody ever looked for earlier questions."""
    with_threads(db)
    return f"""
        with {ASKED}
        select i, count_if(is_asked_again) as numerator, count(*) as denominator
        from period join asked on day >= s and day < e where exists (select 1 from looked_for) group by i"""
