"""Trailing windows of complete local days (S73, S74, S77, S80)."""

from figures.register import column, kpi, ratio, share


def active_within(days, question):
    """SQL for the members active in the window that ends with the period's last complete day."""
    return f"""select i, {column(question)} count(distinct member) as value
               from period join counted on day > l - {days} and day <= l group by all"""


@kpi("daily_active_members", by=("source",))
def daily_active_members(db, question):
    return f"select i, {column(question)} count(distinct member) as value from period join counted on day = greatest(s, l) group by all"


@kpi("weekly_active_members", by=("source",))
def weekly_active_members(db, question):
    return active_within(7, question)


@kpi("monthly_active_members", by=("source",))
def monthly_active_members(db, question):
    return active_within(30, question)


@share("stickiness_members")
def stickiness_members(db, question):
    return """select i, count(*) / 30.0 as numerator, count(distinct member) as denominator
              from period join member_day on day > l - 30 and day <= l group by i"""


@ratio("active_days_per_member")
def active_days_per_member(db, question):
    return """select i, count(*) as numerator, count(distinct member) as denominator
              from period join member_day on day > l - 30 and day <= l group by i"""


@ratio("channels_per_member")
def channels_per_member(db, question):
    return """select i, count(distinct (member, channel_id)) as numerator, count(distinct member) as denominator
              from period join counted on day > l - 30 and day <= l group by i"""
