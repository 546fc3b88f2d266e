"""Whether prospects name us before we do (S81)."""

import json

from figures.mentions import whole
from figures.register import kpi, with_value

LEAST_TALK = 30


def sales_calls(db):
    """Day, whether there is a transcript in which the prospect speaks, and the turns of answered sales calls, with our words of the day."""
    words = db.execute("""
        select body->>'$.name', cast(body->'$.terms' as varchar[]), coalesce(day_of(body->>'$.from'), date '0001-01-01'),
               coalesce(day_of(body->>'$.to'), date '9999-12-31') from known where kind = 'brand' and cast(body->>'$.own' as boolean)""").fetchall()
    rows = db.execute(f"""
        select call.day, body->'$.turns' from call join known using (fact_id)
        where call.kind = 'sales' and call.status = 'answered' and coalesce(cast(body->>'$.talk_seconds' as double), 0) >= {LEAST_TALK}""").fetchall()
    calls = []
    for day, turns in rows:
        turns = sorted(json.loads(turns) if turns else [], key=lambda turn: turn.get("start") or 0)
        terms = [whole(term) for name, terms, start, end in words if start <= day < end for term in [name, *(terms or [])]]
        calls.append((day, any(turn["speaker"] == "prospect" and turn.get("text") for turn in turns), turns, terms))
    return calls


def is_unprompted(turns, terms):
    """Whether the first turn that names us is a prospect's."""
    for turn in turns:
        if any(term.search(turn.get("text") or "") for term in terms):
            return turn["speaker"] == "prospect"
    return False


def without_greeting(turns):
    """The turns but for the first that is not a prospect's."""
    greeting = next((place for place, turn in enumerate(turns) if turn["speaker"] != "prospect"), None)
    return [turn for place, turn in enumerate(turns) if place != greeting]


def rate(name, above, below):
    @kpi(name, empty=None)
    def make(db, question):
        rows, calls = [], sales_calls(db)
        for place, (start, end) in enumerate(question.periods()):
            counted = [call for call in calls if start <= call[0] < end and below(call)]
            if counted:
                rows.append(with_value({"i": place, "numerator": sum(above(call) for call in counted), "denominator": len(counted)}, 100.0))
        return rows


rate("sales_call_transcript_coverage", lambda call: call[1], lambda call: True)
rate("sales_call_brand_mention_rate", lambda call: is_unprompted(call[2], call[3]), lambda call: call[1])
rate("sales_call_brand_mention_rate_greeting_exempt", lambda call: is_unprompted(without_greeting(call[2]), call[3]), lambda call: call[1])
