"""Use of the product: who uses it, how much of it, and who uses it beside the community (S27, S43, S73; decision record 34)."""

from figures.prepared import prepared
from figures.register import kpi, share

USE = """
create or replace table product_use as
select known.member, instant_of(body->>'$.at') as used_at, day_of(body->>'$.at') as day, body->>'$.feature' as feature, body->>'$.milestone' as milestone
from known join member using (member)
where kind = 'product_event' and instant_of(body->>'$.at') <= as_of and is_bot = 0 and not is_teammate(known.member, day_of(body->>'$.at'));

create or replace table sign_up as
select known.member, min(instant_of(body->>'$.signup_at')) as signed_up_at, min(day_of(body->>'$.signup_at')) as day
from known join member using (member)
where kind = 'product_user' and instant_of(body->>'$.signup_at') <= as_of and is_bot = 0 group by known.member
having not is_teammate(known.member, min(day_of(body->>'$.signup_at')))"""

# Who used the product in the 30 complete days up to the period's last one, and whether they took part in the community in 90.
USERS = """
    users as (
        select i, member, exists (select 1 from member_day d where d.member = u.member and d.day > l - 90 and d.day <= l) as takes_part
        from (select distinct i, l, member from period join product_use on day > l - 30 and day <= l where not is_teammate(member, cut)) u)"""


@kpi("daily_active_product_users")
def daily_active_product_users(db, question):
    prepared(db, USE)
    return "select i, count(distinct member) as value from period join product_use on day = greatest(s, l) group by i"


@kpi("community_product_users")
def community_product_users(db, question):
    prepared(db, USE)
    return f"with {USERS} select i, count(*) as value from users where takes_part group by i"


@share("community_product_user_share")
def community_product_user_share(db, question):
    prepared(db, USE)
    return f"with {USERS} select i, count_if(takes_part) as numerator, count(*) as denominator from users group by i"


@share("feature_breadth")
def feature_breadth(db, question):
    prepared(db, USE)
    return """
        select i, count(distinct (member, feature)) filter (feature is not null) as numerator,
               count(distinct member) * (select count(distinct feature) from product_use) as denominator
        from period join product_use on day > l - 30 and day <= l where not is_teammate(member, cut) group by i"""


@share("activation_rate")
def activation_rate(db, question):
    prepared(db, USE)
    return """
        with named as (
            select body->>'$.milestone' as milestone, min(instant_of(body->>'$.at')) as named_at from known
            where kind = 'product_event' and body->>'$.milestone' is not null and instant_of(body->>'$.at') <= as_of group by all),
        reached as (select member, milestone, min(used_at) as first_at from product_use where milestone is not null group by all),
        judged as (
            select p.member, p.day, count(*) as asked, count_if(first_at <= signed_up_at + interval 14 days) as had
            from sign_up p join named n on named_at <= signed_up_at + interval 14 days
                 left join reached r on r.member = p.member and r.milestone = n.milestone
            where signed_up_at + interval 14 days < (select as_of from moment) group by all)
        select i, count_if(had = asked) as numerator, count(*) as denominator from period join judged on day >= s and day < e group by i"""
