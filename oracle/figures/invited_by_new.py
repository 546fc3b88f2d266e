"""Invitations by members (S84; decision record 33)."""

from figures.prepared import prepared
from figures.register import ratio, share

# Each recipient of a member once: sent within 30 days of joining, and whether that was accepted within 30 days, to the credit of the first whom they accepted.
INVITED = """
create or replace table invited as
with named as (
    select k.fact_id, k.member as inviter, k.source || ' ' || (body->>'$.recipient') as recipient, instant_of(body->>'$.sent_at') as sent_at,
           by_then(body->>'$.accepted_at', as_of) as accepted_at, acceptor.member as acceptor
    from known k left join fact_person p on p.fact_id = k.fact_id and p.field = 'accepted_by' left join identity acceptor on acceptor.identity_id = p.identity_id
    where kind = 'invite' and instant_of(body->>'$.sent_at') <= as_of),
credited as (
    select *, accepted_at is not null and row_number() over (
        partition by coalesce('m' || acceptor, 'r' || recipient) order by accepted_at nulls last, sent_at, fact_id) = 1 as is_first
    from named where acceptor is distinct from inviter),
joined as (select member, occurred_at as joined_at, day from (
    select *, row_number() over (partition by member order by occurred_at, seq) as place from counted) where place = 1)
select inviter, recipient, bool_or(is_first and accepted_at <= sent_at + interval 30 days) as is_accepted
from credited join joined on member = inviter where sent_at >= joined_at and sent_at <= joined_at + interval 30 days group by all;

create or replace table cohort as
select f.member, f.day, count(invited.recipient) as sent, coalesce(count_if(is_accepted), 0) as accepted
from (select member, min(day) as day, min(occurred_at) as joined_at from counted group by member) f left join invited on inviter = f.member
where joined_at + interval 60 days <= (select as_of from moment) group by all;"""


@ratio("invitations_per_user")
def invitations_per_user(db, question):
    prepared(db, INVITED)
    return "select i, sum(sent) as numerator, count(*) as denominator from period join cohort on day >= s and day < e group by i"


@share("invitation_acceptance_rate")
def invitation_acceptance_rate(db, question):
    prepared(db, INVITED)
    return "select i, sum(accepted) as numerator, sum(sent) as denominator from period join cohort on day >= s and day < e group by i"
