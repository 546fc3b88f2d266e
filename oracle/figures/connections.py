"""Who met whom (S18, decision record 13)."""

from figures.register import kpi, ratio

GROUP = 50

# Who wrote the first post of a thread: a reply that names none of its posts answers it.
OPENER = """opener as (
    select thread_id, arg_min(identity_id, (occurred_at, only_replies, seq)) as identity_id
    from act where thread_id is not null and posts group by all)"""

# Who takes part in one thread in the same month meets there; asked by day or by week, on the same day or in the same week.
MEETINGS = f"""
create or replace table meeting as
with {OPENER},
done as (select * from act where not is_teammate and not is_bot),
addressed as (
    select member, unnest(counterparts) as identity_id, day from done where counterparts is not null
    union all
    select a.member, parent.identity_id, a.day
    from done a join act parent on parent.stem = a.parent where a.connects is not null
    union all
    select a.member, opener.identity_id, a.day
    from done a join opener using (thread_id)
    where a.connects = 'directly' and not exists (select 1 from act parent where parent.stem = a.parent and parent.thread_id = a.thread_id)),
direct as (
    select distinct addressed.member as a, identity.member as b, date_trunc('SPAN', day) as begins
    from addressed join identity using (identity_id) where not is_teammate(identity.member, day)),
present as (
    select distinct thread_id, date_trunc('SPAN', day) as begins, member
    from done where thread_id is not null and (posts or connects = 'indirectly')),
small as (select thread_id, begins from present group by all having count(*) <= {GROUP}),
indirect as (
    select p.member as a, q.member as b, begins
    from present p join present q using (thread_id, begins) join small using (thread_id, begins) where p.member < q.member)
select distinct least(a, b) as a, greatest(a, b) as b, cast(begins as date) as begins
from (select * from direct union all select * from indirect)
join member ma on ma.member = a join member mb on mb.member = b
where a <> b and ma.is_bot = 0 and mb.is_bot = 0"""


def meetings(db, question):
    """Makes `meeting(a, b, begins)`: the first day of the month, or of the week or the day."""
    db.execute(MEETINGS.replace("SPAN", question.grain if question.grain in ("day", "week") else "month"))


@ratio("network_density")
def network_density(db, question):
    meetings(db, question)
    return """
        with n as (select i, count(distinct member) as n from period join member_day on day >= s and day < e group by i),
        here as (select distinct i, member from period join member_day on day >= s and day < e),
        met as (select i, count(distinct (a, b)) as pairs from period join meeting on begins >= s and begins < e
                where exists (select 1 from here where here.i = period.i and member = a)
                  and exists (select 1 from here where here.i = period.i and member = b) group by i)
        select i, coalesce(pairs, 0) as numerator, n * (n - 1) // 2 as denominator from n left join met using (i)"""


@kpi("recurring_connections")
def recurring_connections(db, question):
    meetings(db, question)
    return """
        with now as (select distinct i, a, b from period join meeting on begins >= s and begins < e),
        earlier as (select distinct i, a, b from period join meeting on begins >= ps and begins < pe)
        select i, count(*) as value from now join earlier using (i, a, b) group by i"""
