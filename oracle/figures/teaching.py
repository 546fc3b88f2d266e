"""How many colleagues come to use the product after champions taught them."""

from figures.members_in_product import with_product
from figures.register import ratio
from figures.roles import held

# Each colleague goes by the first session that reached them.
TAUGHT = """
    session as (
        select t.member as champion, day, held_at, organization
        from taught_session t, moment where held_at + interval 30 days <= as_of),
    reached as (
        select champion, u.member, min(session.day) as day
        from session join signed_up u on u.organization = session.organization and u.member <> champion
          and u.signup_at >= held_at and u.signup_at < held_at + interval 30 days
        group by all),
    teaching as (select distinct i, s, e, champion from period join session on day >= s and day < e)"""


@ratio("taught_users_per_champion")
def taught_users_per_champion(db, question):
    held(db)
    with_product(db)
    return f"""
        with {TAUGHT},
        each as (
            select i, (select count(*) from reached r where r.champion = teaching.champion and r.day >= s and r.day < e) as users
            from teaching)
        select i, sum(users) as numerator, count(*) as denominator from each group by i"""
