"""Likes, shares and comments (S75, S76)."""

from figures.register import column, kpi, scaled

# What members gave: not to themselves, and not what was taken back.
GIVEN = """
    given as (select * from counted a where (is_like or is_share or is_comment) and not exists (
        select 1 from activity p where p.stem = a.parent and p.member = a.member)
        and not exists (select 1 from known k where k.kind = 'content' and k.body->>'$.id' = a.piece and k.member = a.member))"""


def counts(kind, counted):
    """A figure that counts in the period what was given of a kind."""

    def make(db, question):
        return f"""with {GIVEN} select i, {column(question)} {counted} as value
                   from period join given on day >= s and day < e where is_{kind} group by all"""

    return make


for one in ("like", "share", "comment"):
    kpi(f"{one}s", by=("channel",))(counts(one, "count(*)"))
    kpi(f"{one}_actors", by=("channel",))(counts(one, "count(distinct member)"))


# Responses to pieces of content whose impressions are known, in the channel of the piece; not those of the author.
ON_CONTENT = """
    shown as (
        select body->>'$.id' as piece, day_of(body->>'$.published_at') as day, body->>'$.channel' as channel, cast(body->>'$.impressions' as bigint) as impressions
        from known where kind = 'content' and body->>'$.impressions' is not null and instant_of(body->>'$.published_at') <= as_of),
    place as (select piece, coalesce(min(channel), '(none)') as channel from shown group by piece),
    response as (
        select c.day, place.channel from counted c join place using (piece)
        where (is_like or is_share or is_comment) and not exists (
            select 1 from known k where k.kind = 'content' and k.body->>'$.id' = c.piece and k.member = c.member))"""


@scaled("content_engagement_rate", ("channel",), 100.0)
def content_engagement_rate(db, question):
    dimension = ", channel" if question.names else ""
    return f"""with {ON_CONTENT},
        gave as (select i, {column(question)} count(*) as n from period join response on day >= s and day < e group by all),
        seen as (select i, {column(question, channel="coalesce(channel, '(none)')")} sum(impressions) as n from period join shown on day >= s and day < e group by all)
        select i{dimension}, gave.n as numerator, seen.n as denominator
        from gave full join seen using (i{dimension})"""
