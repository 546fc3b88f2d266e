"""Likes, shares and comments (S75, S76)."""

from figures.register import column, kpi, share


def acts(kind):
    """SQL for what members gave: not to themselves, and not what was taken back."""
    return f"""
        given as (select * from counted a where is_{kind} and not exists (
            select 1 from activity p where p.stem = a.parent and p.member = a.member))"""


def counts(kind):
    def make(db, question):
        return f"""with {acts(kind)}
            select i, {column(question)} count(*) as value from period join given on day >= s and day < e group by all"""

    return make


def actors(kind):
    def make(db, question):
        return f"""with {acts(kind)}
            select i, {column(question)} count(distinct member) as value
            from period join given on day >= s and day < e group by all"""

    return make


for one in ("like", "share", "comment"):
    kpi(f"{one}s", by=("channel",))(counts(one))
    kpi(f"{one}_actors", by=("channel",))(actors(one))


@share("content_engagement_rate", by=("channel",))
def content_engagement_rate(db, question):
    raise NotImplementedError
