"""Topics of tickets that stand in no title of an answered question (S92)."""

from collections import Counter

from figures.questions import with_threads
from figures.register import fetch, kpi


@kpi("content_gaps", empty=None)
def content_gaps(db, question):
    with_threads(db)
    titles = db.execute("""
        select title from opening o join thread using (thread_id)
        where is_question and title is not null and exists (select 1 from reply r where r.thread = o.thread)""").fetchall()
    known = [title.lower() for (title,) in titles]
    counts = Counter(
        (row["i"], topic)
        for row in fetch(
            db, "select i, cast(body->'$.topics' as varchar[]) as topics from known join ticket using (fact_id) join period on day >= s and day < e"
        )
        for topic in set(row["topics"] or [])
        if not any(topic.lower() in title for title in known)
    )
    ranked = sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    places = Counter()
    rows = []
    for (i, topic), count in ranked:
        places[i] += 1
        if places[i] <= 50:
            rows.append({"i": i, "value": count, "topic": topic, "rank": places[i]})
    return rows
