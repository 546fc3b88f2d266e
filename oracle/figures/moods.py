"""The mood of what members wrote (S82)."""

from figures.everybodys_layers import STANDING
from figures.register import column, ratio, share

READ = "sentiment in ('positive', 'neutral', 'negative')"


def texts(db, question, which=READ):
    """What to read from, and the column to break down by. What members say in calls and elsewhere weighs nothing, and counts here."""
    db.execute("create or replace table written as select * from act where not is_bot and not is_teammate")
    if "layer" not in question.names:
        return f"period join written on day >= s and day < e and {which}"
    # Where somebody stands on a day, whatever they did on it.
    db.execute("create or replace table judged as select distinct day from written")
    db.execute(STANDING)
    db.execute("""create or replace table layered as
                  select distinct w.member, w.day, coalesce(s.layer, '(none)') as layer
                  from written w left join standing s on s.member = w.member and s.day = w.day""")
    return f"period join written on day >= s and day < e and {which} join layered using (member, day)"


@share("sentiment_share", by=("channel", "layer", "mood"))
def sentiment_share(db, question):
    """Of the words that could be read; by mood, the share of each in all words."""
    every = texts(db, question, "sentiment is not null")
    if question.by == "mood":
        return f"""with said as (select i, {column(question, mood="sentiment")} count(*) as numerator from {every} group by all)
                   select *, sum(numerator) over (partition by {", ".join(["i", *question.where])}) as denominator from said"""
    return f"""select i, {column(question)} count_if(sentiment = 'positive') as numerator, count_if(sentiment <> 'unknown') as denominator
               from {every} group by all"""


@ratio("net_sentiment", by=("channel", "layer"))
def net_sentiment(db, question):
    return f"""select i, {column(question)}
                      count_if(sentiment = 'positive') - count_if(sentiment = 'negative') as numerator,
                      count(*) as denominator
               from {texts(db, question)} group by all"""
