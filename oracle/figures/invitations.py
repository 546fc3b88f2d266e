"""Whom members bring, and how long it takes (S83 to S85)."""

from figures.register import fetch, kpi, ratio
from figures.survival import medians

# Invitations of members, and each person once, by the first invitation that they accepted.
INVITATIONS = """
create or replace table begun as select member, min(occurred_at) as joined_at, min(day) as joined_day from counted group by member;

create or replace table invitation as
with dated as (
    select k.fact_id, k.member as inviter, body->>'$.recipient' as recipient, body->>'$.kind' as kind, instant_of(body->>'$.sent_at') as sent_at,
           by_then(body->>'$.accepted_at', as_of) as accepted_at, by_then(body->>'$.purchased_at', as_of) as purchased_at,
           identity.member as accepter, k.is_inviter_bot
    from (select known.*, coalesce(is_bot, 0) = 1 as is_inviter_bot from known left join member using (member)) k
    left join fact_person on fact_person.fact_id = k.fact_id and field = 'accepted_by'
    left join identity on identity.identity_id = fact_person.identity_id
    where k.kind = 'invite')
select d.*, b.joined_at as inviter_joined_at, b.joined_day, local_day(sent_at) as sent_day, local_day(accepted_at) as accepted_day
from dated d left join begun b on b.member = d.inviter
where sent_at <= (select as_of from moment) and not is_inviter_bot and not coalesce(is_teammate(inviter, local_day(sent_at)), false)
  and (accepter is null or accepter <> inviter);

create or replace table acceptance as
with mine as (
    select i.* from invitation i left join begun b on b.member = accepter
    where accepted_at is not null and accepter is not null and inviter_joined_at is not null and sent_at >= inviter_joined_at
      and (b.joined_at is null or b.joined_at >= sent_at)),
ranked as (select *, row_number() over (partition by accepter order by accepted_at, sent_at, fact_id) as place from mine)
select * exclude (place), date_diff('microsecond', inviter_joined_at, sent_at) // 1000000 as until_sent,
       date_diff('microsecond', sent_at, accepted_at) // 1000000 as until_accepted,
       date_diff('microsecond', inviter_joined_at, accepted_at) // 1000000 as whole
from ranked where place = 1"""


def mean_of(expression):
    """A figure that is the mean of seconds over those who accepted in the period."""

    def make(db, question):
        db.execute(INVITATIONS)
        return f"""select i, sum({expression}) as numerator, count(*) as denominator
                   from period join acceptance on accepted_day >= s and accepted_day < e group by i"""

    return make


ratio("time_to_invite")(mean_of("until_sent"))
ratio("time_to_accept")(mean_of("until_accepted"))
ratio("viral_cycle_time")(mean_of("whole"))


@kpi("viral_cycle_time_median", empty=None)
def viral_cycle_time_median(db, question):
    db.execute(INVITATIONS)
    return medians(fetch(db, "select i, true as happened, whole as seconds from period join acceptance on accepted_day >= s and accepted_day < e"))


@kpi("time_to_first_referral", empty=None)
def time_to_first_referral(db, question):
    db.execute(INVITATIONS)
    return medians(
        fetch(
            db,
            """
        with credited as (select *, row_number() over (partition by accepter order by accepted_at, fact_id) as place from invitation
                          where accepted_at is not null),
        first as (select inviter as member, min(accepted_at) as first_at from credited i left join begun b on b.member = accepter
                       where place = 1 and accepter is not null and (b.joined_at is null or b.joined_at >= sent_at) group by all)
        select i, first_at is not null as happened,
               greatest(0, date_diff('microsecond', joined_at, coalesce(first_at, (select as_of from moment))) // 1000000) as seconds
        from period join begun on joined_day >= s and joined_day < e left join first using (member)""",
        )
    )


@ratio("virality_coefficient")
def virality_coefficient(db, question):
    db.execute(INVITATIONS)
    return """
        with cohort as (select * from begun where joined_at + interval 60 days <= (select as_of from moment)),
        sent as (
            select i.*, row_number() over (partition by inviter, recipient order by sent_at, fact_id) as again,
                   coalesce('m' || accepter, 'r' || recipient) as who,
                   row_number() over (partition by coalesce('m' || accepter, 'r' || recipient)
                                      order by accepted_at nulls last, sent_at, fact_id) as place from invitation i),
        won as (select inviter, count(*) as n from sent join begun on begun.member = inviter
                where sent_at >= joined_at and sent_at <= joined_at + interval 30 days and place = 1
                  and accepted_at <= sent_at + interval 30 days group by all)
        select i, sum(coalesce(n, 0)) as numerator, count(*) as denominator
        from period join cohort on cohort.joined_day >= s and cohort.joined_day < e left join won on inviter = cohort.member group by i"""
