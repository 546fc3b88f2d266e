"""How many colleagues come to use the product after champions spoke for it inside their organizations."""

from figures.members_in_product import with_product
from figures.prepared import prepared
from figures.register import ratio
from figures.roles import ROLES

# A session is a day, with the organizations that its champion spoke for when it began; each colleague goes by the first that reached them.
TAUGHT = """
    spoke as (
        select member, day, min(occurred_at) as held_at from counted where activity_type = 'champion:internal_advocacy:done' group by all),
    session as (
        select distinct spoke.member as champion, day, held_at, r.organization
        from spoke join held_role r on r.member = spoke.member and held_at >= from_at and (to_at is null or held_at < to_at), moment
        where r.role in ('champion', 'deal_champion', 'key_member') and r.organization is not null and held_at + interval 30 days <= as_of),
    reached as (
        select champion, u.member, min(session.day) as day
        from session join signed_up u on u.organization = session.organization and u.member <> champion
          and u.signup_at >= held_at and u.signup_at < held_at + interval 30 days
        group by all),
    teaching as (select distinct i, s, e, champion from period join session on day >= s and day < e)"""


@ratio("taught_users_per_champion")
def taught_users_per_champion(db, question):
    prepared(db, ROLES)
    with_product(db)
    return f"""
        with {TAUGHT},
        each as (
            select i, (select count(*) from reached r where r.champion = teaching.champion and r.day >= s and r.day < e) as users
            from teaching)
        select i, sum(users) as numerator, count(*) as denominator from each group by i"""
